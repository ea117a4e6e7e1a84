/** A person's own address and number, over GraphQL. */
import { describe, expect, test } from 'vitest';
import { createTestApp, PASSWORD, type TestApp, type TestPerson } from '../../support/app.ts';

const OUTCOME = `__typename
  ... on User { id email phone phoneVerified isAnonymous newEmail newPhone }
  ... on UserError { code }
  ... on ValidationError { issues { path code } }`;
const CHANGE_EMAIL = `mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { ... on EmailChangeRequested { requestedEmail } ${OUTCOME} } }`;
const CHANGE_PHONE = `mutation ($input: ChangePhoneInput!) { changePhone(input: $input) { ... on PhoneChangeRequested { requestedPhone } ${OUTCOME} } }`;
const SIGNED_IN = `__typename
  ... on AuthSession { accessToken refreshToken user { id email phone phoneVerified newEmail isAnonymous } }
  ... on UserError { code }
  ... on ValidationError { issues { path code } }`;
const VERIFY_EMAIL = `mutation ($input: VerifyEmailChangeInput!) { verifyEmailChange(input: $input) { ... on EmailChangeHalfConfirmed { awaitsOtherAddress } ${SIGNED_IN} } }`;
const VERIFY_PHONE = `mutation ($input: VerifyPhoneChangeInput!) { verifyPhoneChange(input: $input) { ${SIGNED_IN} } }`;
const SIGN_IN_ANONYMOUSLY =
  'mutation { signInAnonymously { ... on AuthSession { accessToken refreshToken user { id email } } } }';

const CONFIRMED = {
  EMAIL_CONFIRMATION: 'on',
  EXTERNAL_ANONYMOUS_USERS_ENABLED: 'on',
  ACCESS_TOKEN_TTL: '1h',
};

const wrongCode = (code: string) => (code === '123456' ? '654321' : '123456');

/** Somebody whose address is confirmed. */
async function somebody(app: TestApp, name: string): Promise<TestPerson> {
  const email = `${name}@example.com`;
  await app.admin.createUser({ email, password: PASSWORD, email_confirm: true });
  return app.logIn(email);
}

