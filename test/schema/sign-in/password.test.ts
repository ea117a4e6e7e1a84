import { describe, expect, test } from 'vitest';
import { createTestApp, PASSWORD } from '../../support/app.ts';

const CHANGE = `mutation ($input: ChangePasswordInput!) {
  changePassword(input: $input) {
    __typename
    ... on PasswordChanged { user { id } }
    ... on UserError { code }
    ... on WeakPasswordError { reasons }
  }
}`;

const LOG_IN = `mutation ($input: LoginInput!) { login(input: $input) { ... on AuthSession { user { id } } ... on UserError { code } } }`;
const NEW_PASSWORD = 'a wholly different phrase';

describe('changePassword', () => {
  test('changes it, keeps this session, and ends all others', async () => {
    const app = await createTestApp();
    const phone = await app.signUp('ada');
    const laptop = await app.logIn(phone.email);
    const { data } = await laptop(CHANGE, {
      input: { currentPassword: PASSWORD, newPassword: NEW_PASSWORD },
    });
    expect(data.changePassword).toEqual({ __typename: 'PasswordChanged', user: { id: phone.id } });
    expect((await laptop('{ me { id } }')).data.me.id).toBe(phone.id);
    expect((await phone('{ me { id } }')).status).toBe(401);
    expect(await app.database.query('select id from auth.sessions')).toEqual([{ id: laptop.sessionId }]);
    const old = await app.graphql(LOG_IN, { input: { email: phone.email, password: PASSWORD } });
    expect(old.data.login.code).toBe('INVALID_CREDENTIALS');
    expect((await app.logIn(phone.email, NEW_PASSWORD)).id).toBe(phone.id);
  });

  test('asks for the current password, and changes nothing without it', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const other = await app.logIn(ada.email);
    const { data } = await ada(CHANGE, { input: { currentPassword: 'a guess', newPassword: NEW_PASSWORD } });
    expect(data.changePassword.code).toBe('INVALID_CREDENTIALS');
    expect((await other('{ me { id } }')).data.me.id).toBe(ada.id);
    expect((await app.logIn(ada.email)).id).toBe(ada.id);
  });

  test.each(['', ' - '])('takes no code without anything in it for a proof (%j)', async (nonce) => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const { data } = await ada(CHANGE, { input: { nonce, newPassword: NEW_PASSWORD } });
    expect(data.changePassword.code).toBe('INVALID_CODE');
    expect((await app.logIn(ada.email)).id).toBe(ada.id);
  });

  test.each([
    ['the current one', PASSWORD, { code: 'SAME_PASSWORD' }],
    ['too short', 'short', { code: 'WEAK_PASSWORD', reasons: ['LENGTH'] }],
  ])(
    'refuses a new password that is %s, and leaves no session behind',
    async (_what, newPassword, outcome) => {
      const app = await createTestApp();
      const ada = await app.signUp('ada');
      const { data } = await ada(CHANGE, { input: { currentPassword: PASSWORD, newPassword } });
      expect(data.changePassword).toMatchObject(outcome);
      expect(await app.database.query('select id from auth.sessions')).toEqual([{ id: ada.sessionId }]);
    },
  );
});
