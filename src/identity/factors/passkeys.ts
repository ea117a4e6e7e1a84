/** Passkeys: how somebody gets one, signs in by it, and keeps order among those they have. */
import type { Account } from '../account.ts';
import { type AttemptLimiter, countAttempt } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { Client } from '../client.ts';
import type { Clock } from '../clock.ts';
import { type FieldIssue, NotSupportedError, ValidationError } from '../errors.ts';
import type { ProofInput } from '../proof.ts';
import { finishSignIn, type SignedIn } from '../sign-in/sign-in.ts';
import { codePointsIn, isStorable } from '../text.ts';
import { isUuid } from '../uuid.ts';
import type { Person, Viewer } from '../viewer.ts';
import { changingFactors } from './factor-proof.ts';
import type { Passkey } from './passkey.ts';
import type { CeremonyAnswer, PasskeyCeremony } from './passkey-backend.ts';
import { PasskeyNotFoundError } from './passkey-errors.ts';

interface Needs {
  auth: AuthBackend;
  attempts: AttemptLimiter;
  client: Client;
}

type ProvingNeeds = Needs & { clock: Clock };

const MAX_NAME_CHARACTERS = 120;

/**
 * Asks who it is (see `changingFactors`): whoever has a passkey comes back without the session. What ends the ceremony answers a challenge that was
 * given to nobody else.
 * @throws {RateLimitedError} and as `PasskeyBackend.startRegistration`
 */
export async function startPasskeyRegistration(
  needs: ProvingNeeds,
  viewer: Person,
  input: ProofInput,
): Promise<PasskeyCeremony> {
  await countAttempt(needs, 'passkey');
  return changingFactors(needs, viewer, input, (proof) =>
    needs.auth.passkeys.startRegistration(viewer.accessToken, proof),
  );
}

/** @throws {ValidationError} @throws {RateLimitedError} and as `PasskeyBackend.finishRegistration` */
export async function finishPasskeyRegistration(
  needs: Needs,
  viewer: Person,
  { name: given, ...answer }: CeremonyAnswer & { name?: string | null | undefined },
): Promise<Passkey> {
  const name = given == null || given.trim() === '' ? null : parseName(given);
  await countAttempt(needs, 'passkey');
  const { passkeys } = needs.auth;
  const passkey = await passkeys.finishRegistration(viewer.accessToken, answer);
  return name === null ? passkey : passkeys.rename(viewer.accessToken, passkey.id, name);
}

/** @throws {RateLimitedError} @throws {NotSupportedError} */
export async function startPasskeySignIn(needs: Needs): Promise<PasskeyCeremony> {
  await countAttempt(needs, 'passkey');
  return needs.auth.passkeys.startSignIn();
}

/**
 * A passkey that verifies its user is two factors by itself (NIST SP 800-63B-4, section 3.1.7), and yet somebody who set up a second factor is
 * asked for it here as in every other way in: the token is AAL1 either way, as Supabase's is, and a passkey from before the factor (put there
 * by whoever knew the password, say) must not be a way round it.
 *
 * @throws {RateLimitedError} and as `PasskeyBackend.finishSignIn`
 */
export async function finishPasskeySignIn(needs: Needs, answer: CeremonyAnswer): Promise<SignedIn> {
  await countAttempt(needs, 'passkey');
  const session = await needs.auth.passkeys.finishSignIn(answer);
  return finishSignIn(needs, session);
}

/** The account's, the oldest first. None where the auth server knows no passkeys. */
export async function passkeysOf(
  { auth }: { auth: AuthBackend },
  viewer: Viewer,
  { id }: Account,
): Promise<Passkey[]> {
  const isOwn = viewer.kind === 'person' && viewer.account.id === id;
  try {
    return await (isOwn ? auth.passkeys.findOwn(viewer.accessToken) : auth.passkeys.findOf(id));
  } catch (error) {
    if (error instanceof NotSupportedError) return [];
    throw error;
  }
}

/** @throws {ValidationError} @throws {PasskeyNotFoundError} @throws {NotSupportedError} */
export async function renamePasskey(
  { auth }: { auth: AuthBackend },
  viewer: Person,
  { id, name }: { id: string; name: string },
): Promise<Passkey> {
  return auth.passkeys.rename(viewer.accessToken, parseId(id), parseName(name));
}

/** Asks who it is. @throws {PasskeyNotFoundError} @throws {AssuranceRequiredError} @throws {NotSupportedError} and what `changingFactors` does */
export async function removePasskey(
  needs: ProvingNeeds,
  viewer: Person,
  { id: given, ...input }: ProofInput & { id: string },
): Promise<void> {
  const id = parseId(given);
  await changingFactors(needs, viewer, input, (proof) =>
    needs.auth.passkeys.remove(viewer.accessToken, id, proof),
  );
}

/** It becomes part of a path: what is no id must not get that far. */
function parseId(id: string): string {
  if (!isUuid(id)) throw new PasskeyNotFoundError();
  return id;
}

function parseName(given: string): string {
  const name = given.trim();
  const issue = (code: string, message: string): FieldIssue => ({ path: ['name'], code, message });
  if (name === '') throw new ValidationError([issue('INVALID_FORMAT', 'A name needs a character.')]);
  if (codePointsIn(name) > MAX_NAME_CHARACTERS) {
    throw new ValidationError([issue('TOO_LONG', `At most ${MAX_NAME_CHARACTERS} characters.`)]);
  }
  if (!isStorable(name)) {
    throw new ValidationError([issue('INVALID_CHARACTER', 'This cannot be stored.')]);
  }
  return name;
}
