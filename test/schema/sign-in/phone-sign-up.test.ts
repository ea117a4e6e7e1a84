/** People who have a number and no address: they sign up, sign in and change their password by it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, MODE, PASSWORD, type TestApp } from '../../support/app.ts';

const REFUSAL = '__typename ... on ValidationError { issues { path code } } ... on UserError { code }';
const SESSION = `${REFUSAL} ... on AuthSession { accessToken user { id phone phoneVerified email displayName } }`;
const MUTATIONS = {
  signup: `mutation ($input: SignupInput!) {
    signup(input: $input) { ${SESSION} ... on PhoneConfirmationSent { phone } ... on EmailConfirmationSent { email } }
  }`,
  resendVerification: `mutation ($input: ResendVerificationInput!) {
    resendVerification(input: $input) { ${REFUSAL} ... on PhoneConfirmationSent { phone } }
  }`,
  verifyPhone: `mutation ($input: VerifyPhoneInput!) { verifyPhone(input: $input) { ${SESSION} } }`,
  login: `mutation ($input: LoginInput!) { login(input: $input) { ${SESSION} } }`,
  requestSignInCode: `mutation ($input: RequestSignInCodeInput!) { requestSignInCode(input: $input) { ${REFUSAL} } }`,
  signInWithCode: `mutation ($input: SignInWithCodeInput!) { signInWithCode(input: $input) { ${SESSION} } }`,
  changePassword: `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { ${REFUSAL} } }`,
};
const REAUTHENTICATE = `mutation { requestReauthentication { ${REFUSAL} ... on TextSent { phone } } }`;

const ENV = { EXTERNAL_PHONE_ENABLED: 'on', EMAIL_CONFIRMATION: 'on' };

let lastNumber = 41_790_100_000;
const newNumber = () => String(++lastNumber);
const wrongOf = (code: string) => (code === '000000' ? '000001' : '000000');

describe('somebody with a number and no address', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp({ env: ENV, keep: true });
  });
  afterAll(() => app.close());

  const ask = async (name: keyof typeof MUTATIONS, input: object, token?: string) =>
    (await app.graphql(MUTATIONS[name], { input }, token ? { token } : {})).data[name];
  const codeTo = async (phone: string) => (await app.messagesTo(phone))[0]?.code as string;

  async function person() {
    const phone = newNumber();
    await ask('signup', { phone, password: PASSWORD });
    const { accessToken, user } = await ask('verifyPhone', { phone, code: await codeTo(phone) });
    return { phone, token: accessToken as string, id: user.id as string };
  }

  test('signs up, confirms the number once, and signs in by it', async () => {
    const phone = newNumber();
    const written = `+${phone.slice(0, 2)} ${phone.slice(2, 4)} ${phone.slice(4)}`;
    const input = { phone: written, password: PASSWORD, profile: { displayName: 'Ada' } };
    expect(await ask('signup', input)).toEqual({ __typename: 'PhoneConfirmationSent', phone });
    expect((await ask('login', { phone, password: PASSWORD })).code).toBe('PHONE_NOT_CONFIRMED');
    expect((await ask('login', { phone, password: 'wrong' })).code).toBe('INVALID_CREDENTIALS');

    const first = await codeTo(phone);
    expect(await ask('resendVerification', { phone: written })).toEqual({
      __typename: 'PhoneConfirmationSent',
      phone,
    });
    const code = await codeTo(phone);
    if (first !== code) {
      expect((await ask('verifyPhone', { phone, code: first })).code).toBe('INVALID_CODE');
    }
    expect((await ask('verifyPhone', { phone, code: wrongOf(code) })).code).toBe('INVALID_CODE');
    const { user } = await ask('verifyPhone', { phone: written, code });
    expect(user).toMatchObject({ phone, phoneVerified: true, email: null, displayName: 'Ada' });
    expect((await ask('verifyPhone', { phone, code })).code).toBe('INVALID_CODE');
    expect((await ask('login', { phone: written, password: PASSWORD })).user.id).toBe(user.id);
    expect((await ask('login', { phone, password: 'wrong' })).code).toBe('INVALID_CREDENTIALS');
  });

  test('is told of neither a number that is taken nor one that nobody has', async () => {
    const { phone: taken } = await person();
    const before = (await app.messagesTo(taken)).length;
    const free = newNumber();
    for (const phone of [taken, free]) {
      expect(await ask('signup', { phone, password: 'another good password' })).toEqual({
        __typename: 'PhoneConfirmationSent',
        phone,
      });
    }
    for (const phone of [taken, newNumber()]) {
      const again = await ask('resendVerification', { phone });
      expect(again).toEqual({ __typename: 'PhoneConfirmationSent', phone });
      expect((await ask('login', { phone, password: 'wrong' })).code).toBe('INVALID_CREDENTIALS');
    }
    expect(await app.messagesTo(taken)).toHaveLength(before);
    expect((await ask('login', { phone: taken, password: PASSWORD })).__typename).toBe('AuthSession');
  });

  test('gives a number or an address, and one that is any', async () => {
    const phone = newNumber();
    const both = { phone, email: 'ada@example.com', password: PASSWORD };
    for (const name of ['signup', 'login'] as const) {
      for (const input of [both, { password: PASSWORD }]) {
        expect(await ask(name, input)).toMatchObject({ issues: [{ path: [], code: 'CHOOSE_ONE' }] });
      }
      expect(await ask(name, { phone: '079 010 00 00', password: PASSWORD })).toMatchObject({
        issues: [{ path: ['phone'], code: 'INVALID_FORMAT' }],
      });
    }
    expect((await ask('resendVerification', { phone, email: 'ada@example.com' })).code).toBe(
      'VALIDATION_FAILED',
    );
    expect((await ask('signup', { phone, password: 'short' })).code).toBe('WEAK_PASSWORD');
    for (const phone of ['41\u000079', '9'.repeat(40), '']) {
      expect((await ask('verifyPhone', { phone, code: '1' })).code).toBe('VALIDATION_FAILED');
    }
    expect((await ask('verifyPhone', { phone, code: '\u0000' })).code).toBe('INVALID_CODE');
  });

  test('counts a code once, however many give it at once', async () => {
    const phone = newNumber();
    await ask('signup', { phone, password: PASSWORD });
    const code = await codeTo(phone);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('verifyPhone', { phone, code })));
    expect(answers.filter(({ __typename }) => __typename === 'AuthSession')).toHaveLength(1);
  });

  test('changes the password by the present one, or by a code that goes to the number', async () => {
    const { phone, token } = await person();
    const change = (input: object, as = token) => ask('changePassword', input, as);
    const next = 'the second good password';
    expect(await change({ currentPassword: 'wrong', newPassword: next })).toMatchObject({
      code: 'INVALID_CREDENTIALS',
    });
    expect((await change({ currentPassword: PASSWORD, newPassword: next })).code).toBeUndefined();
    const { accessToken } = await ask('login', { phone, password: next });

    const sent = await app.graphql(REAUTHENTICATE, {}, { token: accessToken });
    expect(sent.data.requestReauthentication).toEqual({ __typename: 'TextSent', phone });
    const nonce = await codeTo(phone);
    const third = 'the third good password';
    expect(await change({ nonce: wrongOf(nonce), newPassword: third }, accessToken)).toMatchObject({
      code: 'INVALID_CODE',
    });
    expect((await change({ nonce, newPassword: third }, accessToken)).code).toBeUndefined();
    expect((await change({ nonce, newPassword: PASSWORD }, accessToken)).code).toBe('INVALID_CODE');
    expect((await ask('login', { phone, password: third })).__typename).toBe('AuthSession');
  });

  // Supabase's own server has one kind of code for both.
  if (MODE !== 'supabase') {
    test('is not signed in to a stranger’s account by the code of the stranger’s sign-up', async () => {
      const phone = newNumber();
      const stranger = { phone, password: 'the password of a stranger' };
      await ask('signup', stranger);
      const code = await codeTo(phone);
      expect((await ask('signInWithCode', { phone, code })).code).toBe('INVALID_CODE');
      await ask('requestSignInCode', { phone });
      const own = await codeTo(phone);
      expect((await ask('verifyPhone', { phone, code: own })).code).toBe('INVALID_CODE');
      expect((await ask('signInWithCode', { phone, code: own })).__typename).toBe('AuthSession');
      expect((await ask('login', stranger)).code).toBe('INVALID_CREDENTIALS');
    });
  }
});

describe('a number', () => {
  test('is no way in where the operator has not turned phones on, and taken is told where it is confirmed at once', async () => {
    const input = { phone: '+41 79 010 00 00', password: PASSWORD };
    const outcome = async (app: TestApp, name: 'signup' | 'login') =>
      (await app.graphql(MUTATIONS[name], { input })).data[name];
    const off = await createTestApp();
    for (const name of ['signup', 'login'] as const) {
      expect(await outcome(off, name)).toEqual({ __typename: 'NotEnabledError', code: 'NOT_ENABLED' });
    }
    const atOnce = await createTestApp({ env: { ...ENV, SMS_AUTOCONFIRM: 'on' } });
    expect((await outcome(atOnce, 'signup')).__typename).toBe('AuthSession');
    expect((await outcome(atOnce, 'signup')).code).toBe('PHONE_TAKEN');
  });
});
