import { describe, expect, test } from 'vitest';
import { newClient } from '../../src/identity/client.ts';
import { createAuthServerDouble, createTestHttpApp } from './http-test-app.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const html = { headers: { accept: 'text/html,application/xhtml+xml' } };

describe('the id of a request', () => {
  test('is made where none is sent, and differs each time', async () => {
    const { send } = createTestHttpApp();
    const ids = [await send('/health'), await send('/health')].map(({ headers }) =>
      headers.get('x-request-id'),
    );
    expect(ids[0]).toMatch(UUID);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test('is taken over where it is a short plain token', async () => {
    const { send } = createTestHttpApp();
    const { headers } = await send('/health', { headers: { 'x-request-id': '4bf92f35-77b3_4da6=' } });
    expect(headers.get('x-request-id')).toBe('4bf92f35-77b3_4da6=');
  });

  test.each(['x'.repeat(65), 'a b', '<script>', '{"a":1}', 'a;b', ''])(
    'is not taken over: %j',
    async (id) => {
      const { send } = createTestHttpApp();
      expect(
        (await send('/health', { headers: { 'x-request-id': id } })).headers.get('x-request-id'),
      ).toMatch(UUID);
    },
  );

  test('is the one that operations, the log and the answer know', async () => {
    const { graphql, log } = createTestHttpApp();
    const { headers, body } = await graphql('{ client }', {}, { 'x-request-id': 'request-7' });
    expect(headers.get('x-request-id')).toBe('request-7');
    expect(JSON.parse(body.data.client).requestId).toBe('request-7');
    expect(log.map(({ requestId }) => requestId)).toEqual(['request-7']);
  });
});

describe('the client', () => {
  const clientOf = async (headers: Record<string, string>, trustProxy: string[] = []) => {
    const { graphql } = createTestHttpApp({ settings: { trustProxy } });
    return JSON.parse((await graphql('{ client }', {}, headers)).body.data.client);
  };

  test('is who holds the other end of the socket', async () => {
    expect(await clientOf({ 'x-forwarded-for': '192.0.2.7' })).toMatchObject({ address: '127.0.0.1' });
  });

  test('is whom a configured proxy names', async () => {
    expect(await clientOf({ 'x-forwarded-for': '192.0.2.7' }, ['127.0.0.0/8'])).toMatchObject({
      address: '192.0.2.7',
    });
  });

  test('calls itself what it likes, within bounds', async () => {
    expect((await clientOf({ 'user-agent': 'x'.repeat(9000) })).userAgent).toHaveLength(512);
    expect((await clientOf({})).userAgent).toBeNull();
  });
});

describe('headers for safety', () => {
  test.each(['/graphql?query={me{id}}', '/health', '/nowhere', '/'])(
    'come with every answer: %s',
    async (path) => {
      const { headers } = await createTestHttpApp().send(path);
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-security-policy':
          "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
      expect(headers.has('x-powered-by')).toBe(false);
      expect(headers.has('strict-transport-security')).toBe(false);
    },
  );

  test('ask for TLS in production', async () => {
    const { headers } = await createTestHttpApp({ settings: { production: true } }).send('/health');
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
  });
});

describe('the auth server', () => {
  test('gets what is below /auth/v1, with who asks', async () => {
    const authServer = createAuthServerDouble();
    const { send } = createTestHttpApp({ authServer });
    const { body, headers } = await send(
      '/auth/v1/token?grant_type=password',
      { method: 'POST', headers: { 'x-request-id': 'request-7', 'user-agent': 'test' } },
      '192.0.2.7',
    );
    expect(body).toEqual({ path: '/auth/v1/token' });
    expect(headers.get('x-supabase-api-version')).toBe('2024-01-01');
    expect(authServer.callers).toEqual([
      {
        ...newClient({ address: '192.0.2.7', userAgent: 'test', requestId: 'request-7' }),
        via: 'socket',
      },
    ]);
  });

  test('answers with the keys at the root, too', async () => {
    const { send } = createTestHttpApp({ authServer: createAuthServerDouble() });
    expect((await send('/.well-known/jwks.json')).body).toEqual({ path: '/auth/v1/.well-known/jwks.json' });
  });

  test('is not there in Supabase mode', async () => {
    const { send } = createTestHttpApp();
    expect((await send('/auth/v1/health')).status).toBe(404);
    expect((await send('/.well-known/jwks.json')).status).toBe(404);
  });

  test('that throws is answered for, without its words', async () => {
    const { send, log } = createTestHttpApp({
      authServer: { fetch: () => Promise.reject(new Error('hunter2')) },
    });
    const { status, body, text } = await send('/auth/v1/user', { headers: { 'x-request-id': 'request-7' } });
    expect([status, body.code, body.requestId]).toEqual([500, 'INTERNAL_SERVER_ERROR', 'request-7']);
    expect(text).not.toContain('hunter2');
    expect(log).toMatchObject([
      { msg: 'request failed', requestId: 'request-7', error: { message: 'hunter2' } },
      { msg: 'request', status: 500 },
    ]);
  });
});

describe('other paths', () => {
  test('an unknown one is 404, in JSON', async () => {
    const { status, body } = await createTestHttpApp().send('/nowhere');
    expect([status, body.code]).toEqual([404, 'NOT_FOUND']);
  });

  test('the root leads browsers to GraphiQL, and tells programs what is where', async () => {
    const { send } = createTestHttpApp();
    const { status, headers } = await send('/', html);
    expect([status, headers.get('location')]).toEqual([302, '/graphql']);
    expect((await send('/')).body).toMatchObject({ name: 'limen', graphql: '/graphql' });
    expect((await createTestHttpApp({ settings: { graphiql: false } }).send('/', html)).status).toBe(200);
  });
});
