import { type AttemptLimiter, countAttempt } from './attempts.ts';
import type { AuthBackend } from './auth-backend.ts';
import type { Client } from './client.ts';
import { parseEmailAddress } from './email-address.ts';
import { allValid } from './errors.ts';
import { assertMetadataFits, metadataFromProfile, type ProfileInput } from './profile.ts';
import type { Session } from './session.ts';

/** The address must be confirmed before anybody can sign in with it. Says nothing about whether it was free. */
export interface EmailConfirmationSent {
  readonly confirmationSentTo: string;
}

/** @throws {ValidationError} @throws {EmailTakenError} @throws {WeakPasswordError} @throws {RateLimitedError} */
export async function signUp(
  needs: { auth: AuthBackend; attempts: AttemptLimiter; client: Client },
  input: { email: string; password: string; profile?: ProfileInput | null | undefined },
): Promise<Session | EmailConfirmationSent> {
  const [email, userMetadata] = allValid(
    () => parseEmailAddress(input.email),
    () => metadataFromProfile(input.profile ?? {}, ['profile']),
  );
  assertMetadataFits({}, userMetadata);
  await countAttempt(needs, 'signup');
  const session = await needs.auth.signUp({ email, password: input.password, userMetadata });
  if (session) return session;
  if (!needs.auth.pausesSignUpMail) await countAttempt(needs, 'mail', email);
  return { confirmationSentTo: email };
}
