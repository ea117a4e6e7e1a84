/** The confirmation of an address that somebody signed up with. */
import { type AttemptLimiter, countAttempt } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { Client } from '../client.ts';
import { type ContactInput, contactText, parseContact, sendingTo } from '../contact.ts';
import { parseShownCode, type ShownCodeInput, tryCode } from './shown-code.ts';
import { finishSignIn, type SignedIn } from './sign-in.ts';
import { type ConfirmationSent, confirmationSent } from './sign-up.ts';

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

/** Says nothing about whether there was anything to confirm. @throws {ValidationError} @throws {NotEnabledError} @throws {RateLimitedError} */
export async function resendVerification(
  needs: Needs,
  input: ContactInput & { redirectTo?: string | null | undefined },
): Promise<ConfirmationSent> {
  const contact = parseContact(input);
  await countAttempt(needs, 'send');
  await countAttempt(needs, sendingTo(contact), contactText(contact));
  if ('phone' in contact) await needs.auth.addresses.resendSignUpText(contact.phone);
  else await needs.auth.codes.resendConfirmation({ ...contact, redirectTo: input.redirectTo ?? null });
  return confirmationSent(contact);
}
