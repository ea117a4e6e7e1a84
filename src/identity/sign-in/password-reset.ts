/** A new password for somebody who lost theirs: the mailbox stands for it, and a second factor, where there is one, is asked for all the same. */
import { type AttemptLimiter, countAttempt } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import { type ChangeLog, changing } from '../changes.ts';
import type { Client } from '../client.ts';
import { parseEmailAddress } from '../email-address.ts';
import { SamePasswordError } from '../errors.ts';
import type { Session } from '../sessions/session.ts';
import type { CodePurpose } from './codes-backend.ts';
import { pauseMessages } from './message-pause.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { parseShownCode, type ShownCodeInput, tryCode } from './shown-code.ts';
import { finishSignIn, type SignedIn } from './sign-in.ts';
import type { CodeSent } from './sign-in-code.ts';

interface Needs {
  auth: AuthBackend;
  attempts: AttemptLimiter;
  client: Client;
}

/** Says nothing about whether the address has an account. @throws {ValidationError} @throws {RateLimitedError} */
export async function requestPasswordReset(
  needs: Needs,
  input: { email: string; redirectTo?: string | null | undefined },
): Promise<CodeSent> {
  const email = parseEmailAddress(input.email);
  await countAttempt(needs, 'send');
  await pauseMessages(needs, { email });
  await needs.auth.codes.sendRecoveryCode({ email, redirectTo: input.redirectTo ?? null });
  return { codeSentTo: email };
}

/**
 * Signs in by the code and sets the password. With a second factor still to be shown the password stays: when that is done, the new
 * session may set it, since it began by a code (`changePassword`).
 *
 * @throws {WeakPasswordError} before the code is used @throws {InvalidCodeError} @throws {AccountBannedError} @throws {ValidationError}
 * @throws {ManagedElsewhereError} @throws {RateLimitedError}
 */
export async function resetPassword(
  needs: NeedsForPassword,
  input: ShownCodeInput & { newPassword: string },
): Promise<SignedIn> {
  return signInAndSetPassword(needs, 'recovery', input);
}

export type NeedsForPassword = Needs & { changes: ChangeLog; passwordPolicy: PasswordPolicy };

/** As `resetPassword`, by whatever was sent for it. */
export async function signInAndSetPassword(
  needs: NeedsForPassword,
  purpose: CodePurpose,
  input: ShownCodeInput & { newPassword: string },
): Promise<SignedIn> {
  const { auth, changes, passwordPolicy } = needs;
  const { newPassword } = input;
  const shown = parseShownCode(input);
  passwordPolicy.assertStrong(newPassword, 'email' in shown ? shown.email : null);
  const session = await tryCode(needs, shown, () => auth.codes.signInWithCode(purpose, shown));
  const { id } = session.account;
  const outcome = await finishSignIn(needs, session);
  if (!isSession(outcome)) return outcome;
  const account = await changing(changes, id, () => setPassword(auth, session, newPassword));
  return { ...outcome, account };
}

async function setPassword(auth: AuthBackend, session: Session, newPassword: string) {
  try {
    return await auth.codes.setPassword(session.accessToken, newPassword);
  } catch (error) {
    // They remembered it after all. Whoever else is signed in leaves as with any other.
    const isSame = error instanceof SamePasswordError;
    // With any other refusal nobody gets the session that the code began.
    await auth.signOut(session.accessToken, isSame ? 'others' : 'local');
    if (isSame) return session.account;
    throw error;
  }
}

const isSession = (outcome: SignedIn): outcome is Session => 'accessToken' in outcome;
