import { type FieldIssue, ValidationError } from './errors.ts';

/** As in `auth.users.email`. */
const MAX_LENGTH = 255;
/** One `@`; a local part and a domain of printable ASCII without spaces, quotes or brackets; a domain of at least two labels. */
const SHAPE =
  /^[!#$%&'*+/=?^_`{|}~0-9a-z-]+(?:\.[!#$%&'*+/=?^_`{|}~0-9a-z-]+)*@(?:[0-9a-z](?:[0-9a-z-]{0,61}[0-9a-z])?\.)+[0-9a-z](?:[0-9a-z-]{0,61}[0-9a-z])?$/;

/**
 * The address as accounts are keyed by it: trimmed, lower-cased. Look-alikes of `@` and of letters are refused, not folded, so that no
 * two spellings of one account exist; an international domain is written in its ASCII form (`xn--…`).
 *
 * @throws {ValidationError} at `path`
 */
export function parseEmailAddress(text: string, path: readonly string[] = ['email']): string {
  // Lower-casing first would fold letters that are no ASCII into some that are, like the sign for Kelvin into k.
  const address = /^[\x20-\x7e]*$/.test(text) ? text.trim().toLowerCase() : text;
  const local = address.slice(0, address.lastIndexOf('@'));
  if (address.length > MAX_LENGTH || local.length > 64)
    throw refused(path, 'TOO_LONG', 'The address is too long.');
  if (!SHAPE.test(address)) throw refused(path, 'INVALID_FORMAT', 'This is not an e-mail address.');
  return address;
}

function refused(path: readonly string[], code: string, message: string): ValidationError {
  const issue: FieldIssue = { path, code, message };
  return new ValidationError([issue]);
}
