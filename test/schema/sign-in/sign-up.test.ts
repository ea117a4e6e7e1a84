import { describe, expect, test } from 'vitest';
import { createTestApp, PASSWORD } from '../../support/app.ts';

const SIGN_UP = `mutation ($input: SignupInput!) {
  signup(input: $input) {
    __typename
    ... on AuthSession {
      accessToken refreshToken tokenType expiresIn expiresAt
      user { id email displayName locale roles preferences emailVerified createdAt lastSignInAt }
    }
    ... on EmailConfirmationSent { email }
    ... on UserError { code message }
    ... on WeakPasswordError { reasons }
    ... on ValidationError { issues { path code } }
  }
}`;

const users = (database: { query: (sql: string) => Promise<unknown[]> }) =>
  database.query('select email, raw_user_meta_data as metadata, email_confirmed_at from auth.users');

describe('signup', () => {
  test('makes an account with its profile and hands out a session that `me` accepts', async () => {
    const app = await createTestApp();
    const input = {
      email: 'Ada@Example.com',
      password: PASSWORD,
      profile: { displayName: 'Ada', locale: 'en-GB', preferences: { theme: 'dark' } },
    };
    const { data } = await app.graphql(SIGN_UP, { input });
    expect(data.signup).toMatchObject({
      __typename: 'AuthSession',
      tokenType: 'bearer',
      expiresIn: 900,
      user: {
        email: 'ada@example.com',
        displayName: 'Ada',
        locale: 'en-GB',
        roles: [],
        preferences: { theme: 'dark' },
        emailVerified: true,
      },
    });
    const me = await app.graphql('{ me { email displayName } }', {}, { token: data.signup.accessToken });
    expect(me.data.me).toEqual({ email: 'ada@example.com', displayName: 'Ada' });
    expect(await users(app.database)).toHaveLength(1);
  });

  test('answers a taken address with EmailTakenError, in whatever case it is spelled, and leaves the account alone', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const { data } = await app.graphql(SIGN_UP, {
      input: {
        email: ada.email.toUpperCase(),
        password: 'another good password',
        profile: { displayName: 'Eve' },
      },
    });
    expect(data.signup).toMatchObject({ __typename: 'EmailTakenError', code: 'EMAIL_TAKEN' });
    const rows = await users(app.database);
    expect(rows).toHaveLength(1);
    expect(rows[0]).not.toMatchObject({ metadata: { display_name: 'Eve' } });
    expect((await app.logIn(ada.email)).id).toBe(ada.id);
  });

  test('lets exactly one of twenty sign-ups of one address in the same moment win', async () => {
    const app = await createTestApp();
    const input = { email: 'race@example.com', password: PASSWORD };
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.graphql(SIGN_UP, { input })));
    const types = answers.map(({ data }) => data?.signup.__typename);
    expect(types.filter((type) => type === 'AuthSession')).toHaveLength(1);
    expect(types.filter((type) => type === 'EmailTakenError')).toHaveLength(19);
    expect(await users(app.database)).toHaveLength(1);
    expect(await app.database.query('select 1 from auth.identities')).toHaveLength(1);
    expect(await app.database.query('select 1 from auth.sessions')).toHaveLength(1);
  });

  test('says nothing about whether an address is taken while addresses must be confirmed', async () => {
    const app = await createTestApp({ env: { EMAIL_CONFIRMATION: 'on' } });
    const input = { email: 'ada@example.com', password: PASSWORD };
    const first = await app.graphql(SIGN_UP, { input });
    const again = await app.graphql(SIGN_UP, { input: { ...input, password: 'some other password' } });
    expect(first.data.signup).toEqual({ __typename: 'EmailConfirmationSent', email: 'ada@example.com' });
    expect(again.data).toEqual(first.data);
    await app.admin.updateUserById((await app.admin.listUsers()).data.users[0]!.id, { email_confirm: true });
    const confirmed = await app.graphql(SIGN_UP, { input });
    expect(confirmed.data).toEqual(first.data);
    expect(await users(app.database)).toHaveLength(1);
  });

  test.each([
    ['too short', 'seven77', 'LENGTH'],
    ['among the most common', 'password123', 'PWNED'],
    ['the address itself', 'weak@example.com', 'CHARACTERS'],
  ])('refuses a password that is %s', async (_why, password, reason) => {
    const app = await createTestApp();
    const { data } = await app.graphql(SIGN_UP, { input: { email: 'weak@example.com', password } });
    expect(data.signup).toMatchObject({
      __typename: 'WeakPasswordError',
      code: 'WEAK_PASSWORD',
      reasons: [reason],
    });
    expect(data.signup.message).not.toContain(password);
    expect(await users(app.database)).toHaveLength(0);
  });

  test('takes a password of 64 characters beyond ASCII, and the same in another Unicode form', async () => {
    const app = await createTestApp();
    const password = `${'Zürichsee'.normalize('NFC').repeat(7)}é`;
    expect([...password]).toHaveLength(64);
    const { data } = await app.graphql(SIGN_UP, { input: { email: 'nfc@example.com', password } });
    expect(data.signup.__typename).toBe('AuthSession');
    expect((await app.logIn('nfc@example.com', password.normalize('NFD'))).email).toBe('nfc@example.com');
  });

  test('names everything that is wrong in one answer, and makes no account', async () => {
    const app = await createTestApp();
    const profile = {
      avatarUrl: 'javascript:alert(1)',
      locale: 'not a locale',
      timezone: 'Mars/Olympus',
      displayName: 'a\u0000b',
      metadata: { email_verified: true },
    };
    const { data } = await app.graphql(SIGN_UP, { input: { email: 'ada@', password: PASSWORD, profile } });
    expect(data.signup.issues).toEqual([
      { path: ['email'], code: 'INVALID_FORMAT' },
      { path: ['profile', 'displayName'], code: 'INVALID_CHARACTER' },
      { path: ['profile', 'avatarUrl'], code: 'INVALID_FORMAT' },
      { path: ['profile', 'locale'], code: 'INVALID_FORMAT' },
      { path: ['profile', 'timezone'], code: 'INVALID_FORMAT' },
      { path: ['profile', 'metadata', 'email_verified'], code: 'RESERVED_KEY' },
    ]);
    expect(await users(app.database)).toHaveLength(0);
  });

  test('says by how much a profile is too large for a token', async () => {
    const app = await createTestApp();
    const profile = { preferences: { blob: 'x'.repeat(5000) } };
    const { data } = await app.graphql(SIGN_UP, {
      input: { email: 'ada@example.com', password: PASSWORD, profile },
    });
    expect(data.signup).toMatchObject({ __typename: 'MetadataTooLargeError', code: 'METADATA_TOO_LARGE' });
    expect(await users(app.database)).toHaveLength(0);
  });

  test('grants nothing that a person writes about themselves', async () => {
    const app = await createTestApp();
    const metadata = {
      role: 'admin',
      roles: ['admin'],
      permissions: ['users:read'],
      tier: 'pro',
      app_metadata: { roles: ['admin'] },
    };
    const { data } = await app.graphql(SIGN_UP, {
      input: { email: 'eve@example.com', password: PASSWORD, profile: { metadata } },
    });
    const { data: viewer } = await app.graphql(
      '{ viewer { kind roles permissions tier } }',
      {},
      { token: data.signup.accessToken },
    );
    expect(viewer.viewer).toEqual({ kind: 'PERSON', roles: [], permissions: [], tier: null });
  });

  test('is refused where sign-ups are closed', async () => {
    const app = await createTestApp({ env: { DISABLE_SIGNUP: 'on' } });
    const { data } = await app.graphql(SIGN_UP, { input: { email: 'ada@example.com', password: PASSWORD } });
    expect(data.signup).toMatchObject({ __typename: 'SignupDisabledError', code: 'SIGNUP_DISABLED' });
    expect(await users(app.database)).toHaveLength(0);
  });
});
