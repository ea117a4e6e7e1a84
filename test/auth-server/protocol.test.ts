import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HashingBusyError } from '../../src/adapters/passwords/password-hasher.ts';
import { createAuthServer } from '../../src/auth-server/auth-server.ts';
import { newClient } from '../../src/identity/client.ts';
import { type Ask, newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

describe('the protocol', () => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer('PGlite');
  });
  afterAll(() => auth.close());

  const TOKEN = '/token?grant_type=password';
  const REFUSED: Ask = { json: { email: 'nobody@example.com', password: PASSWORD } };

  test('says what went wrong in the newer form to clients that ask for it', async () => {
    const { status, headers, body } = await auth.ask(TOKEN, REFUSED);
    expect(status).toBe(400);
    expect(body).toEqual({ code: 'invalid_credentials', message: 'Invalid login credentials' });
    expect(headers.get('x-supabase-api-version')).toBe('2024-01-01');
    expect(headers.get('x-sb-error-code')).toBe('invalid_credentials');
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test.each(['', '2023-12-31', 'latest'])('says it in the older form to others: %j', async (version) => {
    const { headers, body } = await auth.ask(TOKEN, {
      ...REFUSED,
      headers: { 'x-supabase-api-version': version },
    });
    expect(body).toEqual({ code: 400, error_code: 'invalid_credentials', msg: 'Invalid login credentials' });
    expect(headers.get('x-supabase-api-version')).toBeNull();
    expect(headers.get('x-sb-error-code')).toBe('invalid_credentials');
  });

  test('gives the reasons of a weak password in both forms', async () => {
    const weak: Ask = { json: { email: newAddress(), password: 'short' } };
    const newer = await auth.ask('/signup', weak);
    expect(newer.body).toMatchObject({ code: 'weak_password', weak_password: { reasons: ['length'] } });
    const older = await auth.ask('/signup', { ...weak, headers: { 'x-supabase-api-version': '' } });
    expect(older.body).toMatchObject({
      code: 422,
      error_code: 'weak_password',
      weak_password: { reasons: ['length'] },
    });
  });

  test.each<[string, Ask, number, string]>([
    ['no body', { method: 'POST' }, 400, 'validation_failed'],
    ['no JSON', { raw: 'email=ada' }, 400, 'bad_json'],
    ['half of it', { raw: '{"email":"ada' }, 400, 'bad_json'],
    ['no UTF-8', { raw: Uint8Array.of(0x22, 0xff, 0xfe, 0x22) }, 400, 'bad_json'],
    ['a list', { json: [] }, 400, 'validation_failed'],
    ['null', { json: null }, 400, 'validation_failed'],
    ['lists without end', { raw: `${'['.repeat(300_000)}${']'.repeat(300_000)}` }, 400, 'validation_failed'],
    [
      'more than 1 MiB',
      { raw: JSON.stringify({ a: 'x'.repeat(1_048_576) }) },
      413,
      'request_entity_too_large',
    ],
    [
      'the word of more',
      { raw: '{}', headers: { 'content-length': '2000000' } },
      413,
      'request_entity_too_large',
    ],
  ])('refuses a body that is %s', async (_what, ask, status, code) => {
    const answer = await auth.ask('/signup', ask);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test('repeats nothing of a secret of the wrong type', async () => {
    const { body } = await auth.ask('/signup', {
      json: { email: newAddress(), password: { secret: 'hunter2' } },
    });
    expect(body.code).toBe('validation_failed');
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });

  test('tolerates fields it does not know', async () => {
    const json = {
      email: newAddress(),
      password: PASSWORD,
      phone: '',
      data: null,
      code_challenge: null,
      gotrue_meta_security: { captcha_token: null },
    };
    expect((await auth.ask('/signup', { json })).status).toBe(200);
  });

  test.each([
    ['GET', '/nothing'],
    ['POST', '/user'],
    ['DELETE', '/token'],
    ['GET', '/%ff'],
    ['GET', ''],
  ])('answers %s %s with 404', async (method, path) => {
    const { status, body } = await auth.ask(path, { method });
    expect([status, body.code]).toEqual([404, 'not_found']);
  });

  test('says what it is', async () => {
    const { status, body } = await auth.ask('/health');
    expect([status, body.name]).toEqual([200, 'GoTrue']);
    expect(body.version).toMatch(/^v2\./);
  });

  test('says what it can', async () => {
    const { body } = await auth.ask('/settings');
    expect(body).toMatchObject({
      external: { email: true, phone: false, anonymous_users: false, google: false },
      disable_signup: false,
      mailer_autoconfirm: true,
      phone_autoconfirm: false,
      saml_enabled: false,
    });
  });

  test('shows the public keys to everybody, for ten minutes', async () => {
    const { headers, body } = await auth.ask('/.well-known/jwks.json');
    expect(headers.get('cache-control')).toBe('public, max-age=600');
    expect(body.keys).toEqual([
      expect.objectContaining({
        kty: 'EC',
        alg: 'ES256',
        use: 'sig',
        key_ops: ['verify'],
        kid: expect.any(String),
      }),
    ]);
    expect(body.keys[0].d).toBeUndefined();
  });

  test('masks what nobody expected and logs it once, without values', async () => {
    await auth.rows('alter table auth.identities add constraint broken check (email is null) not valid');
    const email = newAddress();
    auth.logged.length = 0;
    const { status, headers, body } = await auth.ask('/signup', { json: { email, password: PASSWORD } });
    await auth.rows('alter table auth.identities drop constraint broken');
    expect([status, body.code]).toEqual([500, 'unexpected_failure']);
    expect(headers.get('x-sb-error-code')).toBe('unexpected_failure');
    expect(auth.logged).toHaveLength(1);
    expect(JSON.parse(auth.logged[0] ?? '')).toMatchObject({
      requestId: 'request-1',
      path: '/auth/v1/signup',
    });
    expect(auth.logged[0]).not.toContain(email);
    expect(auth.logged[0]).not.toContain('argon2');
    expect(await auth.rows('select 1 from auth.users where email = $1', [email])).toEqual([]);
  });

  test('never rejects', async () => {
    await auth.rows('alter table auth.users rename to people');
    const { status, body } = await auth.ask(TOKEN, { ...REFUSED, headers: { 'x-supabase-api-version': '' } });
    await auth.rows('alter table auth.people rename to users');
    expect([status, body]).toEqual([
      500,
      { code: 500, error_code: 'unexpected_failure', msg: expect.any(String), error_id: 'request-1' },
    ]);
  });
});

describe('limits', () => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer('PGlite', { limited: true });
  });
  afterAll(() => auth.close());

  /** Tries until it is refused; how often it was not. */
  async function triesOf(path: string, ask: (index: number) => Ask): Promise<number> {
    for (let tries = 0; tries < 400; tries += 1) {
      const { status, headers, body } = await auth.ask(path, ask(tries));
      if (status !== 429) continue;
      expect(body.code).toBe('over_request_rate_limit');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      return tries;
    }
    return Number.POSITIVE_INFINITY;
  }
  const from = (address: string, via: 'socket' | 'process' = 'socket') => ({ address, via });
  const refreshing = (
    address: string,
    via?: 'socket' | 'process',
    headers?: Record<string, string>,
  ): Ask => ({
    json: { refresh_token: 'x' },
    caller: from(address, via),
    ...(headers && { headers }),
  });
  const REFRESH = '/token?grant_type=refresh_token';

  test('count what an address refreshes, and not what Limen itself does', async () => {
    expect(await triesOf(REFRESH, () => refreshing('198.51.100.1', 'process'))).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(await triesOf(REFRESH, () => refreshing('198.51.100.1'))).toBeLessThan(400);
    expect((await auth.ask(REFRESH, refreshing('198.51.100.1'))).status).toBe(429);
    expect((await auth.ask(REFRESH, refreshing('198.51.100.2'))).status).toBe(400);
  });

  test('count sign-ins by account, whether it exists or not', async () => {
    const { email } = await auth.newPerson();
    const signingIn = (address: string) => (): Ask => ({
      json: { email: address, password: '' },
      caller: from('198.51.100.3'),
    });
    const tries = await triesOf('/token?grant_type=password', signingIn(email));
    expect(tries).toBeLessThan(50);
    const strangers = await triesOf('/token?grant_type=password', (index) => ({
      ...signingIn(newAddress(`x${index}`))(),
      caller: from('198.51.100.4'),
      json: { email: 'nobody@example.com', password: '' },
    }));
    expect(strangers).toBe(tries);
  });

  test('count sign-ups', async () => {
    const tries = await triesOf('/signup', (index) => ({
      json: { email: `limited-${index}@example.com`, password: 'short' },
      caller: from('198.51.100.5'),
    }));
    expect(tries).toBeLessThan(100);
  });

  test('count guesses at the current password', async () => {
    const { accessToken } = await auth.newPerson();
    const tries = await triesOf('/user', () => ({
      method: 'PUT',
      token: accessToken,
      json: { password: 'another good password', current_password: '' },
      caller: from('198.51.100.6'),
    }));
    expect(tries).toBeLessThan(50);
  });

  test('believe the address that a server with the secret key names, and nobody else', async () => {
    const named = (address: string, key: string) =>
      refreshing('198.51.100.7', 'socket', { 'sb-forwarded-for': address, apikey: key });
    const tries = await triesOf(REFRESH, () => named('203.0.113.1', auth.serviceKey));
    expect(tries).toBeLessThan(400);
    expect((await auth.ask(REFRESH, named('203.0.113.2', auth.serviceKey))).status).toBe(400);
    expect((await auth.ask(REFRESH, named('203.0.113.1', 'anon'))).status).toBe(400);

    const { email, id } = await auth.newPerson();
    const signIn = (headers: Record<string, string>) =>
      auth.ask('/token?grant_type=password', { json: { email, password: PASSWORD }, headers });
    await signIn({ 'sb-forwarded-for': '203.0.113.9, 10.0.0.1', authorization: `Bearer ${auth.serviceKey}` });
    await signIn({ 'sb-forwarded-for': '203.0.113.10', apikey: 'anon' });
    await signIn({ 'sb-forwarded-for': 'nonsense', apikey: auth.serviceKey });
    // A person whose role in the database is an administrator's is no server, and calls for nobody.
    const root = await auth.newPerson();
    await auth.rows("update auth.users set role = 'service_role' where id = $1", [root.id]);
    const { body } = await auth.ask('/token?grant_type=password', {
      json: { email: root.email, password: PASSWORD },
    });
    await signIn({ 'sb-forwarded-for': '203.0.113.11', apikey: body.access_token });
    await signIn({ 'sb-forwarded-for': '203.0.113.12', authorization: `Bearer ${body.access_token}` });
    const rows = await auth.rows('select host(ip) as ip from auth.sessions where user_id = $1', [id]);
    expect(rows.map(({ ip }) => ip).sort()).toEqual([...Array(5).fill('192.0.2.7'), '203.0.113.9']);
  });
});

describe('a full queue of passwords', () => {
  test('asks to wait, in a way that auth-js does not repeat by itself', async () => {
    const auth = await openAuthServer('PGlite');
    const busy = async () => {
      throw new HashingBusyError(3);
    };
    const server = createAuthServer({
      ...auth.needs,
      passwords: { hash: busy, verify: busy, understands: () => true },
    });
    const response = await server.fetch(
      new Request('http://limen.test/auth/v1/signup', {
        method: 'POST',
        body: JSON.stringify({ email: newAddress(), password: PASSWORD }),
      }),
      { ...newClient({ address: '192.0.2.7', userAgent: null, requestId: 'r' }), via: 'socket' },
    );
    await auth.close();
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '3']);
    expect(response.headers.get('x-sb-error-code')).toBe('over_request_rate_limit');
  });
});
