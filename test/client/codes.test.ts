import { expect, test } from 'vitest';
import { PASSWORD } from '../support/app.ts';
import { createClientTestApp } from './client-test-app.ts';

const EMAIL = 'ada@example.com';
const NEW_PASSWORD = 'quite another good password';

test('what comes by mail signs the person in, and the session is kept', async () => {
  const app = await createClientTestApp({ env: { EMAIL_CONFIRMATION: 'on' } });
  const client = app.client();
  const code = async () => (await app.messagesTo(EMAIL))[0]!.code!;

  const signup = await client.signup({ email: EMAIL, password: PASSWORD });
  expect(signup).toEqual({ __typename: 'EmailConfirmationSent', email: EMAIL });
  expect(await client.getSession()).toBeNull();
  await client.resendVerification({ email: EMAIL });
  expect((await client.verifyEmail({ email: EMAIL, code: await code() })).__typename).toBe('AuthSession');
  expect((await client.me())?.email).toBe(EMAIL);

  const elsewhere = app.client();
  await elsewhere.requestSignInCode({ email: EMAIL });
  await elsewhere.signInWithCode({ email: EMAIL, code: await code() });
  expect((await elsewhere.me())?.email).toBe(EMAIL);

  expect(await client.requestReauthentication()).toEqual({ __typename: 'CodeSent', email: EMAIL });
  const changed = await client.changePassword({ nonce: await code(), newPassword: NEW_PASSWORD });
  expect(changed.__typename).toBe('PasswordChanged');

  const lost = app.client();
  await lost.requestPasswordReset({ email: EMAIL });
  await lost.resetPassword({ email: EMAIL, code: await code(), newPassword: PASSWORD });
  expect(lost.events).toEqual(['SIGNED_IN']);
  expect((await lost.me())?.email).toBe(EMAIL);
});
