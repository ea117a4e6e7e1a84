/** Operators in somebody else's stead. On Supabase nobody can: others sign the tokens. */
import { duration, onOff, UNITS, type Values } from './values.ts';

export interface ImpersonationConfig {
  readonly ttlSeconds: number;
}

export const impersonationVariables = {
  IMPERSONATION_ENABLED: onOff.optional(),
  // Services that verify tokens offline believe it until it ends.
  IMPERSONATION_TTL: duration
    .default(15 * UNITS.m)
    .refine((seconds) => seconds <= 15 * UNITS.m, 'at most 15m'),
};

/** Null: off. */
export function impersonationConfig(env: Values<typeof impersonationVariables>): ImpersonationConfig | null {
  return env.IMPERSONATION_ENABLED ? { ttlSeconds: env.IMPERSONATION_TTL } : null;
}
