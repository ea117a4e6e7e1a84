/** An authenticator app: the codes of a secret. */
import { TOTP } from 'otpauth';

/** @param offsetSeconds how far the app's clock is ahead */
export function codeOf(secret: string, now: Date, offsetSeconds = 0): string {
  return new TOTP({ secret }).generate({ timestamp: now.getTime() + offsetSeconds * 1000 });
}

/** A code that none of the steps around `now` has. */
export function wrongCode(secret: string, now: Date): string {
  const near = [-60, -30, 0, 30, 60].map((offset) => codeOf(secret, now, offset));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.includes(code))!;
}
