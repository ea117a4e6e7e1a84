/** Second factors: at sign-in, in the middle of a session, and how they come and go. */

import { type AttemptLimiter, countAttempt, tryCredential } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import { type ChangeLog, changing } from '../changes.ts';
import type { Client } from '../client.ts';
import type { Clock } from '../clock.ts';
import { DeniedError } from '../denial.ts';
import { RateLimitedError, ValidationError } from '../errors.ts';
import type { ProofInput } from '../proof.ts';
import type { Session } from '../sessions/session.ts';
import { totpFactorIds } from '../sign-in/sign-in.ts';
import { type ClaimedChallenge, hashOfChallengeId, unseal } from '../sign-in/sign-in-challenge.ts';
import { codePointsIn, isStorable } from '../text.ts';
import { isUuid } from '../uuid.ts';
import type { Person } from '../viewer.ts';
import { verifiedFactors } from './factor.ts';
import type { TotpEnrolment } from './factor-backend.ts';
import { FactorNotFoundError, InvalidMfaCodeError, MfaChallengeExpiredError } from './factor-errors.ts';
import { changingFactors } from './factor-proof.ts';

interface Needs {
  auth: AuthBackend;
  attempts: AttemptLimiter;
  changes: ChangeLog;
  client: Client;
}

type ProvingNeeds = Needs & { clock: Clock };

/**
 * Finishes a sign-in. A challenge has one answer at a time, five in all, and one that is right.
 * @throws {InvalidMfaCodeError} @throws {MfaChallengeExpiredError} @throws {RateLimitedError} @throws {NotSupportedError}
 */
export async function verifyMfa(
  needs: Needs,
  { challengeId, code }: { challengeId: string; code: string },
): Promise<Session> {
  const { signInChallenges } = needs.auth;
  const idHash = hashOfChallengeId(challengeId);
  const challenge = await signInChallenges.claim(idHash);
  if (challenge === 'busy') throw new RateLimitedError(1);
  if (!challenge) {
    await countAttempt(needs, 'mfa');
    throw new MfaChallengeExpiredError();
  }
  try {
    const session = await answer(needs, challenge, challengeId, code);
    await signInChallenges.remove(idHash);
    return session;
  } catch (error) {
    const isOver = error instanceof MfaChallengeExpiredError;
    await (isOver ? signInChallenges.remove(idHash) : signInChallenges.release(idHash));
    throw error;
  }
}

async function answer(
  needs: Needs,
  { userId, sealed, attemptsLeft }: ClaimedChallenge,
  challengeId: string,
  code: string,
): Promise<Session> {
  const { accessToken, totpFactorIds } = unseal(challengeId, sealed);
  try {
    return await showFactor(needs, userId, () => tryCode(needs, accessToken, code, totpFactorIds));
  } catch (error) {
    // The session ended meanwhile: the person finished another sign-in, say, which ends all that are half-way.
    if (error instanceof DeniedError) throw new MfaChallengeExpiredError();
    if (!(error instanceof InvalidMfaCodeError) || attemptsLeft > 0) throw error;
    await needs.auth.signOut(accessToken, 'local');
    throw new MfaChallengeExpiredError();
  }
}

/**
 * Raises the viewer's session to aal2: the same session, with other tokens.
 * @throws {InvalidMfaCodeError} @throws {FactorNotFoundError} for somebody without a factor @throws {RateLimitedError} @throws {NotSupportedError}
 */
export async function stepUp(needs: Needs, viewer: Person, { code }: { code: string }): Promise<Session> {
  const account = await needs.auth.findOwnAccount(viewer.accessToken);
  if (!account) throw new DeniedError('UNAUTHENTICATED');
  const factors = verifiedFactors(account.record?.factors);
  if (factors.length === 0) throw new FactorNotFoundError();
  return showFactor(needs, account.id, () =>
    tryCode(needs, viewer.accessToken, code, totpFactorIds(factors)),
  );
}

/**
 * Asks who it is (see `changingFactors`): whoever has added a factor keeps the owner out.
 * @throws {AssuranceRequiredError} @throws {FactorNameTakenError} @throws {TooManyFactorsError} @throws {ValidationError} and what `changingFactors` does
 */
