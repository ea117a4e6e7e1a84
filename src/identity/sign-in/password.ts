import type { Account } from '../account.ts';
import { type AttemptLimiter, countAttempt, tryCredential } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import { type ChangeLog, changing } from '../changes.ts';
import type { Client } from '../client.ts';
import type { Clock } from '../clock.ts';
import { contactOf, contactText, guessedAs, sendingTo } from '../contact.ts';
import { InvalidCredentialsError, ReauthenticationRequiredError } from '../errors.ts';
import { hasJustShown } from '../just-shown.ts';
import { assertOneProof, contactForCode, type ProofInput } from '../proof.ts';
import type { Person } from '../viewer.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { parseNonce } from './shown-code.ts';
import type { CodeSent, TextSent } from './sign-in-code.ts';

interface Needs {
  auth: AuthBackend;
  attempts: AttemptLimiter;
  client: Client;
}

/**
 * Asks for the current password or a code, so that a borrowed session cannot take the account over; a session that has just begun
 * by a code has shown as much. Ends the person's other sessions.
 *
 * @throws {InvalidCredentialsError} @throws {InvalidCodeError} @throws {ReauthenticationRequiredError} without either @throws {WeakPasswordError}
 * @throws {SamePasswordError} @throws {ValidationError} @throws {RateLimitedError}
 */
export async function changePassword(
  needs: Needs & { changes: ChangeLog; clock: Clock; passwordPolicy: PasswordPolicy },
  viewer: Person,
  input: ProofInput & { newPassword: string },
): Promise<Account> {
  const { auth, changes, passwordPolicy } = needs;
  const { currentPassword, nonce, newPassword } = input;
  const { accessToken, account } = viewer;
  const { id, email } = account;
  assertOneProof(input);
  if (currentPassword != null) {
    const contact = contactOf(account);
    if (!contact) throw new InvalidCredentialsError();
    return tryCredential(needs, 'password', guessedAs(account), () =>
      changing(changes, id, () =>
        auth.changePassword(accessToken, { contact, currentPassword, newPassword }),
      ),
    );
  }
  if (nonce != null) {
    const contact = contactForCode(viewer);
    passwordPolicy.assertStrong(newPassword, email);
    const code = parseNonce(nonce);
    return tryCredential(needs, 'verify', contactText(contact), () =>
      changing(changes, id, () => auth.codes.setPasswordByCode(accessToken, { contact, code, newPassword })),
    );
  }
  if (!hasJustShown(viewer.methods, needs.clock(), CODE_METHODS)) throw new ReauthenticationRequiredError();
  await countAttempt(needs, 'password');
  return changing(changes, id, () => auth.codes.setPassword(accessToken, newPassword));
}

/**
 * By mail, or by text message to somebody who has no address.
 * @throws {ValidationError} for somebody anonymous @throws {EmailNotConfirmedError} @throws {PhoneNotConfirmedError}
 * @throws {NotEnabledError} @throws {RateLimitedError}
 */
export async function requestReauthentication(needs: Needs, viewer: Person): Promise<CodeSent | TextSent> {
  const contact = contactForCode(viewer);
  await countAttempt(needs, 'send');
  await countAttempt(needs, sendingTo(contact), contactText(contact));
  await needs.auth.codes.sendReauthenticationCode(viewer.accessToken, contact);
  return 'email' in contact ? { codeSentTo: contact.email } : { textSentTo: contact.phone };
}

/** As access tokens name them (`amr`): `otp` of a code or a link, and the others of a link with PKCE. */
const CODE_METHODS = new Set(['otp', 'magiclink', 'recovery', 'email/signup', 'invite']);
