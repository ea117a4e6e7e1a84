/** Codes and links by mail: confirmation, sign-in, recovery, reauthentication. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, MODE, PASSWORD, type TestApp } from '../../support/app.ts';

const NEW_PASSWORD = 'quite another good password';

const SESSION = '... on AuthSession { accessToken refreshToken user { id email displayName emailVerified } }';
const CONFIRMATION = '... on EmailConfirmationSent { email }';
const SENT = '... on CodeSent { email }';
const ERROR = `... on UserError { code
  ... on ValidationError { issues { path code } } ... on WeakPasswordError { reasons } }`;

const mutation = (field: string, type: string, outcomes: string) =>
  `mutation ($input: ${type}!) { ${field}(input: $input) { __typename ${outcomes} ${ERROR} } }`;

const DOCUMENTS = {
  signup: mutation('signup', 'SignupInput', `${SESSION} ${CONFIRMATION}`),
  login: mutation('login', 'LoginInput', SESSION),
  refreshSession: mutation('refreshSession', 'RefreshSessionInput', SESSION),
  verifyEmail: mutation('verifyEmail', 'VerifyEmailInput', SESSION),
  resendVerification: mutation('resendVerification', 'ResendVerificationInput', CONFIRMATION),
  requestSignInCode: mutation('requestSignInCode', 'RequestSignInCodeInput', SENT),
  signInWithCode: mutation('signInWithCode', 'SignInWithCodeInput', SESSION),
  requestPasswordReset: mutation('requestPasswordReset', 'RequestPasswordResetInput', SENT),
  resetPassword: mutation('resetPassword', 'ResetPasswordInput', SESSION),
};

const CHANGE_PASSWORD = mutation('changePassword', 'ChangePasswordInput', '');
const REAUTHENTICATE = `mutation { requestReauthentication { __typename ${SENT} ${ERROR} } }`;

describe('codes and links by mail', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp({ keep: true, env: { EMAIL_CONFIRMATION: 'on' } });
  });
  afterAll(() => app.close());

  let count = 0;
  function newAddress(name = 'ada') {
    count += 1;
    return `${name}-${count}@example.com`;
  }
  async function ask(field: keyof typeof DOCUMENTS, input: object) {
    const { data, errors } = await app.graphql(DOCUMENTS[field], { input });
    expect(errors).toBeUndefined();
    return data[field];
  }
  const newest = async (email: string) => (await app.messagesTo(email))[0]!;
  const codeFor = async (email: string) => (await newest(email)).code!;
  const wrongOf = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

  async function confirmed() {
    const email = newAddress();
    await ask('signup', { email, password: PASSWORD, profile: { displayName: 'Ada' } });
    const session = await ask('verifyEmail', { email, code: await codeFor(email) });
    expect(session.__typename).toBe('AuthSession');
    return app.person(session);
  }
  const logsIn = async (email: string, password: string) =>
    (await ask('login', { email, password })).__typename;
  const changes = async (person: Awaited<ReturnType<typeof confirmed>>, input: object) =>
    (await person(CHANGE_PASSWORD, { input })).data.changePassword;

  test('verifyEmail confirms the address of a sign-up, once, and signs in', async () => {
    const email = newAddress();
    const sent = await ask('signup', { email, password: PASSWORD, profile: { displayName: 'Ada' } });
    expect(sent).toEqual({ __typename: 'EmailConfirmationSent', email });
    const code = await codeFor(email);
    expect((await ask('login', { email, password: PASSWORD })).code).toBe('EMAIL_NOT_CONFIRMED');
    const spaced = `${code.slice(0, 3)} ${code.slice(3)}`;
    const session = await ask('verifyEmail', { email: email.toUpperCase(), code: spaced });
    expect(session).toMatchObject({
      __typename: 'AuthSession',
      user: { email, displayName: 'Ada', emailVerified: true },
    });
    expect(await ask('verifyEmail', { email, code })).toMatchObject({ code: 'INVALID_CODE' });
    expect(await logsIn(email, PASSWORD)).toBe('AuthSession');
  });

  test('verifyEmail takes what the link holds; resendVerification replaces it, and answers alike for everybody', async () => {
    const email = newAddress();
    await ask('signup', { email, password: PASSWORD });
    const { tokenHash } = await newest(email);
    expect(await ask('resendVerification', { email })).toEqual({
      __typename: 'EmailConfirmationSent',
      email,
    });
    expect(await ask('verifyEmail', { tokenHash })).toMatchObject({ code: 'INVALID_CODE' });
    const second = await newest(email);
    expect(await ask('verifyEmail', { tokenHash: second.tokenHash })).toMatchObject({ user: { email } });
    const nobody = newAddress();
    expect(await ask('resendVerification', { email: nobody })).toEqual({
      __typename: 'EmailConfirmationSent',
      email: nobody,
    });
    expect(await app.messagesTo(nobody)).toEqual([]);
    const before = await app.messagesTo(email);
    await ask('resendVerification', { email });
    expect(await app.messagesTo(email)).toEqual(before);
  });

  test('signup of a taken address answers as for a free one, and mails its owner', async () => {
    const { email } = await confirmed();
    expect(await ask('signup', { email, password: NEW_PASSWORD })).toEqual({
      __typename: 'EmailConfirmationSent',
      email,
    });
    expect(await newest(email)).toMatchObject({ template: 'account-exists', code: null, link: null });
    expect(await logsIn(email, NEW_PASSWORD)).toBe('InvalidCredentialsError');
  });

  test('signInWithCode signs in; requestSignInCode makes an account only if asked, and never says', async () => {
    const { id, email } = await confirmed();
    const stranger = newAddress('stranger');
    expect(await ask('requestSignInCode', { email })).toEqual({ __typename: 'CodeSent', email });
    expect(await ask('requestSignInCode', { email: stranger })).toEqual({
      __typename: 'CodeSent',
      email: stranger,
    });
    expect(await app.messagesTo(stranger)).toEqual([]);
    const session = await ask('signInWithCode', { email, code: await codeFor(email) });
    expect(session.user.id).toBe(id);

    const profile = { displayName: 'Grace' };
    await ask('requestSignInCode', { email: stranger, createAccount: true, profile });
    const { tokenHash } = await newest(stranger);
    expect(await ask('signInWithCode', { tokenHash })).toMatchObject({
      user: { email: stranger, displayName: 'Grace', emailVerified: true },
    });
  });

  test('signInWithCode leaves nothing to a stranger who signed up first', async () => {
    const email = newAddress();
    await ask('signup', { email, password: PASSWORD, profile: { displayName: 'Mallory' } });
    await ask('requestSignInCode', { email });
    const session = await ask('signInWithCode', { email, code: await codeFor(email) });
    expect(session.user).toMatchObject({ email, displayName: null });
    expect(await logsIn(email, PASSWORD)).toBe('InvalidCredentialsError');
  });

  test('resetPassword sets the password, ends the other sessions, and is tried again after a weak one', async () => {
    const ada = await confirmed();
    const { email } = ada;
    const sent = await ask('requestPasswordReset', { email, redirectTo: 'https://evil.test/' });
    expect(sent).toEqual({ __typename: 'CodeSent', email });
    const { code, redirectTo, template } = await newest(email);
    expect(template).toBe('recovery');
    expect(redirectTo).not.toContain('evil');
    expect(await ask('resetPassword', { email, code, newPassword: 'password123' })).toMatchObject({
      code: 'WEAK_PASSWORD',
      reasons: ['PWNED'],
    });
    expect(
      await ask('resetPassword', { email, code: wrongOf(code!), newPassword: NEW_PASSWORD }),
    ).toMatchObject({ code: 'INVALID_CODE' });
    const session = await ask('resetPassword', { email, code, newPassword: NEW_PASSWORD });
    expect(session).toMatchObject({ __typename: 'AuthSession', user: { email } });
    expect((await ada('{ me { id } }')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect((await app.person(session)('{ me { email } }')).data.me).toEqual({ email });
    expect(await logsIn(email, NEW_PASSWORD)).toBe('AuthSession');
    expect(await logsIn(email, PASSWORD)).toBe('InvalidCredentialsError');
    const again = await ask('resetPassword', { email, code, newPassword: PASSWORD });
    expect(again).toMatchObject({ code: 'INVALID_CODE' });
  });

  test('resetPassword to the password that it was ends the other sessions all the same', async () => {
    const ada = await confirmed();
    await ask('requestPasswordReset', { email: ada.email });
    const { tokenHash } = await newest(ada.email);
    expect((await ask('resetPassword', { tokenHash, newPassword: PASSWORD })).__typename).toBe('AuthSession');
    expect((await ada('{ me { id } }')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  test('resetPassword leaves the password of somebody with a second factor as it was', async () => {
    const { id, email } = await confirmed();
    await app.database.query(
      `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret)
       values (gen_random_uuid(), $1, 'phone', 'totp', 'verified', now(), now(), 'JBSWY3DPEHPK3PXP')`,
      [id],
    );
    await ask('requestPasswordReset', { email });
    const outcome = await ask('resetPassword', {
      email,
      code: await codeFor(email),
      newPassword: NEW_PASSWORD,
    });
    expect(outcome.__typename).not.toBe('AuthSession');
    const [row] = await app.database.query<{ changed: boolean }>(
      'select recovery_sent_at < updated_at and encrypted_password is null as changed from auth.users where id = $1',
      [id],
    );
    expect(row?.changed).toBe(false);
    expect(await logsIn(email, NEW_PASSWORD)).toBe('InvalidCredentialsError');
  });

  test('changePassword takes a code by mail in place of the current password, once', async () => {
    const ada = await confirmed();
    app.clock.advance(3600);
    const person = app.person(await ask('login', { email: ada.email, password: PASSWORD }));
    expect(await changes(person, { newPassword: NEW_PASSWORD })).toMatchObject({
      code: 'REAUTHENTICATION_REQUIRED',
    });
    const { data } = await person(REAUTHENTICATE);
    expect(data.requestReauthentication).toEqual({ __typename: 'CodeSent', email: ada.email });
    const nonce = await codeFor(ada.email);
    const refusals = [
      [{ nonce: wrongOf(nonce), newPassword: NEW_PASSWORD }, { code: 'INVALID_CODE' }],
      [{ nonce, newPassword: 'short' }, { code: 'WEAK_PASSWORD' }],
      [
        { nonce, currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
        { code: 'VALIDATION_FAILED', issues: [{ path: [], code: 'CHOOSE_ONE' }] },
      ],
    ] as const;
    for (const [input, refusal] of refusals) expect(await changes(person, input)).toMatchObject(refusal);
    expect(await changes(person, { nonce, newPassword: NEW_PASSWORD })).toEqual({
      __typename: 'PasswordChanged',
    });
    expect(await logsIn(ada.email, NEW_PASSWORD)).toBe('AuthSession');
    expect(await changes(person, { nonce, newPassword: PASSWORD })).toMatchObject({ code: 'INVALID_CODE' });
  });

  test('changePassword asks for nothing more in the first quarter of an hour of a session by code', async () => {
    const email = newAddress();
    await ask('requestSignInCode', { email, createAccount: true });
    const person = app.person(await ask('signInWithCode', { email, code: await codeFor(email) }));
    expect(await changes(person, { newPassword: NEW_PASSWORD })).toEqual({ __typename: 'PasswordChanged' });
    expect(await logsIn(email, NEW_PASSWORD)).toBe('AuthSession');
    await ask('requestSignInCode', { email });
    const late = app.person(await ask('signInWithCode', { email, code: await codeFor(email) }));
    app.clock.advance(15 * 60 - 1);
    const refreshed = await ask('refreshSession', { refreshToken: late.refreshToken });
    app.clock.advance(2);
    expect(await changes(app.person(refreshed), { newPassword: PASSWORD })).toMatchObject({
      code: 'REAUTHENTICATION_REQUIRED',
    });
  });

  test('a code is taken for what it was sent for, and for nothing else', async () => {
    const send = {
      signup: async () => {
        const email = newAddress();
        await ask('signup', { email, password: PASSWORD });
        return email;
      },
      magiclink: async () => {
        const { email } = await confirmed();
        await ask('requestSignInCode', { email });
        return email;
      },
      recovery: async () => {
        const { email } = await confirmed();
        await ask('requestPasswordReset', { email });
        return email;
      },
    };
    const take = {
      signup: (input: object) => ask('verifyEmail', input),
      magiclink: (input: object) => ask('signInWithCode', input),
      recovery: (input: object) => ask('resetPassword', { ...input, newPassword: NEW_PASSWORD }),
    };
    const taken: string[] = [];
    for (const [sent, request] of Object.entries(send)) {
      for (const [as, present] of Object.entries(take)) {
        const email = await request();
        const { code, tokenHash } = await newest(email);
        const outcomes = [await present({ email, code }), await present({ tokenHash })];
        if (outcomes.some(({ __typename }) => __typename === 'AuthSession')) taken.push(`${sent} as ${as}`);
      }
    }
    // Supabase's own server sends somebody new the code of a sign-up when they ask for one to sign in with.
    const ofSupabase = MODE === 'supabase' ? ['signup as magiclink'] : [];
    expect(taken).toEqual([
      'signup as signup',
      ...ofSupabase,
      'magiclink as magiclink',
      'recovery as recovery',
    ]);
  });

  test('a code counts for one of twenty who show it at once', async () => {
    const { email } = await confirmed();
    await ask('requestPasswordReset', { email });
    const code = await codeFor(email);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => ask('resetPassword', { email, code, newPassword: NEW_PASSWORD })),
    );
    const types = answers.map(({ __typename }) => __typename);
    expect(types.filter((type) => type === 'AuthSession')).toHaveLength(1);
    expect(types.filter((type) => type === 'InvalidCodeError')).toHaveLength(19);
  });

  test.each([
    ['neither a code nor a link', {}],
    ['a code without its address', { code: '123456' }],
    ['both', { email: 'a@example.com', code: '123456', tokenHash: 'x' }],
  ])('%s is a ValidationError', async (_what, input) => {
    expect(await ask('verifyEmail', input)).toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [{ path: [], code: 'CHOOSE_ONE' }],
    });
  });

  test('a banned person learns of it by the right code alone', async () => {
    const { id, email } = await confirmed();
    await app.admin.updateUserById(id, { ban_duration: '24h' });
    await ask('requestSignInCode', { email });
    const code = await codeFor(email);
    expect(await ask('signInWithCode', { email, code: wrongOf(code) })).toMatchObject({
      code: 'INVALID_CODE',
    });
    expect(await ask('signInWithCode', { email, code })).toMatchObject({ code: 'ACCOUNT_BANNED' });
  });

  test('asking for a code costs as many statements whether or not the address has an account', async () => {
    const { email } = await confirmed();
    const costs = async (work: () => Promise<unknown>) => (await app.statementsDuring(work)).length;
    const known = await costs(() => ask('requestSignInCode', { email }));
    const unknown = await costs(() => ask('requestSignInCode', { email: newAddress() }));
    const code = await codeFor(email);
    const signIn = await costs(() => ask('signInWithCode', { email, code }));
    const reset = await costs(() => ask('requestPasswordReset', { email }));
    // In front of Supabase what happens is recorded here too.
    const recorded = MODE === 'supabase' ? 1 : 0;
    expect({ known, unknown, signIn, reset }).toEqual({
      known: 6 + recorded,
      unknown: 6 + recorded,
      signIn: 6 + recorded,
      reset: 6 + recorded,
    });
  });
});

test('one mail a minute goes to an address, whether or not it has an account, and whatever asks for it', async () => {
  const app = await createTestApp({ env: { EMAIL_CONFIRMATION: 'on', RATE_LIMITS: 'on' } });
  const ask = async (field: keyof typeof DOCUMENTS, input: object) =>
    (await app.graphql(DOCUMENTS[field], { input })).data[field];
  const [taken, free] = ['taken@example.com', 'free@example.com'];
  expect((await ask('signup', { email: taken, password: PASSWORD })).__typename).toBe(
    'EmailConfirmationSent',
  );
  expect((await ask('requestPasswordReset', { email: free })).__typename).toBe('CodeSent');
  for (const email of [taken, free]) {
    expect((await ask('signup', { email, password: PASSWORD })).code).toBe('RATE_LIMITED');
    expect((await ask('requestSignInCode', { email })).code).toBe('RATE_LIMITED');
    expect((await ask('resendVerification', { email })).code).toBe('RATE_LIMITED');
  }
});

// Supabase's own server is not told of what Limen refuses in front of it.
if (MODE !== 'supabase') {
  test('what comes too early for a message is heard all the same: whoever shows the code finds nothing of a stranger’s', async () => {
    const env = { EMAIL_CONFIRMATION: 'on', EXTERNAL_PHONE_ENABLED: 'on', RATE_LIMITS: 'on' };
    const app = await createTestApp({ env });
    const ask = async (field: keyof typeof DOCUMENTS, input: object) =>
      (await app.graphql(DOCUMENTS[field], { input })).data[field];
    const as = (displayName: string) => ({ createAccount: true, profile: { displayName } });
    for (const to of [{ email: 'ada@example.com' }, { phone: '41790100701' }]) {
      await ask('requestSignInCode', { ...to, ...as('Eve') });
      expect((await ask('requestSignInCode', { ...to, ...as('Ada') })).code).toBe('RATE_LIMITED');
      const [message] = await app.messagesTo(to.email ?? to.phone);
      const { user } = await ask('signInWithCode', { ...to, code: message?.code });
      expect(user.displayName).toBeNull();
    }
    const stranger = { email: 'grace@example.com', password: 'the password of a stranger' };
    await ask('signup', { ...stranger, profile: { displayName: 'Eve' } });
    expect((await ask('requestPasswordReset', { email: stranger.email })).code).toBe('RATE_LIMITED');
    const [mail] = await app.messagesTo(stranger.email);
    const { user } = await ask('verifyEmail', { email: stranger.email, code: mail?.code });
    expect(user.displayName).toBeNull();
    expect((await ask('login', stranger)).code).toBe('INVALID_CREDENTIALS');
  });
}