describe('changeEmail', () => {
  test('takes both addresses, in whatever browser, and tells the old one', async () => {
    const app = await createTestApp({ env: CONFIRMED });
    const ada = await somebody(app, 'ada');
    const input = { email: 'Lovelace@Example.com', currentPassword: PASSWORD };
    const asked = await ada(CHANGE_EMAIL, { input });
    expect(asked.data.changeEmail).toEqual({
      __typename: 'EmailChangeRequested',
      requestedEmail: 'lovelace@example.com',
    });
    const me = await ada('{ me { email newEmail } }');
    expect(me.data.me).toEqual({ email: 'ada@example.com', newEmail: 'lovelace@example.com' });

    const [present] = await app.messagesTo('ada@example.com');
    const [next] = await app.messagesTo('lovelace@example.com');
    expect([present?.template, next?.template]).toEqual(['email-change-current', 'email-change-new']);
    const verify = async (given: object) =>
      (await app.graphql(VERIFY_EMAIL, { input: given })).data.verifyEmailChange;
    const half = { __typename: 'EmailChangeHalfConfirmed', awaitsOtherAddress: true };
    expect(await verify({ tokenHash: present?.tokenHash })).toEqual(half);
    expect(await verify({ tokenHash: present?.tokenHash })).toMatchObject({ code: 'INVALID_CODE' });
    expect((await ada('{ me { email } }')).data.me.email).toBe('ada@example.com');
    expect(await verify({ email: 'ada@example.com', code: next?.code })).toMatchObject({
      code: 'INVALID_CODE',
    });
    expect(await verify({ email: 'lovelace@example.com', code: next?.code })).toMatchObject({
      __typename: 'AuthSession',
      user: { id: ada.id, email: 'lovelace@example.com', newEmail: null },
    });

    // The session that asked goes on, and is never out of date.
    expect((await ada('{ me { email } }')).data.me.email).toBe('lovelace@example.com');
    expect((await app.messagesTo('ada@example.com'))[0]?.template).toBe('email-changed');
    expect((await app.logIn('lovelace@example.com')).id).toBe(ada.id);
  });

  test('asks for the password, unless the session has just begun', async () => {
    const app = await createTestApp({ env: CONFIRMED });
    const ada = await somebody(app, 'ada');
    const outcome = async (input: object) => (await ada(CHANGE_EMAIL, { input })).data.changeEmail;
    expect(await outcome({ email: 'a@example.com', currentPassword: 'a guess' })).toMatchObject({
      code: 'INVALID_CREDENTIALS',
    });
    expect(await outcome({ email: 'b@example.com' })).toMatchObject({ requestedEmail: 'b@example.com' });
    app.clock.advance(901);
    expect(await outcome({ email: 'c@example.com' })).toMatchObject({ code: 'REAUTHENTICATION_REQUIRED' });
    expect(await outcome({ email: 'd@example.com', currentPassword: PASSWORD })).toMatchObject({
      requestedEmail: 'd@example.com',
    });
    expect(await app.messagesTo('a@example.com')).toEqual([]);
    expect(await app.messagesTo('c@example.com')).toEqual([]);
  });

  test('takes a code by mail in place of the password, once', async () => {
    const app = await createTestApp({ env: { ...CONFIRMED, EXTERNAL_PHONE_ENABLED: 'on' } });
    const ada = await somebody(app, 'ada');
    app.clock.advance(901);
    const change = async (input: object) => (await ada(CHANGE_EMAIL, { input })).data.changeEmail;
    const askForCode = async () => {
      await ada('mutation { requestReauthentication { __typename } }');
      return (await app.messagesTo(ada.email))[0]!.code!;
    };
    const nonce = await askForCode();
    expect(await change({ email: 'a@example.com', nonce: wrongCode(nonce) })).toMatchObject({
      code: 'INVALID_CODE',
    });
    expect(await change({ email: 'a@example.com', nonce, currentPassword: PASSWORD })).toMatchObject({
      code: 'VALIDATION_FAILED',
    });
    const rivals = await Promise.all(
      Array.from({ length: 10 }, (_, index) => change({ email: `rival${index}@example.com`, nonce })),
    );
    const won = rivals.filter(({ __typename }) => __typename === 'EmailChangeRequested');
    expect(won).toHaveLength(1);
    expect(await change({ email: 'c@example.com', nonce })).toMatchObject({ code: 'INVALID_CODE' });

    app.clock.advance(61);
    const input = { phone: '+447700900123', nonce: await askForCode() };
    expect((await ada(CHANGE_PHONE, { input })).data.changePhone).toMatchObject({
      requestedPhone: '447700900123',
    });
    expect((await ada(CHANGE_PHONE, { input })).data.changePhone).toMatchObject({ code: 'INVALID_CODE' });
  });

  test('changes it at once where nobody confirms addresses', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const { data } = await ada(CHANGE_EMAIL, { input: { email: 'ada@example.org' } });
    expect(data.changeEmail).toMatchObject({ __typename: 'User', id: ada.id, email: 'ada@example.org' });
    expect((await ada('{ me { email } }')).data.me.email).toBe('ada@example.org');
    expect((await app.messagesTo(ada.email))[0]?.template).toBe('email-changed');
  });

  test('refuses a taken address and one that is none, and sends nothing', async () => {
    const app = await createTestApp({ env: CONFIRMED });
    const [ada, grace] = [await somebody(app, 'ada'), await somebody(app, 'grace')];
    const outcome = async (input: object) => (await ada(CHANGE_EMAIL, { input })).data.changeEmail;
    expect(await outcome({ email: grace.email })).toMatchObject({ code: 'EMAIL_TAKEN' });
    expect(await outcome({ email: 'nonsense' })).toMatchObject({ issues: [{ path: ['email'] }] });
    expect(await app.messagesTo(grace.email)).toEqual([]);
  });

  test('asks whoever was anonymous when their token was made, and is so no more', async () => {
    const app = await createTestApp({ env: CONFIRMED });
    const guest = app.person((await app.graphql(SIGN_IN_ANONYMOUSLY)).data.signInAnonymously);
    // Out of the sight of this process, where people live at Supabase.
    await app.database.query('update auth.users set is_anonymous = false where id = $1', [guest.id]);
    const { data } = await guest(CHANGE_EMAIL, { input: { email: 'mine@example.com' } });
    expect(data.changeEmail).toMatchObject({ code: 'REAUTHENTICATION_REQUIRED' });
    expect(await app.messagesTo('mine@example.com')).toEqual([]);
  });

  test('makes a full account of an anonymous person, who needs no password for it', async () => {
    const app = await createTestApp({ env: CONFIRMED });
    const guest = app.person((await app.graphql(SIGN_IN_ANONYMOUSLY)).data.signInAnonymously);
    app.clock.advance(901);
    const asked = await guest(CHANGE_EMAIL, { input: { email: 'guest@example.com' } });
    expect(asked.data.changeEmail).toMatchObject({ requestedEmail: 'guest@example.com' });
    expect((await guest('{ me { isAnonymous } }')).data.me.isAnonymous).toBe(true);
    const [mail] = await app.messagesTo('guest@example.com');
    const { data } = await app.graphql(VERIFY_EMAIL, { input: { tokenHash: mail?.tokenHash } });
    expect(data.verifyEmailChange.user).toMatchObject({ id: guest.id, isAnonymous: false });
    expect((await guest('{ me { isAnonymous email } }')).data.me).toEqual({
      isAnonymous: false,
      email: 'guest@example.com',
    });
  });
});

