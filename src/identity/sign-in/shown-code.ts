import { type AttemptLimiter, countAttempt, tryCredential } from '../attempts.ts';
import type { Client } from '../client.ts';
import { parseEmailAddress } from '../email-address.ts';
import { InvalidCodeError, ValidationError } from '../errors.ts';
import { isStorable } from '../text.ts';
import type { ShownCode } from './codes-backend.ts';

/** As a form or a link's page sends it: `tokenHash`, or `email` with `code`. */
export interface ShownCodeInput {
  readonly email?: string | null | undefined;
  readonly code?: string | null | undefined;
  readonly tokenHash?: string | null | undefined;
}

/** Longer than any code or link ever was. */
const MAX_CHARACTERS = 255;

/** @throws {ValidationError} */
export function parseShownCode({ email, code, tokenHash }: ShownCodeInput): ShownCode {
  if (tokenHash != null && email == null && code == null) {
    return { tokenHash: tokenHash.trim().slice(0, MAX_CHARACTERS) };
  }
  if (tokenHash == null && email != null && code != null) {
    return { email: parseEmailAddress(email), code: parseCode(code) };
  }
  throw new ValidationError([
    { path: [], code: 'CHOOSE_ONE', message: 'Give `tokenHash`, or `email` together with `code`.' },
  ]);
}

/** People copy codes with spaces in them. What is no code at all is a wrong one. */
export const parseCode = (text: string) => text.replace(/[\s-]/g, '').slice(0, MAX_CHARACTERS);

/**
 * A code that stands for the current password. To the protocol an empty one is none at all, and asks for no proof.
 * @throws {InvalidCodeError} for one without anything in it, or with what no code has
 */
export function parseNonce(text: string): string {
  const code = parseCode(text);
  if (code === '' || !isStorable(code)) throw new InvalidCodeError();
  return code;
}

/**
 * Does what a code or link is shown for. Wrong codes count against the address, whether or not it has an account.
 * @throws {RateLimitedError} and whatever `work` does
 */
export async function tryCode<Result>(
  needs: { attempts: AttemptLimiter; client: Client },
  shown: ShownCode,
  work: () => Promise<Result>,
): Promise<Result> {
  if ('email' in shown) return tryCredential(needs, 'verify', shown.email, work);
  await countAttempt(needs, 'verify');
  return work();
}
