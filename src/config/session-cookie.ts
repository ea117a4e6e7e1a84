/** The cookie that keeps a refresh token out of reach of scripts. */
import { z } from 'zod';
import { duration, UNITS, type Values } from './values.ts';

export interface SessionCookieConfig {
  readonly sameSite: 'strict' | 'lax' | 'none';
  /** As long as a refresh token that nobody uses; at Supabase, where that may be for ever, as long as is asked for here. */
  readonly maxAgeSeconds: number;
}

export const sessionCookieVariables = {
  COOKIE_SAME_SITE: z.enum(['strict', 'lax', 'none'], 'strict, lax or none').default('strict'),
  REFRESH_TOKEN_TTL: duration.default(7 * UNITS.d),
};

export function sessionCookieConfig(env: Values<typeof sessionCookieVariables>): SessionCookieConfig {
  return { sameSite: env.COOKIE_SAME_SITE, maxAgeSeconds: env.REFRESH_TOKEN_TTL };
}
