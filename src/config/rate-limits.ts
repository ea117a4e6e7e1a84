/** How often anybody may try something, and how much is sent. */
import { z } from 'zod';
import { onOff, type Values } from './values.ts';

export interface RateLimitConfig {
  /** Of the whole installation, whoever they go to; null: as many as are asked for. */
  readonly textsPerHour: number | null;
  readonly mailsPerHour: number | null;
}

/** Supabase Auth has 30 of either. What a text message costs is worth a limit by default; a mail server of one's own has limits of its own. */
const USUAL_TEXTS_PER_HOUR = 100;

const perHour = z
  .string()
  .regex(/^(?:\d{1,7}|off)$/, 'a number of messages in an hour, or off')
  .transform((text) => (text === 'off' ? null : Number(text)));

export const rateLimitVariables = {
  RATE_LIMITS: onOff.default(true),
  RATE_LIMIT_SMS_SENT: perHour.default(USUAL_TEXTS_PER_HOUR),
  RATE_LIMIT_EMAIL_SENT: perHour.default(null),
};

/** Null: nothing is limited. */
export function rateLimitConfig(env: Values<typeof rateLimitVariables>): RateLimitConfig | null {
  if (!env.RATE_LIMITS) return null;
  return { textsPerHour: env.RATE_LIMIT_SMS_SENT, mailsPerHour: env.RATE_LIMIT_EMAIL_SENT };
}