describe('verifyEmailChange', () => {
  test('takes a link, or a code with its address, and nothing in between', async () => {
    const app = await createTestApp({ env: CONFIRMED });
    for (const input of [
      {},
      { code: '123456' },
      { email: 'a@example.com' },
      { tokenHash: 'x', email: 'a@example.com', code: '123456' },
    ]) {
      const { data } = await app.graphql(VERIFY_EMAIL, { input });
      expect(data.verifyEmailChange).toMatchObject({ code: 'VALIDATION_FAILED' });
    }
    const { data } = await app.graphql(VERIFY_EMAIL, {
      input: { email: 'nobody@example.com', code: '123456' },
    });
    expect(data.verifyEmailChange).toEqual({ __typename: 'InvalidCodeError', code: 'INVALID_CODE' });
  });
});

describe('changePhone', () => {
  test('adds a number when its code is given, once', async () => {
    const app = await createTestApp({ env: { EXTERNAL_PHONE_ENABLED: 'on' } });
    const ada = await app.signUp('ada');
    const asked = await ada(CHANGE_PHONE, { input: { phone: '+41 79 555 00 11' } });
    expect(asked.data.changePhone).toEqual({
      __typename: 'PhoneChangeRequested',
      requestedPhone: '41795550011',
    });
    const [message] = await app.messagesTo('41795550011');
    expect(message).toMatchObject({ channel: 'sms', template: 'phone-code', userId: ada.id });
    const verify = async (code: string) =>
      (await app.graphql(VERIFY_PHONE, { input: { phone: '+41795550011', code } })).data.verifyPhoneChange;
    expect(await verify(message!.code === '000000' ? '000001' : '000000')).toMatchObject({
      code: 'INVALID_CODE',
    });
    expect(await verify(message!.code!)).toMatchObject({
      user: { id: ada.id, phone: '41795550011', phoneVerified: true },
    });
    expect(await verify(message!.code!)).toMatchObject({ code: 'INVALID_CODE' });
    expect((await ada('{ me { phone } }')).data.me.phone).toBe('41795550011');
    expect((await app.messagesTo(ada.email))[0]?.template).toBe('phone-changed');

    const grace = await app.signUp('grace');
    const taken = await grace(CHANGE_PHONE, { input: { phone: '41795550011' } });
    expect(taken.data.changePhone.code).toBe('PHONE_TAKEN');
  });

  test('is refused where the operator has not turned phones on, and for what is no number', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const outcome = async (phone: string) => (await ada(CHANGE_PHONE, { input: { phone } })).data.changePhone;
    expect(await outcome('+41795550011')).toMatchObject({ code: 'NOT_ENABLED' });
    expect(await outcome('079 555 00 11')).toMatchObject({
      issues: [{ path: ['phone'], code: 'INVALID_FORMAT' }],
    });
  });
});

describe('a phone number', () => {
  const REQUEST = `mutation ($input: RequestSignInCodeInput!) {
    requestSignInCode(input: $input) {
      __typename ... on TextSent { phone } ... on CodeSent { email } ... on UserError { code }
    }
  }`;
  const SIGN_IN = `mutation ($input: SignInWithCodeInput!) {
    signInWithCode(input: $input) {
      __typename ... on AuthSession { user { id phone phoneVerified displayName } } ... on UserError { code }
    }
  }`;

  test('signs somebody in by a code, and somebody new where that is asked for', async () => {
    const app = await createTestApp({ env: { EXTERNAL_PHONE_ENABLED: 'on' } });
    const request = async (input: object) => (await app.graphql(REQUEST, { input })).data.requestSignInCode;
    const signIn = async (input: object) => (await app.graphql(SIGN_IN, { input })).data.signInWithCode;
    const phone = '41795550022';
    expect(await request({ phone })).toEqual({ __typename: 'TextSent', phone });
    expect(await app.messagesTo(phone)).toEqual([]);
    expect(
      await request({ phone: '+41 79 555 00 22', createAccount: true, profile: { displayName: 'Ada' } }),
    ).toEqual({
      __typename: 'TextSent',
      phone,
    });
    const [message] = await app.messagesTo(phone);
    expect(await signIn({ phone, code: message?.code, tokenHash: 'x' })).toMatchObject({
      code: 'VALIDATION_FAILED',
    });
    const first = await signIn({ phone, code: message?.code });
    expect(first.user).toMatchObject({ phone, phoneVerified: true, displayName: 'Ada' });
    expect(await signIn({ phone, code: message?.code })).toMatchObject({ code: 'INVALID_CODE' });
    expect(await request({})).toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(await request({ phone, email: 'ada@example.com' })).toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  test('is no way in where the operator has not turned it on', async () => {
    const app = await createTestApp();
    const { data } = await app.graphql(REQUEST, { input: { phone: '+41795550022' } });
    expect(data.requestSignInCode).toEqual({ __typename: 'NotEnabledError', code: 'NOT_ENABLED' });
  });
});
