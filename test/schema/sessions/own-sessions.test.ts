/** Where people are signed in, and how they end one session of several. */
import { describe, expect, test } from 'vitest';
import { deviceNameOf } from '../../../src/schema/sessions/device-name.ts';
import { createTestApp, MODE, PASSWORD, SEES_ROWS, type TestApp } from '../../support/app.ts';

const SESSIONS = `{ sessions { __typename
  ... on SessionList { sessions { id deviceName userAgent address startedAt lastUsedAt assuranceLevel isCurrent isImpersonation } }
  ... on NotSupportedError { code missing } } }`;

const REVOKE = `mutation ($id: ID!) { revokeSession(input: { id: $id }) { __typename
  ... on SessionRevoked { id wasCurrent } ... on NotSupportedError { code missing } } }`;

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1';

async function logInOn(app: TestApp, email: string, userAgent: string) {
  const { data } = await app.graphql(
    `mutation { login(input: { email: "${email}", password: "${PASSWORD}" }) {
      ... on AuthSession { accessToken refreshToken user { id email } } } }`,
    {},
    { headers: { 'user-agent': userAgent } },
  );
  return app.person(data.login);
}

const UNKNOWN = '7c5b4d7a-0000-4000-8000-000000000000';

describe.skipIf(!SEES_ROWS)('where the sessions are at hand', () => {
  test('a person sees where they are signed in, the last used first, and nobody else’s', async () => {
    const app = await createTestApp();
    const [ada] = [await app.signUp('ada'), await app.signUp('grace')];
    app.clock.advance(60);
    const phone = await logInOn(app, ada.email, IPHONE);
    const { data } = await phone(SESSIONS);
    expect(data.sessions.sessions).toMatchObject([
      {
        id: phone.sessionId,
        deviceName: 'Safari on iPhone',
        userAgent: IPHONE,
        isCurrent: true,
        isImpersonation: false,
      },
      { id: ada.sessionId, deviceName: null, assuranceLevel: 'AAL1', isCurrent: false },
    ]);
    expect(data.sessions.sessions[0].address).toBe('127.0.0.1');
    app.clock.advance(60);
    await app.graphql(
      `mutation { refreshSession(input: { refreshToken: "${ada.refreshToken}" }) { __typename } }`,
    );
    const [first] = (await phone(SESSIONS)).data.sessions.sessions;
    expect(first.id).toBe(ada.sessionId);
    expect(Date.parse(first.lastUsedAt) - Date.parse(first.startedAt)).toBeGreaterThan(100_000);
    expect(await app.statementsDuring(() => phone(SESSIONS))).toHaveLength(1);
  });

  // Supabase does not tell how long its sessions last.
  test.skipIf(MODE === 'supabase')(
    'a session that is over by the clock, or waits for a second factor, is in no list',
    async () => {
      const app = await createTestApp({ env: { SESSIONS_INACTIVITY_TIMEOUT: '1h' } });
      const ada = await app.signUp('ada');
      app.clock.advance(3601);
      const again = await app.logIn(ada.email);
      const waiting = await app.logIn(ada.email);
      await app.database.query(
        `insert into limen.sign_in_challenges (id_hash, user_id, session_id, sealed, created_at, expires_at)
       values ('x', $1, $2, 'x', now(), now())`,
        [ada.id, waiting.sessionId],
      );
      const { sessions } = (await again(SESSIONS)).data.sessions;
      expect(sessions.map(({ id }: { id: string }) => id)).toEqual([again.sessionId]);
    },
  );

  test('one that is ended is refused at once, its access token and its refresh token, and the others go on', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const [phone, tablet] = [await app.logIn(ada.email), await app.logIn(ada.email)];
    let data: Record<string, { __typename: string }> = {};
    const statements = await app.statementsDuring(async () => {
      ({ data } = await ada(REVOKE, { id: phone.sessionId.toUpperCase() }));
    });
    expect(statements).toHaveLength(1);
    expect(data.revokeSession?.__typename).toBe('SessionRevoked');
    // Again there is nothing to end, and nothing to record.
    await ada(REVOKE, { id: phone.sessionId });
    const recorded = await app.database.query(
      "select actor_id, session_id, details from limen.audit_events where action = 'session.ended'",
    );
    const details = { reason: 'revoked', sessions: 1 };
    expect(recorded).toEqual([{ actor_id: ada.id, session_id: phone.sessionId, details }]);
    expect((await phone('{ me { id } }')).errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
    const refreshed = await app.graphql(
      `mutation { refreshSession(input: { refreshToken: "${phone.refreshToken}" }) { __typename } }`,
    );
    expect(refreshed.data.refreshSession.__typename).toBe('InvalidRefreshTokenError');
    expect((await tablet('{ me { id } }')).data.me.id).toBe(ada.id);
    expect((await ada(SESSIONS)).data.sessions.sessions).toHaveLength(2);
  });

  test('somebody else’s, one that is over and what is no id at all are answered alike, and nothing ends', async () => {
    const app = await createTestApp();
    const [ada, grace] = [await app.signUp('ada'), await app.signUp('grace')];
    for (const id of [grace.sessionId, UNKNOWN, 'x', 'a\u0000b', '']) {
      expect((await ada(REVOKE, { id })).data.revokeSession).toEqual({
        __typename: 'SessionRevoked',
        id,
        wasCurrent: false,
      });
    }
    expect((await grace('{ me { id } }')).data.me.id).toBe(grace.id);
    expect(await app.database.query('select 1 from auth.sessions')).toHaveLength(2);
  });

  test('fifty who end each other’s sessions at once leave nobody half signed in', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const phone = await app.logIn(ada.email);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        index % 2 ? ada(REVOKE, { id: phone.sessionId }) : phone(REVOKE, { id: ada.sessionId }),
      ),
    );
    const codes = answers.map(
      ({ data, errors }) => errors?.[0].extensions.code ?? data.revokeSession.__typename,
    );
    expect(['SessionRevoked', 'UNAUTHENTICATED']).toEqual(expect.arrayContaining([...new Set(codes)]));
    const left = await app.database.query<{ id: string }>('select id from auth.sessions');
    expect(left.length).toBeLessThanOrEqual(1);
    const alive = [];
    for (const who of [ada, phone]) if ((await who('{ me { id } }')).data?.me) alive.push(who.sessionId);
    expect(alive).toEqual(left.map(({ id }) => id));
  });

  test('whose own session is over is told so, and not that there are none', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    await app.database.query('alter table auth.sessions disable trigger limen_session_ended');
    await app.database.query('delete from auth.sessions');
    await app.database.query('alter table auth.sessions enable trigger limen_session_ended');
    expect((await ada(SESSIONS)).errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
  });
});

