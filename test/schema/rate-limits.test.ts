import { describe, expect, test } from 'vitest';
import { createTestApp, PASSWORD } from '../support/app.ts';

const LOG_IN = `mutation ($input: LoginInput!) {
  login(input: $input) { __typename ... on UserError { code } ... on RateLimitedError { retryAfterSeconds } }
}`;

describe('rate limits', () => {
  test('stop guessing at one account after ten wrong passwords, and count the same for an address nobody has', async () => {
    const app = await createTestApp({ env: { RATE_LIMITS: 'on' } });
    const ada = await app.signUp('ada');
    const guess = async (email: string) => {
      const { data } = await app.graphql(LOG_IN, { input: { email, password: 'wrong' } });
      return data.login.code as string;
    };
    const guesses = async (email: string) => {
      const codes: string[] = [];
      for (let attempt = 0; attempt < 12; attempt += 1) codes.push(await guess(email));
      return codes;
    };
    const known = await guesses(ada.email);
    expect(known.slice(0, 10)).toEqual(Array(10).fill('INVALID_CREDENTIALS'));
    expect(known.slice(10)).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
    expect(await guesses('nobody@example.com')).toEqual(known);
    const right = await app.graphql(LOG_IN, { input: { email: ada.email, password: PASSWORD } });
    expect(right.data.login).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) });
    expect(right.data.login.retryAfterSeconds).toBeGreaterThan(0);
  });

  test('forget the wrong passwords before a right one', async () => {
    const app = await createTestApp({ env: { RATE_LIMITS: 'on' } });
    const ada = await app.signUp('ada');
    for (let attempt = 0; attempt < 30; attempt += 1) {
      const password = attempt % 5 === 4 ? PASSWORD : 'wrong';
      const { data } = await app.graphql(LOG_IN, { input: { email: ada.email, password } });
      expect(data.login.code).not.toBe('RATE_LIMITED');
    }
  });

  test('do not take a weak new password for a guess at the current one', async () => {
    const app = await createTestApp({ env: { RATE_LIMITS: 'on' } });
    const ada = await app.signUp('ada');
    for (let attempt = 0; attempt < 11; attempt += 1) {
      const { data } = await ada(
        `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { ... on UserError { code } } }`,
        { input: { currentPassword: PASSWORD, newPassword: 'short' } },
      );
      expect(data.changePassword.code).toBe('WEAK_PASSWORD');
    }
    expect((await app.logIn(ada.email)).id).toBe(ada.id);
  });

  test.each([
    ['changePassword', { currentPassword: 'wrong', newPassword: 'another good password' }],
    ['changePhone', { currentPassword: 'wrong', phone: '+41 79 010 99 99' }],
  ])(
    'count a wrong password of somebody with a number as one, at the sign-in and in %s',
    async (name, input) => {
      const env = { RATE_LIMITS: 'on', EXTERNAL_PHONE_ENABLED: 'on', SMS_AUTOCONFIRM: 'on' };
      const app = await createTestApp({ env });
      const phone = '+41 79 010 99 01';
      const signedUp = await app.graphql(
        `mutation ($input: SignupInput!) { signup(input: $input) { ... on AuthSession { accessToken } } }`,
        { input: { phone, password: PASSWORD } },
      );
      const { accessToken: token } = signedUp.data.signup;
      for (let attempt = 0; attempt < 10; attempt += 1) {
        const { data } = await app.graphql(LOG_IN, { input: { phone, password: 'wrong' } });
        expect(data.login.code).toBe('INVALID_CREDENTIALS');
      }
      const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
      const mutation = `mutation ($input: ${type}!) { ${name}(input: $input) { ... on UserError { code } } }`;
      const { data } = await app.graphql(mutation, { input }, { token });
      expect(data[name].code).toBe('RATE_LIMITED');
    },
  );
});
