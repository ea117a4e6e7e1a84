/** How long sessions last, beside how long nobody may use them (`REFRESH_TOKEN_TTL`). All of it holds at the next refresh. */
import { z } from 'zod';
import { duration, onOff, type Values } from './values.ts';

export interface SessionLimits {
  /** Whatever is done with it, a session ends so long after it began. Null: never. */
  readonly timeboxSeconds: number | null;
  /** A session nobody refreshes for so long is over. Null: only `refreshTokenTtlSeconds` says. */
  readonly inactivityTimeoutSeconds: number | null;
  /** Whether only the newest of a person's sessions goes on. */
  readonly isSinglePerUser: boolean;
  /** How long a used refresh token of version 1 may come again. */
  readonly reuseIntervalSeconds: number;
}

/** Supabase's hosted projects have this one; in the server itself it is 0. */
const USUAL_REUSE_INTERVAL_SECONDS = 10;
/** Beyond a minute a token that comes again is no lost answer. */
const MAX_REUSE_INTERVAL_SECONDS = 60;

export const sessionVariables = {
  SESSIONS_TIMEBOX: duration.optional(),
  SESSIONS_INACTIVITY_TIMEOUT: duration.optional(),
  SESSIONS_SINGLE_PER_USER: onOff.optional(),
  SECURITY_REFRESH_TOKEN_REUSE_INTERVAL: z.coerce
    .number('a number of seconds')
    .int('a whole number of seconds')
    .min(0, 'at least 0')
    .max(MAX_REUSE_INTERVAL_SECONDS, `at most ${MAX_REUSE_INTERVAL_SECONDS}`)
    .default(USUAL_REUSE_INTERVAL_SECONDS),
};

export function sessionLimits(env: Values<typeof sessionVariables>): SessionLimits {
  return {
    timeboxSeconds: env.SESSIONS_TIMEBOX ?? null,
    inactivityTimeoutSeconds: env.SESSIONS_INACTIVITY_TIMEOUT ?? null,
    isSinglePerUser: env.SESSIONS_SINGLE_PER_USER ?? false,
    reuseIntervalSeconds: env.SECURITY_REFRESH_TOKEN_REUSE_INTERVAL,
  };
}
