/** What hooks of the auth server come to in GraphQL, wherever that server is. */
import { describe, expect, test } from 'vitest';
import type { HookName } from '../../src/adapters/hooks/hook.ts';
import { createTestApp, PASSWORD } from '../support/app.ts';
import { answering, startHookReceiver } from '../support/hook-receiver.ts';

const SIGN_UP = `mutation ($input: SignupInput!) {
  signup(input: $input) { __typename ... on AuthSession { accessToken } ... on UserError { code message } }
}`;
const LOG_IN = `mutation ($input: LoginInput!) {
  login(input: $input) { __typename ... on AuthSession { accessToken refreshToken } ... on UserError { code message } }
}`;
const REFRESH = `mutation ($input: RefreshSessionInput!) {
  refreshSession(input: $input) { __typename ... on AuthSession { accessToken } ... on UserError { code message } }
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
