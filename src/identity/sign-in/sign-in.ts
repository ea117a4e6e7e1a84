/** What every way to sign in ends in. */
import type { AuthBackend } from '../auth-backend.ts';
import { NotSupportedError } from '../errors.ts';
import { type Factor, verifiedFactors } from '../factors/factor.ts';
import type { Session } from '../sessions/session.ts';
import { hashOfChallengeId, newChallengeId, seal } from './sign-in-challenge.ts';

/** What a person can answer a challenge with. */
export type MfaMethod = 'totp' | 'recovery_code';

/** The first factor was right, and the person has a second one: `verifyMfa` finishes the sign-in. */
export interface MfaRequired {
  readonly challengeId: string;
  readonly methods: readonly MfaMethod[];
  readonly expiresAt: Date;
}

export type SignedIn = Session | MfaRequired;

/**
 * @param session the one that somebody has just shown to be theirs
 * @throws {NotSupportedError} for somebody whose only second factors are of a kind that this API cannot ask for
 */
export async function finishSignIn({ auth }: { auth: AuthBackend }, session: Session): Promise<SignedIn> {
  const factors = verifiedFactors(session.account.record?.factors);
  if (session.assuranceLevel !== 'aal1' || factors.length === 0) return session;
  const methods = methodsOf(factors);
  if (methods.length === 0) {
    await auth.signOut(session.accessToken, 'local');
    throw new NotSupportedError('PHONE_AND_WEBAUTHN_FACTORS');
  }
  const challengeId = newChallengeId();
  const { accessToken, sessionId, account } = session;
  const sealed = seal(challengeId, { accessToken, totpFactorIds: totpFactorIds(factors) });
  const expiresAt = await auth.signInChallenges.create(
    { idHash: hashOfChallengeId(challengeId), userId: account.id, sessionId, sealed },
    session.expiresAt,
  );
  return { challengeId, methods, expiresAt };
}

export const totpFactorIds = (factors: readonly Factor[]) =>
  factors.filter(({ type }) => type === 'totp').map(({ id }) => id);

const methodsOf = (factors: readonly Factor[]) =>
  (['totp', 'recovery_code'] as const).filter((method) => factors.some(({ type }) => type === method));
