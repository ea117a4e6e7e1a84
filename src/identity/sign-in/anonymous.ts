import { type AttemptLimiter, countAttempt } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { Client } from '../client.ts';
import { assertMetadataFits, metadataFromProfile, type ProfileInput } from '../own-account/profile.ts';
import { finishSignIn, type SignedIn } from './sign-in.ts';

/** @throws {NotEnabledError} @throws {SignupDisabledError} @throws {ValidationError} @throws {RateLimitedError} */
export async function signInAnonymously(
  needs: { auth: AuthBackend; attempts: AttemptLimiter; client: Client },
  input: { profile?: ProfileInput | null | undefined },
): Promise<SignedIn> {
  const userMetadata = metadataFromProfile(input.profile ?? {}, ['profile']);
  assertMetadataFits({}, userMetadata);
  await countAttempt(needs, 'anonymous');
  return finishSignIn(needs, await needs.auth.anonymous.signIn(userMetadata));
}
