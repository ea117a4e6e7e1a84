/** Second factors, as a person's record lists them. */

/** A set of recovery codes is one of them. */
export const FACTOR_TYPES = ['totp', 'phone', 'webauthn', 'recovery_code'] as const;

export type FactorType = (typeof FACTOR_TYPES)[number];

export interface Factor {
  readonly id: string;
  /** What the person calls it; null for nothing. */
  readonly name: string | null;
  readonly type: FactorType;
  /** False while its enrolment is not finished: it counts for nothing then. */
  readonly isVerified: boolean;
  readonly createdAt: Date;
  /** Null if no code of it was ever asked for. */
  readonly lastChallengedAt: Date | null;
}

/** What the person can be asked for, the newest of a kind not before the others. */
export const verifiedFactors = (factors: readonly Factor[] = []) =>
  factors.filter((factor) => factor.isVerified);
