/** Recovery codes: how they look, and what is kept of them. */
import { createHmac, randomInt } from 'node:crypto';

/** Crockford's base 32: no I, L, O or U, so that nothing can be misread. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** Of five bits each: eighty. Nobody searches those, so a fast hash protects them as well as a slow one would. */
const LENGTH = 16;
export const CODES_IN_SET = 10;

export function newRecoveryCodes(): string[] {
  return Array.from({ length: CODES_IN_SET }, () =>
    Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''),
  );
}

/** As it was handed out, however it was typed: case, spaces and dashes do not matter, nor do letters that look like digits. */
export function normalizeRecoveryCode(text: string): string {
  return text.replace(/[\s-]/g, '').toLowerCase().replaceAll('o', '0').replace(/[il]/g, '1');
}

/** Keyed with the person's id: one guess is a guess at one person's codes, even for whoever has the whole table. */
export function hashRecoveryCode(userId: string, code: string): string {
  return createHmac('sha256', userId).update(normalizeRecoveryCode(code)).digest('base64url');
}
