/** The confirmation of a number that somebody signed up with. */
import { type AttemptLimiter, tryCredential } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { Client } from '../client.ts';
import { parsePhoneNumber } from '../phone-number.ts';
import { parseCode } from './shown-code.ts';
import { finishSignIn, type SignedIn } from './sign-in.ts';

/** @throws {InvalidCodeError} @throws {AccountBannedError} @throws {ValidationError} @throws {RateLimitedError} */
export async function verifyPhone(
  needs: { auth: AuthBackend; attempts: AttemptLimiter; client: Client },
  input: { phone: string; code: string },
): Promise<SignedIn> {
  const shown = { phone: parsePhoneNumber(input.phone), code: parseCode(input.code) };
  const session = await tryCredential(needs, 'verify', shown.phone, () =>
    needs.auth.addresses.signInWithText('signup', shown),
  );
  return finishSignIn(needs, session);
}