test.runIf(!SEES_ROWS)(
  'in front of a Supabase out of reach of SQL, says what is missing and still ends the session that asks',
  async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const phone = await app.logIn(ada.email);
    const missing = { __typename: 'NotSupportedError', code: 'NOT_SUPPORTED', missing: 'SESSION_LIST' };
    expect((await ada(SESSIONS)).data.sessions).toEqual(missing);
    expect((await ada(REVOKE, { id: phone.sessionId })).data.revokeSession).toEqual(missing);
    expect((await ada(REVOKE, { id: UNKNOWN })).data.revokeSession).toEqual(missing);
    expect((await phone('{ me { id } }')).data.me.id).toBe(ada.id);
    expect((await ada(REVOKE, { id: ada.sessionId })).data.revokeSession.id).toBe(ada.sessionId);
    expect((await ada('{ me { id } }')).errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
  },
);

test('ends the session that asks as a logout does', async () => {
  const app = await createTestApp();
  const ada = await app.signUp('ada');
  const phone = await app.logIn(ada.email);
  const { data } = await ada(REVOKE, { id: ada.sessionId });
  expect(data.revokeSession.wasCurrent).toBe(true);
  expect((await ada('{ me { id } }')).errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
  expect((await phone('{ me { id } }')).data.me.id).toBe(ada.id);
});

test.each([
  [IPHONE, 'Safari on iPhone'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
    'Chrome on Windows',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0',
    'Firefox on macOS',
  ],
  ['okhttp/4.9', 'okhttp'],
  ['\u202eevil', null],
  ['   ', null],
  [null, null],
])('calls %s %s', (userAgent, name) => {
  expect(deviceNameOf(userAgent)).toBe(name);
});
