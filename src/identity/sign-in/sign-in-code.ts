/** Sign-in by a code or a link: with no password, or with one that somebody forgot. */
import { type AttemptLimiter, countAttempt, tryCredential } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { Client } from '../client.ts';
import { type ContactInput, parseContact } from '../contact.ts';
import { allValid, ValidationError } from '../errors.ts';
import { assertMetadataFits, metadataFromProfile, type ProfileInput } from '../own-account/profile.ts';
import { parsePhoneNumber } from '../phone-number.ts';
import { pauseMessages } from './message-pause.ts';
import { parseCode, parseShownCode, type ShownCodeInput, tryCode } from './shown-code.ts';
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

/** The same by text message: a code alone. */
export interface TextSent {
  readonly textSentTo: string;
}

/**
 * By mail or by text message, to whichever of the two is given.
 * @throws {ValidationError} @throws {MetadataTooLargeError} @throws {NotEnabledError} @throws {RateLimitedError}
 */
export async function requestSignInCode(
  needs: Needs,
  input: ContactInput & {
    createAccount: boolean;
    profile?: ProfileInput | null | undefined;
    redirectTo?: string | null | undefined;
  },
): Promise<CodeSent | TextSent> {
  const [to, userMetadata] = allValid(
    () => parseContact(input),
    () => metadataFromProfile(input.profile ?? {}, ['profile']),
  );
  assertMetadataFits({}, userMetadata);
  await countAttempt(needs, 'send');
  await pauseMessages(needs, to);
  const newAccount = input.createAccount ? { userMetadata } : null;
  if ('phone' in to) {
    await needs.auth.addresses.sendSignInText(to.phone, newAccount);
    return { textSentTo: to.phone };
  }
  const recipient = { email: to.email, redirectTo: input.redirectTo ?? null };
  await needs.auth.codes.sendSignInCode(recipient, newAccount);
  return { codeSentTo: to.email };
}

/** @throws {InvalidCodeError} @throws {AccountBannedError} @throws {ValidationError} @throws {RateLimitedError} */
export async function signInWithCode(
  needs: Needs,
  input: ShownCodeInput & { phone?: string | null | undefined },
): Promise<SignedIn> {
  if (input.phone != null) return signInWithText(needs, { ...input, phone: input.phone });
  const shown = parseShownCode(input);
  const session = await tryCode(needs, shown, () => needs.auth.codes.signInWithCode('magiclink', shown));
  return finishSignIn(needs, session);
}

async function signInWithText(needs: Needs, input: ShownCodeInput & { phone: string }): Promise<SignedIn> {
  if (input.code == null || input.email != null || input.tokenHash != null) {
    const message = 'Give `phone` together with `code`, and nothing else.';
    throw new ValidationError([{ path: [], code: 'CHOOSE_ONE', message }]);
  }
  const [phone, code] = [parsePhoneNumber(input.phone), parseCode(input.code)];
  const session = await tryCredential(needs, 'verify', phone, () =>
    needs.auth.addresses.signInWithText('magiclink', { phone, code }),
  );
  return finishSignIn(needs, session);
}