export async function enrollTotp(
  needs: ProvingNeeds,
  viewer: Person,
  input: ProofInput & { name?: string | null | undefined },
): Promise<TotpEnrolment> {
  const name = parseName(input.name ?? DEFAULT_NAME);
  return changingFactors(needs, viewer, input, (proof) =>
    changing(needs.changes, viewer.account.id, () =>
      needs.auth.factors.enrollTotp(viewer.accessToken, { name, proof }),
    ),
  );
}

/**
 * Finishes an enrolment.
 * @throws {InvalidMfaCodeError} @throws {FactorNotFoundError} @throws {AssuranceRequiredError} @throws {RateLimitedError}
 */
export async function verifyTotp(
  needs: Needs,
  viewer: Person,
  { factorId, code }: { factorId: string; code: string },
): Promise<Session> {
  assertFactorId(factorId);
  return showFactor(needs, viewer.account.id, () =>
    needs.auth.factors.verifyTotp(viewer.accessToken, { factorId, code: withoutSeparators(code) }),
  );
}

/** Asks who it is. @throws {FactorNotFoundError} @throws {AssuranceRequiredError} @throws {LastFactorError} and what `changingFactors` does */
export async function removeFactor(
  needs: ProvingNeeds,
  viewer: Person,
  { factorId, ...input }: ProofInput & { factorId: string },
): Promise<void> {
  assertFactorId(factorId);
  await changingFactors(needs, viewer, input, (proof) =>
    changing(needs.changes, viewer.account.id, () =>
      needs.auth.factors.removeFactor(viewer.accessToken, factorId, proof),
    ),
  );
}

/**
 * Ten of them, in groups of four characters; those there were are over. Asks who it is.
 * @throws {AssuranceRequiredError} @throws {NotSupportedError} and what `changingFactors` does
 */
export async function generateRecoveryCodes(
  needs: ProvingNeeds,
  viewer: Person,
  input: ProofInput,
): Promise<readonly string[]> {
  const codes = await changingFactors(needs, viewer, input, (proof) =>
    changing(needs.changes, viewer.account.id, () =>
      needs.auth.factors.generateRecoveryCodes(viewer.accessToken, proof),
    ),
  );
  return codes.map((code) => code.match(/.{1,4}/g)?.join('-') ?? code);
}

/** Counts by person, wherever a code of theirs is asked for; what other sessions of theirs there were may be over. */
function showFactor(needs: Needs, userId: string, work: () => Promise<Session>): Promise<Session> {
  return tryCredential(needs, 'mfa', userId, () => changing(needs.changes, userId, work));
}

/** Six digits are a code of an app, of whichever the person has; anything else can only be a recovery code. */
async function tryCode(
  { auth }: Needs,
  accessToken: string,
  text: string,
  totpFactorIds: readonly string[],
): Promise<Session> {
  const code = withoutSeparators(text);
  if (!/^\d{6}$/.test(code)) return auth.factors.verifyRecoveryCode(accessToken, code);
  return auth.factors.verifyAnyTotp(accessToken, { factorIds: totpFactorIds, code });
}

const DEFAULT_NAME = 'Authenticator app';
const MAX_NAME_CHARACTERS = 100;
/** More than any code has; no server needs to look at a longer text. */
const MAX_CODE_CHARACTERS = 64;

function withoutSeparators(code: string): string {
  const bare = code.slice(0, 2 * MAX_CODE_CHARACTERS).replace(/[\s-]/g, '');
  if (bare.length === 0 || bare.length > MAX_CODE_CHARACTERS || !isStorable(bare))
    throw new InvalidMfaCodeError();
  return bare;
}

function parseName(text: string): string {
  const name = text.trim();
  const refuse = (code: string, message: string) => new ValidationError([{ path: ['name'], code, message }]);
  if (name === '') throw refuse('INVALID_FORMAT', 'Give it a name.');
  if (codePointsIn(name) > MAX_NAME_CHARACTERS)
    throw refuse('TOO_LONG', `At most ${MAX_NAME_CHARACTERS} characters.`);
  if (!isStorable(name) || /\p{Cc}/u.test(name)) {
    throw refuse('INVALID_CHARACTER', 'Control characters cannot be stored here.');
  }
  return name;
}

/** It becomes part of an address: nothing but an id may. */
function assertFactorId(id: string): void {
  if (!isUuid(id)) throw new FactorNotFoundError();
}
