import type { AttemptLimiter } from './attempts.ts';
import type { AuthBackend } from './auth-backend.ts';
import type { Client } from './client.ts';
import { parseEmailAddress } from './email-address.ts';
import { RateLimitedError } from './errors.ts';
import { assertMetadataFits, metadataFromProfile, type ProfileInput } from './profile.ts';
import type { Session } from './session.ts';

/** The address must be confirmed before anybody can sign in with it. Says nothing about whether it was free. */
export interface EmailConfirmationSent {
  readonly email: string;
}

/** @throws {ValidationError} @throws {EmailTakenError} @throws {WeakPasswordError} @throws {RateLimitedError} */
export async function signUp(
  { auth, attempts, client }: { auth: AuthBackend; attempts: AttemptLimiter; client: Client },
  input: { email: string; password: string; profile?: ProfileInput | null | undefined },
): Promise<Session | EmailConfirmationSent> {
  const email = parseEmailAddress(input.email);
  const userMetadata = metadataFromProfile(input.profile ?? {}, ['profile']);
  assertMetadataFits({}, userMetadata);
  const wait = await attempts.attempt('signup', { address: client.address, account: email });
  if (wait) throw new RateLimitedError(wait.retryAfterSeconds);
  return (await auth.signUp({ email, password: input.password, userMetadata })) ?? { email };
}
