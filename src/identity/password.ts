import type { Account } from './account.ts';
import { type AttemptLimiter, countAttempt, tryCredential } from './attempts.ts';
import type { AuthBackend } from './auth-backend.ts';
import { type ChangeLog, changing } from './changes.ts';
import type { Client } from './client.ts';
import type { Clock } from './clock.ts';
import { InvalidCredentialsError, ReauthenticationRequiredError, ValidationError } from './errors.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { parseCode } from './shown-code.ts';
import type { CodeSent } from './sign-in-code.ts';
import type { Person } from './viewer.ts';

interface Needs {
  auth: AuthBackend;
  attempts: AttemptLimiter;
  client: Client;
}

/**
 * Asks for the current password or a code by mail, so that a borrowed session cannot take the account over; a session that has just begun
 * by a code has shown as much. Ends the person's other sessions.
 *
 * @throws {InvalidCredentialsError} @throws {InvalidCodeError} @throws {ReauthenticationRequiredError} without either @throws {WeakPasswordError}
 * @throws {SamePasswordError} @throws {ValidationError} @throws {RateLimitedError}
 */
export async function changePassword(
  needs: Needs & { changes: ChangeLog; clock: Clock; passwordPolicy: PasswordPolicy },
  viewer: Person,
  input: {
    currentPassword?: string | null | undefined;
    nonce?: string | null | undefined;
    newPassword: string;
  },
): Promise<Account> {
  const { auth, changes, passwordPolicy } = needs;
  const { currentPassword, nonce, newPassword } = input;
  const { accessToken, account } = viewer;
  const { id, email } = account;
  if (currentPassword != null && nonce != null) {
    throw new ValidationError([
      { path: [], code: 'CHOOSE_ONE', message: 'Give `currentPassword` or `nonce`, not both.' },
    ]);
  }
  if (currentPassword != null) {
    if (!email) throw new InvalidCredentialsError();
    return tryCredential(needs, 'password', email, () =>
      changing(changes, id, () => auth.changePassword(accessToken, { email, currentPassword, newPassword })),
    );
  }
  if (nonce != null) {
    const address = addressOf(viewer);
    passwordPolicy.assertStrong(newPassword, email);
    const code = parseCode(nonce);
    return tryCredential(needs, 'verify', address, () =>
      changing(changes, id, () =>
        auth.codes.setPasswordByCode(accessToken, { email: address, code, newPassword }),
      ),
    );
  }
  if (!hasJustShownACode(viewer, needs.clock())) throw new ReauthenticationRequiredError();
  await countAttempt(needs, 'password');
  return changing(changes, id, () => auth.codes.setPassword(accessToken, newPassword));
}

/** @throws {ValidationError} for somebody without an address @throws {EmailNotConfirmedError} @throws {RateLimitedError} */
export async function requestReauthentication(needs: Needs, viewer: Person): Promise<CodeSent> {
  const email = addressOf(viewer);
  await countAttempt(needs, 'send');
  await countAttempt(needs, 'mail', email);
  await needs.auth.codes.sendReauthenticationCode(viewer.accessToken, email);
  return { codeSentTo: email };
}

/** How long a sign-in by code stands for a password. Long enough to think of a new one. */
export const JUST_MS = 15 * 60_000;

/** A session's methods outlive its tokens, so what counts is when the code was shown, and not when the token was issued. */
function hasJustShownACode({ methods }: Person, now: Date): boolean {
  return methods.some(
    ({ method, timestamp }) => CODE_METHODS.has(method) && now.getTime() - timestamp * 1000 < JUST_MS,
  );
}

/** As access tokens name them (`amr`): `otp` of a code or a link, and the others of a link with PKCE. */
const CODE_METHODS = new Set(['otp', 'magiclink', 'recovery', 'email/signup', 'invite']);

function addressOf({ account }: Person): string {
  if (account.email) return account.email;
  const message = 'The account has no e-mail address that a code could go to.';
  throw new ValidationError([{ path: [], code: 'NOT_ACCEPTED', message }]);
}
