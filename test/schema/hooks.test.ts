/** What hooks of the auth server come to in GraphQL, wherever that server is. */
import { describe, expect, test } from 'vitest';
import type { HookName } from '../../src/adapters/hooks/hook.ts';
import { createTestApp, MODE, PASSWORD, type TestApp, type TestPerson } from '../support/app.ts';
import { codeOf, wrongCode } from '../support/authenticator.ts';
import { answering, startHookReceiver } from '../support/hook-receiver.ts';

const SIGN_UP = `mutation ($input: SignupInput!) {
  signup(input: $input) { __typename ... on AuthSession { accessToken } ... on UserError { code message } }
}`;
const LOG_IN = `mutation ($input: LoginInput!) {
  login(input: $input) { __typename ... on AuthSession { accessToken refreshToken } ... on MfaRequired { challengeId } ... on UserError { code message } }
}`;
const REFRESH = `mutation ($input: RefreshSessionInput!) {
  refreshSession(input: $input) { __typename ... on AuthSession { accessToken } ... on UserError { code message } }
}`;
const VERIFY_MFA = `mutation ($input: VerifyMfaInput!) {
  verifyMfa(input: $input) { __typename ... on UserError { code message } }
}`;
const ENROLL = `mutation ($input: EnrollTotpInput!) { enrollTotp(input: $input) { ... on TotpEnrolment { factorId secret } } }`;
const VERIFY_TOTP = `mutation ($input: VerifyTotpInput!) {
  verifyTotp(input: $input) { ... on AuthSession { accessToken refreshToken user { id email } } }
}`;
const NEWCOMER = { email: 'newcomer@example.com', password: PASSWORD };
const NO = { error: { http_code: 403, message: 'Not from your network.' } };

async function startWith(...names: HookName[]) {
  const hook = await startHookReceiver();
  const env = Object.fromEntries(
    names.flatMap((name) => [
      [`HOOK_${name.toUpperCase()}_ENABLED`, 'on'],
      [`HOOK_${name.toUpperCase()}_URI`, hook.url],
      [`HOOK_${name.toUpperCase()}_SECRETS`, `v1,${hook.secret}`],
    ]),
  );
  return { hook, app: await createTestApp({ env }) };
}

/** Another authenticator app of somebody's. */
async function addTotp(app: TestApp, person: TestPerson, name: string) {
  const { factorId, secret } = (await person(ENROLL, { input: { name } })).data.enrollTotp;
  const input = { factorId, code: codeOf(secret, app.clock.now()) };
  const { data } = await person(VERIFY_TOTP, { input });
  return { factorId, secret, person: app.person(data.verifyTotp) };
}

describe('hooks, through GraphQL', () => {
  test('refuse a sign-up in their own words, and one that is out of order lets nobody in', async () => {
    const { hook, app } = await startWith('before_user_created');
    hook.behaves(() => NO);
    const refused = await app.graphql(SIGN_UP, { input: NEWCOMER });
    expect(refused.data.signup).toEqual({
      __typename: 'RefusedError',
      code: 'REFUSED',
      message: 'Not from your network.',
    });
    hook.behaves(answering(500));
    const failed = await app.graphql(SIGN_UP, { input: NEWCOMER });
    expect(failed.data.signup.code).toBe('SERVICE_UNAVAILABLE');
    expect(await app.database.query('select 1 from auth.users')).toEqual([]);
  });

  test('give roles for as long as a token lasts, and may refuse to renew it', async () => {
    const { hook, app } = await startWith('custom_access_token');
    hook.behaves(({ payload: { claims } }) => ({
      claims: { ...claims, app_metadata: { roles: ['editor'] } },
    }));
    const ada = await app.signUp('ada');
    expect((await ada('{ me { roles } }')).data.me.roles).toEqual(['editor']);
    hook.behaves(() => NO);
    const refused = await app.graphql(REFRESH, { input: { refreshToken: ada.refreshToken } });
    expect(refused.data.refreshSession).toMatchObject({ code: 'REFUSED', message: 'Not from your network.' });
    hook.behaves(({ payload: { claims } }) => ({ claims }));
    const renewed = await app.graphql(REFRESH, { input: { refreshToken: ada.refreshToken } });
    expect(renewed.data.refreshSession.__typename).toBe('AuthSession');
  });

  test('hear of one attempt at a second factor, however many apps somebody has', async () => {
    const { hook, app } = await startWith('mfa_verification_attempt');
    hook.behaves(() => ({ decision: 'continue' }));
    const first = await app.signUp('ada');
    const phone = await addTotp(app, first, 'phone');
    app.clock.advance(1);
    const tablet = await addTotp(app, phone.person, 'tablet');
    app.clock.advance(30);
    const before = hook.calls.length;
    const attempt = async (code: string) => {
      const { data } = await app.graphql(LOG_IN, { input: { email: first.email, password: PASSWORD } });
      const { challengeId } = data.login;
      return (await app.graphql(VERIFY_MFA, { input: { challengeId, code } })).data.verifyMfa;
    };
    const wrong = wrongCode(tablet.secret, app.clock.now());
    expect((await attempt(codeOf(tablet.secret, app.clock.now()))).__typename).toBe('AuthSession');
    expect((await attempt(wrong)).code).toBe('INVALID_MFA_CODE');
    const heard = hook.calls.slice(before).map(({ payload: { factor_id, valid } }) => [factor_id, valid]);
    // A hook of Supabase's hears of each app that is tried.
    expect(heard).toEqual(
      MODE === 'supabase'
        ? [
            [phone.factorId, false],
            [tablet.factorId, true],
            [phone.factorId, false],
            [tablet.factorId, false],
          ]
        : [
            [tablet.factorId, true],
            [phone.factorId, false],
          ],
    );
    hook.behaves(() => ({ decision: 'reject', message: 'Call the help desk.' }));
    expect(await attempt(codeOf(phone.secret, app.clock.now()))).toMatchObject({
      code: 'REFUSED',
      message: 'Call the help desk.',
    });
  });

  test('refuse a password, known or unknown, in their own words', async () => {
    const { hook, app } = await startWith('password_verification_attempt');
    const ada = await app.signUp('ada');
    hook.behaves(() => ({ decision: 'reject', message: 'Wait a while.' }));
    for (const email of [ada.email, 'nobody@example.com']) {
      const { data } = await app.graphql(LOG_IN, { input: { email, password: PASSWORD } });
      expect(data.login).toEqual({
        __typename: 'InvalidCredentialsError',
        code: 'INVALID_CREDENTIALS',
        message: 'Wait a while.',
      });
    }
  });
});
