import { randomBytes, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import type {
  UpstreamChange,
  UpstreamChanges,
  UpstreamDelivery,
} from '../../src/identity/webhooks/upstream-change.ts';
import { createTestHttpApp } from './http-test-app.ts';

const SECRET = 'a secret of more than 32 characters, for tests';
const ID = randomUUID();
const UPDATE = {
  type: 'UPDATE',
  schema: 'auth',
  table: 'users',
  record: { id: ID, email: 'b@example.com' },
  old_record: { id: ID, email: 'a@example.com' },
};

function createScene(secret = SECRET) {
  const received: [UpstreamChange, UpstreamDelivery][] = [];
  const receive: UpstreamChanges['receive'] = async (...one) => void received.push(one);
  const { app } = createTestHttpApp({ supabaseWebhook: { secret, changes: { receive } } });
  async function post(
    body: unknown,
    headers: Record<string, string> = { authorization: `Bearer ${secret}` },
  ) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await app.fetch(
      new Request('http://limen.test/webhooks/supabase', { method: 'POST', headers, body: text }),
    );
    return response.status;
  }
  return { received, post, app };
}

describe('POST /webhooks/supabase', () => {
  test('takes changes of people, sessions and factors', async () => {
    const { received, post } = createScene();
    expect(await post(UPDATE)).toBe(202);
    const session = { id: randomUUID(), user_id: ID };
    expect(
      await post({ ...UPDATE, type: 'DELETE', table: 'sessions', record: null, old_record: session }),
    ).toBe(202);
    expect(
      await post({ ...UPDATE, type: 'INSERT', table: 'mfa_factors', record: session, old_record: null }),
    ).toBe(202);
    expect(received.map(([change]) => change)).toEqual([
      { table: 'users', before: UPDATE.old_record, after: UPDATE.record },
      { table: 'sessions', before: session, after: null },
      { table: 'mfa_factors', before: null, after: session },
    ]);
  });

  test('gives one change the same id each time, and two changes two', async () => {
    const { received, post } = createScene();
    await post(UPDATE);
    await post(UPDATE);
    await post({ ...UPDATE, record: { ...UPDATE.record, updated_at: '2026-11-21T10:00:00+00:00' } });
    // Somebody may have set that header to one and the same for all of them.
    const authorization = `Bearer ${SECRET}`;
    await post({ ...UPDATE, type: 'DELETE' }, { authorization, 'webhook-id': 'one' });
    await post(UPDATE, { authorization, 'webhook-id': 'one' });
    const [first, again, ...others] = received.map(([, delivery]) => delivery);
    expect([again, others[2]]).toEqual([first, first]);
    expect(first).toMatchObject({ isCertain: false });
    expect(new Set([first, ...others].map((delivery) => delivery!.id)).size).toBe(3);
  });

  test.each([
    ['none', {}],
    ['another', { authorization: `Bearer ${SECRET}x` }],
    ['none of its kind', { authorization: SECRET }],
    [
      'a signature without a secret for it',
      { 'webhook-id': 'x', 'webhook-timestamp': '1', 'webhook-signature': 'v1,x' },
    ],
  ])('refuses %s for a secret', async (_name, headers) => {
    const { received, post } = createScene();
    expect(await post(UPDATE, headers as Record<string, string>)).toBe(401);
    expect(await post('no json', headers as Record<string, string>)).toBe(401);
    expect(received).toEqual([]);
  });

  test('takes a signature of Standard Webhooks where the secret is one that signs, and not an old one', async () => {
    const secret = `v1,whsec_${randomBytes(32).toString('base64')}`;
    const { received, post } = createScene(secret);
    const body = JSON.stringify(UPDATE);
    const signed = (at: Date, text = body) => ({
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret.slice(3)).sign('msg_1', at, text),
    });
    expect(await post(body, signed(new Date()))).toBe(202);
    expect(await post(body, signed(new Date(Date.now() - 600_000)))).toBe(401);
    expect(await post(body, signed(new Date(), `${body} `))).toBe(401);
    expect(received).toHaveLength(1);
    const another = JSON.stringify({ ...UPDATE, type: 'DELETE' });
    expect(await post(another, signed(new Date(), another))).toBe(202);
    const [, first] = received[0]!;
    expect(received[1]![1]).toEqual({ ...first, isCertain: true });
    const hook = JSON.stringify({ metadata: { name: 'before-user-created', uuid: ID }, user: { id: ID } });
    expect(await post(hook, signed(new Date(), hook))).toBe(200);
  });

  test.each([
    ['no JSON', 'x'],
    ['nothing', ''],
    ['a list', []],
    ['no change', { type: 'TRUNCATE', schema: 'auth', table: 'users' }],
    ['no row', { ...UPDATE, record: null }],
    ['one row of two', { ...UPDATE, old_record: null }],
    ['an id that is none', { ...UPDATE, record: { id: 'x' } }],
    ['a time that is none', { ...UPDATE, record: { ...UPDATE.record, banned_until: 'soon' } }],
    ['what cannot be stored', { ...UPDATE, record: { ...UPDATE.record, raw_user_meta_data: { a: '\0' } } }],
    ['a hook that must be answered otherwise', { metadata: { name: 'custom-access-token' }, claims: {} }],
  ])('refuses %s', async (_name, body) => {
    const { received, post } = createScene();
    expect(await post(body)).toBe(400);
    expect(received).toEqual([]);
  });

  test('passes over tables without people, and bodies that are too large', async () => {
    const { received, post } = createScene();
    expect(await post({ ...UPDATE, schema: 'public' })).toBe(202);
    expect(await post({ ...UPDATE, table: 'constructor' })).toBe(202);
    expect(await post({ ...UPDATE, record: { id: ID, email: 'x'.repeat(600 * 1024) } })).toBe(413);
    expect(received).toEqual([]);
  });

  test('is not there without a secret', async () => {
    const { app } = createTestHttpApp({});
    const response = await app.fetch(new Request('http://limen.test/webhooks/supabase', { method: 'POST' }));
    expect(response.status).toBe(404);
  });
});
