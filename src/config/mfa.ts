/** Second factors of the embedded auth server. Supabase keeps its own settings of them. */
import { z } from 'zod';
import { duration, onOff, UNITS, type Values } from './values.ts';

export interface MfaConfig {
  readonly isTotpEnrollEnabled: boolean;
  /** What authenticator apps show beside the code. */
  readonly totpIssuer: string;
  readonly maxEnrolledFactors: number;
  readonly challengeTtlSeconds: number;
}

export const mfaVariables = {
  MFA_TOTP_ENROLL_ENABLED: onOff.default(true),
  MFA_TOTP_ISSUER: z.string().max(64, 'at most 64 characters').optional(),
  MFA_MAX_ENROLLED_FACTORS: z.coerce
    .number('a number')
    .int()
    .min(1, 'at least 1')
    .max(100, 'at most 100')
    .default(10),
  MFA_CHALLENGE_EXPIRY_DURATION: duration.default(5 * UNITS.m),
};

export function mfaConfig(env: Values<typeof mfaVariables>, siteUrl: string): MfaConfig {
  return {
    isTotpEnrollEnabled: env.MFA_TOTP_ENROLL_ENABLED,
    totpIssuer: env.MFA_TOTP_ISSUER ?? new URL(siteUrl).hostname,
    maxEnrolledFactors: env.MFA_MAX_ENROLLED_FACTORS,
    challengeTtlSeconds: env.MFA_CHALLENGE_EXPIRY_DURATION,
  };
}
