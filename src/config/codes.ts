/** Codes and links that are sent by mail. */
import { z } from 'zod';
import { duration, onOff, UNITS, type Values } from './values.ts';

export interface CodesConfig {
  readonly codes: CodeSettings;
}

interface CodeSettings {
  /** How many digits a code has. */
  readonly length: number;
  /** How long a code and its link hold. */
  readonly ttlSeconds: number;
  /**
   * What opening a link does. `page`: a small page with a button, so that the mail scanner that opens it first does not use it up.
   * `direct`: the link is used at once, as Supabase Auth does. `app`: the application gets what the link holds and uses it itself, so that no session
   * is ever in an address; a link with PKCE, which leads to a code, has its page.
   */
  readonly links: 'page' | 'direct' | 'app';
  /** Whether a session older than a day needs a code by mail before it sets a password at `/auth/v1/user`. */
  readonly requireReauthentication: boolean;
}

export const codesVariables = {
  MAILER_OTP_LENGTH: z.coerce.number('a number').int().min(6, 'at least 6').max(10, 'at most 10').default(6),
  // Six digits are guessable in a week, and a mailbox is read by others sooner or later.
  MAILER_OTP_EXP: duration.default(UNITS.h).refine((seconds) => seconds <= UNITS.d, 'at most a day'),
  MAIL_LINKS: z.enum(['page', 'direct', 'app'], 'page, direct or app').default('page'),
  UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION: onOff.default(false),
};

export function codesConfig(env: Values<typeof codesVariables>): CodesConfig {
  return {
    codes: {
      length: env.MAILER_OTP_LENGTH,
      ttlSeconds: env.MAILER_OTP_EXP,
      links: env.MAIL_LINKS,
      requireReauthentication: env.UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION,
    },
  };
}
