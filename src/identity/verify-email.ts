/** The confirmation of an address that somebody signed up with. */
import { type AttemptLimiter, countAttempt } from './attempts.ts';
import type { AuthBackend } from './auth-backend.ts';
import type { Client } from './client.ts';
import { parseEmailAddress } from './email-address.ts';
import { parseShownCode, type ShownCodeInput, tryCode } from './shown-code.ts';
import { finishSignIn, type SignedIn } from './sign-in.ts';
import type { EmailConfirmationSent } from './sign-up.ts';

interface Needs {
  auth: AuthBackend;
  attempts: AttemptLimiter;
  client: Client;
}

/** @throws {InvalidCodeError} @throws {AccountBannedError} @throws {ValidationError} @throws {RateLimitedError} */
export async function verifyEmail(needs: Needs, input: ShownCodeInput): Promise<SignedIn> {
  const shown = parseShownCode(input);
  const session = await tryCode(needs, shown, () => needs.auth.codes.signInWithCode('signup', shown));
  return finishSignIn(needs, session);
}

/** Says nothing about whether there was anything to confirm. @throws {ValidationError} @throws {RateLimitedError} */
export async function resendVerification(
  needs: Needs,
  input: { email: string; redirectTo?: string | null | undefined },
): Promise<EmailConfirmationSent> {
  const email = parseEmailAddress(input.email);
  await countAttempt(needs, 'send');
  await countAttempt(needs, 'mail', email);
  await needs.auth.codes.resendConfirmation({ email, redirectTo: input.redirectTo ?? null });
  return { confirmationSentTo: email };
}
