import { describe, expect, test } from 'vitest';
import { createTestApp, MODE, PASSWORD } from '../../support/app.ts';

const LOG_IN = `mutation ($input: LoginInput!) {
  login(input: $input) {
    __typename
    ... on AuthSession { accessToken refreshToken user { id email lastSignInAt } }
    ... on UserError { code message }
    ... on ValidationError { issues { path code } }
  }
}`;

const REFRESH = `mutation ($input: RefreshSessionInput!) {
  refreshSession(input: $input) {
    __typename
    ... on AuthSession { accessToken refreshToken user { id displayName } }
    ... on UserError { code }
  }
}`;

const LOG_OUT = `mutation ($input: LogoutInput) {
  logout(input: $input) { __typename ... on LoggedOut { scope } ... on UserError { code } }
}`;

const ME = '{ me { id } }';

describe('login', () => {
  test('hands out a session of its own at each sign-in', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const again = await app.logIn(ada.email.toUpperCase());
    expect(again.id).toBe(ada.id);
    expect(again.sessionId).not.toBe(ada.sessionId);
    expect((await again(ME)).data.me.id).toBe(ada.id);
    expect((await ada(ME)).data.me.id).toBe(ada.id);
  });

  test('answers a wrong password and an unknown address alike', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const wrong = await app.graphql(LOG_IN, { input: { email: ada.email, password: 'not the password' } });
    const unknown = await app.graphql(LOG_IN, { input: { email: 'nobody@example.com', password: PASSWORD } });
    expect(wrong.data.login).toMatchObject({
      __typename: 'InvalidCredentialsError',
      code: 'INVALID_CREDENTIALS',
    });
    expect(unknown.data).toEqual(wrong.data);
    expect(unknown.status).toBe(wrong.status);
  });

  test('tells that an address is unconfirmed to whoever knows the password, and to nobody else', async () => {
    const app = await createTestApp({ env: { EMAIL_CONFIRMATION: 'on' } });
    await app.admin.createUser({ email: 'new@example.com', password: PASSWORD });
    const right = await app.graphql(LOG_IN, { input: { email: 'new@example.com', password: PASSWORD } });
    const wrong = await app.graphql(LOG_IN, {
      input: { email: 'new@example.com', password: 'not the password' },
    });
    expect(right.data.login.code).toBe('EMAIL_NOT_CONFIRMED');
    expect(wrong.data.login.code).toBe('INVALID_CREDENTIALS');
  });

  test('tells nobody without the password that an account is banned', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    await app.admin.updateUserById(ada.id, { ban_duration: '24h' });
    const wrong = await app.graphql(LOG_IN, { input: { email: ada.email, password: 'not the password' } });
    const right = await app.graphql(LOG_IN, { input: { email: ada.email, password: PASSWORD } });
    expect(wrong.data.login.code).toBe('INVALID_CREDENTIALS');
    // Supabase Auth tells of a ban before it looks at the password, so there it must read as wrong credentials.
    expect(right.data.login.code).toBe(MODE === 'supabase' ? 'INVALID_CREDENTIALS' : 'ACCOUNT_BANNED');
  });

  test('says where an address is malformed', async () => {
    const app = await createTestApp();
    const { data } = await app.graphql(LOG_IN, { input: { email: 'ada＠example.com', password: PASSWORD } });
    expect(data.login).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['email'], code: 'INVALID_FORMAT' }],
    });
  });
});

