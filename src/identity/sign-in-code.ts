/** Sign-in by a code or a link: with no password, or with one that somebody forgot. */
import { type AttemptLimiter, countAttempt } from './attempts.ts';
import type { AuthBackend } from './auth-backend.ts';
import type { Client } from './client.ts';
import { parseEmailAddress } from './email-address.ts';
import { allValid } from './errors.ts';
import { assertMetadataFits, metadataFromProfile, type ProfileInput } from './profile.ts';
import { parseShownCode, type ShownCodeInput, tryCode } from './shown-code.ts';
import { finishSignIn, type SignedIn } from './sign-in.ts';

interface Needs {
  auth: AuthBackend;
  attempts: AttemptLimiter;
  client: Client;
}

/** A code and a link are on their way, if the address may have any: this does not say. */
export interface CodeSent {
  readonly codeSentTo: string;
}

/** @throws {ValidationError} @throws {MetadataTooLargeError} @throws {RateLimitedError} */
export async function requestSignInCode(
  needs: Needs,
  input: {
    email: string;
    createAccount: boolean;
    profile?: ProfileInput | null | undefined;
    redirectTo?: string | null | undefined;
  },
): Promise<CodeSent> {
  const [email, userMetadata] = allValid(
    () => parseEmailAddress(input.email),
    () => metadataFromProfile(input.profile ?? {}, ['profile']),
  );
  assertMetadataFits({}, userMetadata);
  await countAttempt(needs, 'send');
  await countAttempt(needs, 'mail', email);
  const recipient = { email, redirectTo: input.redirectTo ?? null };
  await needs.auth.codes.sendSignInCode(recipient, input.createAccount ? { userMetadata } : null);
  return { codeSentTo: email };
}

/** @throws {InvalidCodeError} @throws {AccountBannedError} @throws {ValidationError} @throws {RateLimitedError} */
export async function signInWithCode(needs: Needs, input: ShownCodeInput): Promise<SignedIn> {
  const shown = parseShownCode(input);
  const session = await tryCode(needs, shown, () => needs.auth.codes.signInWithCode('magiclink', shown));
  return finishSignIn(needs, session);
}
