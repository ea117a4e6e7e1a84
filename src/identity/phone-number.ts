import { ValidationError } from './errors.ts';

/**
 * The number as accounts are keyed by it: the digits of E.164, country first, without the plus. Spaces, hyphens, dots and brackets are how
 * people write numbers, and are left out; what begins with 0 lacks the country.
 *
 * @throws {ValidationError} at `path`
 */
export function parsePhoneNumber(text: string, path: readonly string[] = ['phone']): string {
  const digits = text
    .trim()
    .replace(/^\+/, '')
    .replace(/[ ().-]/g, '');
  if (/^[1-9]\d{6,14}$/.test(digits)) return digits;
  const message = 'This is not a phone number with its country: +41 79 555 00 11.';
  throw new ValidationError([{ path, code: 'INVALID_FORMAT', message }]);
}
