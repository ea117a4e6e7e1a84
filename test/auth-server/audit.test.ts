import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assertAllRecorded } from '../../src/auth-server/audit/recorded-endpoints.ts';
import { DATABASES, openAuthServer, PASSWORD, type TestServer } from './support.ts';

const newAddress = () => `${randomUUID()}@example.com`;

test('a server with an endpoint that nobody records is not made', () => {
  expect(() => assertAllRecorded([{ method: 'POST', path: '/admin/doors' }])).toThrow('POST /admin/doors');
  expect(() => assertAllRecorded([{ method: 'GET', path: '/admin/doors' }])).not.toThrow();
});

describe.each(DATABASES)('what is recorded on %s', (kind) => {
  let auth: TestServer;
  let serviceKey: string;

  beforeAll(async () => {
    auth = await openAuthServer(kind);
    serviceKey = auth.serviceKey;
  });
  afterAll(() => auth.close());

  /** The events that work left, the oldest first. */
  async function eventsOf(work: () => Promise<unknown>) {
    const [last] = await auth.rows('select coalesce(max(sequence), 0) as sequence from limen.audit_events');
    await work();
    return auth.rows('select * from limen.audit_events where sequence > $1 order by sequence', [
      last?.sequence,
    ]);
  }
  const actionsOf = async (work: () => Promise<unknown>) =>
    (await eventsOf(work)).map(({ action, outcome }) =>
      outcome === 'success' ? action : `${action} ${outcome}`,
    );

  const admin =
    (path: string, method: string, json: object = {}) =>
    () =>
      auth.ask(`/admin/users${path}`, { method, token: serviceKey, json });

  test('a sign-up, a sign-in and a session that ends, in the name of whoever they are', async () => {
    const email = newAddress();
    const [signedUp, begun] = await eventsOf(() => auth.signUp(email));
    expect(signedUp).toMatchObject({
      action: 'user.signed_up',
      actor_kind: 'person',
      address: '192.0.2.7',
      user_agent: 'test/1',
      request_id: 'request-1',
      details: { method: 'email' },
    });
    expect(begun).toMatchObject({
      action: 'user.signed_in',
      actor_id: signedUp?.user_id,
      details: { method: 'password' },
    });
    expect(begun?.session_id).not.toBeNull();
    const { body } = await auth.signIn(email);
    const [ended] = await eventsOf(() =>
      auth.ask('/logout?scope=others', { method: 'POST', token: body.access_token }),
    );
    expect(ended).toMatchObject({ action: 'session.ended', details: { reason: 'logout', sessions: 1 } });
  });

  test('wrong passwords alike, for somebody and for nobody, with no more than an id', async () => {
    const email = newAddress();
    const { body } = await auth.signUp(email);
    const events = [
      ...(await eventsOf(() => auth.signIn(email, 'wrong password'))),
      ...(await eventsOf(() => auth.signIn(newAddress(), 'wrong password'))),
    ];
    const wrong = {
      action: 'user.signed_in',
      outcome: 'failure',
      code: 'invalid_credentials',
      actor_id: null,
    };
    expect(events).toMatchObject([
      { ...wrong, user_id: body.user.id, details: { method: 'password' } },
      { ...wrong, user_id: null, details: { method: 'password' } },
    ]);
  });

  test('each thing that an administrator changes, by the key that did it', async () => {
    const { body } = await auth.signUp(newAddress());
    const { id } = body.user;
    const change = { email: newAddress(), password: 'another good password', app_metadata: { roles: ['a'] } };
    const events = await eventsOf(
      admin(`/${id}`, 'PUT', { ...change, ban_duration: '1h', user_metadata: { a: 1 } }),
    );
    expect(events.map(({ action }) => action)).toEqual([
      'user.password_changed',
      'user.email_changed',
      'user.grants_changed',
      'user.banned',
      'user.updated',
      'session.ended',
    ]);
    expect(new Set(events.map(({ actor_id }) => actor_id))).toEqual(new Set(['service_role']));
    expect(events[2]).toMatchObject({ details: { changed: ['roles'] } });
    expect(await actionsOf(admin(`/${id}`, 'PUT', { ban_duration: 'none' }))).toEqual(['user.unbanned']);
    expect(await actionsOf(admin(`/${id}`, 'DELETE'))).toEqual(['user.deleted']);
    expect(await actionsOf(admin(`/${id}`, 'DELETE'))).toEqual(['user.deleted failure']);
    expect(await actionsOf(admin('', 'POST', { email: newAddress() }))).toEqual(['user.created']);
  });

  test('codes and links that are asked for, alike for nobody', async () => {
    const email = newAddress();
    await auth.signUp(email);
    for (const address of [email, newAddress()]) {
      expect(await actionsOf(() => auth.ask('/recover', { json: { email: address } }))).toEqual([
        'code.requested',
      ]);
    }
    const link = { type: 'recovery', email };
    expect(
      await actionsOf(() => auth.ask('/admin/generate_link', { token: serviceKey, json: link })),
    ).toEqual(['link.generated']);
    const invite = { email: newAddress() };
    expect(await actionsOf(() => auth.ask('/invite', { token: serviceKey, json: invite }))).toEqual([
      'user.invited',
    ]);
    expect(await actionsOf(() => auth.ask('/invite', { token: serviceKey, json: invite }))).toEqual([
      'user.invited',
    ]);
  });

  test('a copy of a used refresh token, with the session it ends', async () => {
    const { body } = await auth.signUp(newAddress());
    const second = await auth.refresh(body.refresh_token);
    await auth.refresh(second.body.refresh_token);
    expect(await actionsOf(() => auth.refresh(body.refresh_token))).toEqual([
      'session.ended',
      'session.refreshed failure',
    ]);
  });

  test('what somebody may not do, as a denial', async () => {
    const { body } = await auth.signUp(newAddress());
    const asPerson = {
      method: 'PUT',
      token: body.access_token,
      json: { app_metadata: { roles: ['admin'] } },
    };
    const [denied] = await eventsOf(() => auth.ask('/user', asPerson));
    expect(denied).toMatchObject({ outcome: 'denied', code: 'not_admin', actor_id: body.user.id });
    const target = randomUUID();
    const [other] = await eventsOf(() => auth.ask(`/admin/users/${target}`, { ...asPerson, json: {} }));
    expect(other).toMatchObject({
      outcome: 'denied',
      code: 'not_admin',
      actor_id: body.user.id,
      user_id: target,
    });
  });

  test('no more refusals of one network than a minute can bear, and how many were left out', async () => {
    const caller = { address: '2001:db8::7' };
    const wrong = () => auth.ask('/verify', { json: { type: 'email' }, caller });
    const refused = await eventsOf(async () => {
      for (let count = 0; count < 70; count += 1) await wrong();
    });
    expect(refused).toHaveLength(60);
    auth.clock.advance(61);
    expect(await eventsOf(wrong)).toMatchObject([{ details: { unrecorded: 10 } }]);
    expect(JSON.stringify(refused)).not.toContain(PASSWORD);
  });

  test('nothing of what did not happen', async () => {
    const email = newAddress();
    await auth.signUp(email);
    expect(await actionsOf(() => auth.signUp(email))).toEqual(['user.signed_up failure']);
    expect(await actionsOf(() => auth.ask('/user', { token: 'x', method: 'PUT', json: {} }))).toEqual([]);
  });
});
