import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimsOf, DATABASES, openAuthServer, type TestServer } from './support.ts';

describe.each(DATABASES)('POST /logout on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());

  /** Somebody with this session and two others, and somebody else with one. */
  async function fourSessions() {
    const person = await auth.newPerson();
    const others = [await auth.signIn(person.email), await auth.signIn(person.email)].map(
      ({ body }) => claimsOf(body.access_token).session_id as string,
    );
    const stranger = await auth.newPerson();
    return { person, others, stranger };
  }
  const living = async (ids: string[]) =>
    (await auth.rows('select id from auth.sessions where id = any($1::uuid[])', [ids])).map(({ id }) => id);

  test.each([
    ['local', '?scope=local', [true, false]],
    ['others', '?scope=others', [false, true]],
    ['global', '?scope=global', [true, true]],
    ['no', '', [true, true]],
  ])(
    'with %s scope ends the sessions meant, and reports them',
    async (_scope, query, [endsThis, endsOthers]) => {
      const { person, others, stranger } = await fourSessions();
      const { status, body } = await auth.ask(`/logout${query}`, {
        method: 'POST',
        token: person.accessToken,
      });
      expect([status, body]).toEqual([204, '']);
      expect(await living([person.sessionId])).toHaveLength(endsThis ? 0 : 1);
      expect(await living(others)).toHaveLength(endsOthers ? 0 : 2);
      expect(await living([stranger.sessionId])).toHaveLength(1);
      const meant = [...(endsThis ? [person.sessionId] : []), ...(endsOthers ? others : [])];
      expect(auth.ended).toEqual(expect.arrayContaining(meant));
      expect(auth.ended).not.toContain(stranger.sessionId);
      expect((await auth.refresh(person.refreshToken)).status).toBe(endsThis ? 400 : 200);
    },
  );

  test('refuses an unknown scope and ends nothing', async () => {
    const { accessToken, sessionId } = await auth.newPerson();
    const { status, body } = await auth.ask('/logout?scope=everything', {
      method: 'POST',
      token: accessToken,
    });
    expect([status, body.code]).toEqual([400, 'validation_failed']);
    expect(await living([sessionId])).toHaveLength(1);
  });

  test('says that a session is over already', async () => {
    const { accessToken } = await auth.newPerson();
    await auth.ask('/logout', { method: 'POST', token: accessToken });
    const { status, body } = await auth.ask('/logout', { method: 'POST', token: accessToken });
    expect([status, body.code]).toEqual([403, 'session_not_found']);
  });
});
