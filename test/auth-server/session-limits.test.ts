import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimsOf, DATABASES, openAuthServer, type TestServer } from './support.ts';

const HOUR = 3600;

describe.each(DATABASES)('the limits of sessions on %s', (kind) => {
  let auth: TestServer;

  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());

  const withLimits = (limits: object) =>
    auth.withSettings({ sessions: { ...auth.needs.settings.sessions, ...limits } });
  const sessionsOf = (id: string) => auth.rows('select id from auth.sessions where user_id = $1', [id]);

  test('a session ends so long after it began, however often it is refreshed', async () => {
    const { refresh } = withLimits({ timeboxSeconds: 2 * HOUR });
    const { id, refreshToken, sessionId } = await auth.newPerson();
    auth.clock.advance(1.5 * HOUR);
    const { body } = await refresh(refreshToken);
    auth.clock.advance(HOUR);
    const late = await refresh(body.refresh_token);
    expect([late.status, late.body]).toEqual([
      400,
      { code: 'session_expired', message: 'Invalid Refresh Token: Session Expired' },
    ]);
    expect(await sessionsOf(id)).toEqual([]);
    expect(auth.ended).toContain(sessionId);
  });

  test('a session ends when nobody has refreshed it for so long, and no sooner', async () => {
    const { refresh } = withLimits({ inactivityTimeoutSeconds: HOUR });
    const { refreshToken } = await auth.newPerson();
    auth.clock.advance(HOUR - 1);
    const { body } = await refresh(refreshToken);
    auth.clock.advance(HOUR - 1);
    const second = await refresh(body.refresh_token);
    auth.clock.advance(HOUR);
    const late = await refresh(second.body.refresh_token);
    expect(late.body).toEqual({
      code: 'session_expired',
      message: 'Invalid Refresh Token: Session Expired (Inactivity)',
    });
  });

  test('of one person only the newest session goes on; other people’s are their own', async () => {
    const { signIn, refresh } = withLimits({ isSinglePerUser: true });
    const [{ email, id, refreshToken }, other] = [await auth.newPerson(), await auth.newPerson()];
    const first = await refresh(refreshToken);
    // In the same instant: one of the two is the newer all the same.
    const newest = await signIn(email);
    auth.clock.advance(1);
    const newer = await signIn(email);
    const late = await Promise.all([refresh(first.body.refresh_token), refresh(newest.body.refresh_token)]);
    for (const { body } of late) {
      expect(body).toEqual({
        code: 'session_expired',
        message: 'Invalid Refresh Token: Session Expired (Revoked by Newer Login)',
      });
    }
    expect((await refresh(newer.body.refresh_token)).status).toBe(200);
    expect(await sessionsOf(id)).toEqual([{ id: claimsOf(newer.body.access_token).session_id }]);
    expect((await refresh(other.refreshToken)).status).toBe(200);
  });

  test('a session that has shown a second factor is not ended by a newer one that has not', async () => {
    const { signIn, refresh } = withLimits({ isSinglePerUser: true });
    const { email, refreshToken, sessionId } = await auth.newPerson();
    const raise = (id: string) => auth.rows("update auth.sessions set aal = 'aal2' where id = $1", [id]);
    await raise(sessionId);
    auth.clock.advance(1);
    const newer = await signIn(email);
    const { status, body } = await refresh(refreshToken);
    expect(status).toBe(200);
    await raise(claimsOf(newer.body.access_token).session_id);
    expect((await refresh(body.refresh_token)).body).toMatchObject({ code: 'session_expired' });
  });

  test('the rules for passwords hold where one is chosen, and keep nobody out', async () => {
    const { email, accessToken } = await auth.newPerson();
    const strict = auth.withSettings({
      passwordRules: { scheme: 'argon2id', minCharacters: 12, requiredCharacters: ['0123456789'] },
    });
    for (const [password, reason] of [
      ['vqzkbwjx7', 'length'],
      ['vqzkbwjxvqzkbwjx', 'characters'],
    ]) {
      for (const answer of [
        await strict.signUp('new@example.com', { password }),
        await strict.ask('/user', { method: 'PUT', token: accessToken, json: { password } }),
        await strict.ask('/admin/users', {
          token: auth.serviceKey,
          json: { email: 'a@example.com', password },
        }),
      ]) {
        expect([answer.status, answer.body.weak_password]).toEqual([422, { reasons: [reason] }]);
      }
    }
    const { status, body } = await strict.signIn(email);
    expect([status, body.weak_password.reasons]).toEqual([200, ['characters']]);
  });
});
