import { describe, expect, test } from 'vitest';
import { createTestApp, MODE, PASSWORD } from '../../support/app.ts';

const SIGN_IN = `mutation ($input: SignInAnonymouslyInput) {
  signInAnonymously(input: $input) {
    __typename
    ... on AuthSession { accessToken refreshToken user { id email isAnonymous displayName createdAt } }
    ... on UserError { code }
    ... on ValidationError { issues { path } }
  }
}`;
const CHANGE_EMAIL = `mutation ($input: ChangeEmailInput!) {
  changeEmail(input: $input) { __typename ... on User { id email isAnonymous emailVerified } ... on UserError { code } }
}`;
const env = { EXTERNAL_ANONYMOUS_USERS_ENABLED: 'on' };

describe('signInAnonymously', () => {
  test('makes an account without an address, which becomes a full one and keeps its id', async () => {
    const app = await createTestApp({ env });
    const statements = await app.statementsDuring(() => app.graphql(SIGN_IN));
    // In front of Supabase what happens is recorded here too.
    expect(statements).toHaveLength(MODE === 'supabase' ? 3 : 2);
    const { data } = await app.graphql(SIGN_IN, { input: { profile: { displayName: 'Guest' } } });
    expect(data.signInAnonymously).toMatchObject({
      __typename: 'AuthSession',
      user: { email: null, isAnonymous: true, displayName: 'Guest' },
    });
    const guest = app.person(data.signInAnonymously);
    expect((await guest('{ me { id isAnonymous } }')).data.me).toEqual({ id: guest.id, isAnonymous: true });

    const changed = await guest(CHANGE_EMAIL, { input: { email: 'Guest@Example.com' } });
    expect(changed.data.changeEmail).toEqual({
      __typename: 'User',
      id: guest.id,
      email: 'guest@example.com',
      isAnonymous: false,
      emailVerified: true,
    });
    // The token is from before, and this is seen all the same.
    expect((await guest('{ me { isAnonymous email } }')).data.me).toEqual({
      isAnonymous: false,
      email: 'guest@example.com',
    });
    await app.admin.updateUserById(guest.id, { password: PASSWORD });
    expect((await app.logIn('guest@example.com')).id).toBe(guest.id);
  });

  test('is refused where the operator has not turned it on, and where nobody may sign up', async () => {
    const off = await createTestApp();
    expect((await off.graphql(SIGN_IN)).data.signInAnonymously).toEqual({
      __typename: 'NotEnabledError',
      code: 'NOT_ENABLED',
    });
    const closed = await createTestApp({ env: { ...env, DISABLE_SIGNUP: 'on' } });
    expect((await closed.graphql(SIGN_IN)).data.signInAnonymously.code).toBe('SIGNUP_DISABLED');
  });

  test('refuses a profile that is none, and makes no account', async () => {
    const app = await createTestApp({ env });
    const { data } = await app.graphql(SIGN_IN, { input: { profile: { avatarUrl: 'no address' } } });
    expect(data.signInAnonymously).toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [{ path: ['profile', 'avatarUrl'] }],
    });
    expect(await app.database.query('select id from auth.users')).toEqual([]);
  });
});