describe('refreshSession', () => {
  test('goes on in the same session, with what changed since', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    await app.admin.updateUserById(ada.id, { user_metadata: { display_name: 'Countess' } });
    const { data } = await app.graphql(REFRESH, { input: { refreshToken: ada.refreshToken } });
    const next = app.person({
      ...data.refreshSession,
      user: { ...data.refreshSession.user, email: ada.email },
    });
    expect(data.refreshSession.user).toEqual({ id: ada.id, displayName: 'Countess' });
    expect(next.sessionId).toBe(ada.sessionId);
    expect(next.refreshToken).not.toBe(ada.refreshToken);
  });

  test('hands fifty callers with one token the same next token: one living line', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const refresh = () => app.graphql(REFRESH, { input: { refreshToken: ada.refreshToken } });
    const answers = await Promise.all(Array.from({ length: 50 }, refresh));
    const tokens = new Set(answers.map(({ data }) => data.refreshSession.refreshToken));
    expect([...tokens]).toEqual([expect.any(String)]);
    const [only] = tokens;
    const next = await app.graphql(REFRESH, { input: { refreshToken: only } });
    expect(next.data.refreshSession.__typename).toBe('AuthSession');
  });

  test('ends the session when a token from before the last one comes back', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const refresh = async (refreshToken: string) =>
      (await app.graphql(REFRESH, { input: { refreshToken } })).data.refreshSession;
    const second = await refresh(ada.refreshToken);
    const third = await refresh(second.refreshToken);
    expect((await refresh(ada.refreshToken)).code).toBe('INVALID_REFRESH_TOKEN');
    expect((await refresh(third.refreshToken)).code).toBe('INVALID_REFRESH_TOKEN');
    expect(await app.database.query('select 1 from auth.sessions')).toHaveLength(0);
  });

  test.each(['', 'nonsense', 'AAAAAAAAAAAAAAAA', `${'a'.repeat(5000)}`, 'a\u0000b', 'abcdefghijkl'])(
    'answers a token that is none with InvalidRefreshTokenError (%#)',
    async (refreshToken) => {
      const app = await createTestApp();
      const { data, status } = await app.graphql(REFRESH, { input: { refreshToken } });
      expect(status).toBe(200);
      expect(data.refreshSession).toEqual({
        __typename: 'InvalidRefreshTokenError',
        code: 'INVALID_REFRESH_TOKEN',
      });
    },
  );

  test('ends with a session that nobody refreshed in time', async () => {
    const app = await createTestApp({ env: { REFRESH_TOKEN_TTL: '7d' } });
    const ada = await app.signUp('ada');
    app.clock.advance(7 * 86_400 + 1);
    const { data } = await app.graphql(REFRESH, { input: { refreshToken: ada.refreshToken } });
    expect(data.refreshSession.code).toBe('INVALID_REFRESH_TOKEN');
  });
});

describe('logout', () => {
  test('ends this session alone, and refuses its access token from then on', async () => {
    const app = await createTestApp();
    const phone = await app.signUp('ada');
    const laptop = await app.logIn(phone.email);
    expect((await phone(LOG_OUT)).data.logout).toEqual({ __typename: 'LoggedOut', scope: 'LOCAL' });
    const refused = await phone(ME);
    expect(refused.status).toBe(401);
    expect(refused.errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
    expect((await laptop(ME)).data.me.id).toBe(laptop.id);
    const { data } = await app.graphql(REFRESH, { input: { refreshToken: phone.refreshToken } });
    expect(data.refreshSession.code).toBe('INVALID_REFRESH_TOKEN');
  });

  test('ends all other sessions with OTHERS', async () => {
    const app = await createTestApp();
    const phone = await app.signUp('ada');
    const laptop = await app.logIn(phone.email);
    expect((await laptop(LOG_OUT, { input: { scope: 'OTHERS' } })).data.logout.scope).toBe('OTHERS');
    expect((await phone(ME)).status).toBe(401);
    expect((await laptop(ME)).data.me.id).toBe(laptop.id);
  });

  test('ends every session with GLOBAL', async () => {
    const app = await createTestApp();
    const phone = await app.signUp('ada');
    const laptop = await app.logIn(phone.email);
    const grace = await app.signUp('grace');
    await laptop(LOG_OUT, { input: { scope: 'GLOBAL' } });
    expect((await phone(ME)).status).toBe(401);
    expect((await laptop(ME)).status).toBe(401);
    expect((await grace(ME)).data.me.id).toBe(grace.id);
    expect(await app.database.query('select user_id from auth.sessions')).toEqual([{ user_id: grace.id }]);
  });
});
