import { describe, expect, test } from 'vitest';
import { createTestApp, MODE, PASSWORD } from '../support/app.ts';

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

  test('let only so many text messages leave in an hour, to nobody as to somebody, on both surfaces', async () => {
    const app = await createTestApp({
      env: {
        RATE_LIMITS: 'on',
        EXTERNAL_PHONE_ENABLED: 'on',
        // What one network may ask for is a quarter of it.
        RATE_LIMIT_SMS_SENT: '12',
        RATE_LIMIT_EMAIL_SENT: '4',
      },
    });
    const known = '+41795550011';
    await app.admin.createUser({ phone: known, phone_confirm: true });
    const ask = async (input: string) => {
      const outcome = '__typename ... on RateLimitedError { code retryAfterSeconds }';
      const { data } = await app.graphql(
        `mutation { requestSignInCode(input: { ${input} }) { ${outcome} } }`,
      );
      return data.requestSignInCode;
    };
    const number = (index: number) => `phone: "+4179555002${index}"`;
    const sent = [await ask(`phone: "${known}"`), await ask(number(1)), await ask(number(2))];
    expect(sent.map(({ __typename }) => __typename)).toEqual(['TextSent', 'TextSent', 'TextSent']);
    const tooMany = await ask(number(3));
    expect(tooMany).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) });
    expect(tooMany.retryAfterSeconds).toBeGreaterThan(3000);
    expect((await ask(`email: "nobody@example.com"`)).__typename).toBe('CodeSent');
    expect((await ask(`email: "somebody@example.com"`)).code).toBe('RATE_LIMITED');
    // There the protocol is Supabase's own, with its limits.
    if (MODE === 'supabase') return;
    for (const [to, code] of [
      [{ phone: '+41795550031' }, 'over_sms_send_rate_limit'],
      [{ email: 'else@example.com' }, 'over_email_send_rate_limit'],
    ] as const) {
      const response = await app.send(
        new Request('http://limen.test/auth/v1/otp', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-supabase-api-version': '2024-01-01' },
          body: JSON.stringify(to),
        }),
      );
      expect([response.status, await response.json()]).toEqual([429, expect.objectContaining({ code })]);
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(3000);
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
