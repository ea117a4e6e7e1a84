/** E-mail addresses as accounts are keyed by them. */
import { validationFailed } from '../protocol/protocol-error.ts';

/** As in `auth.users.email`. */
const MAX_LENGTH = 255;
const LOCAL = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+";
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const SHAPE = new RegExp(`^${LOCAL}(?:\\.${LOCAL})*@(?:${LABEL}\\.)+${LABEL}$`);
const MAX_LOCAL_LENGTH = 64;

/**
 * An address that somebody may sign up with, in lower case. ASCII alone, checked before anything is folded: the Kelvin sign becomes
 * a `k` in lower case, and a full-width `＠` looks like an address's own. International domains are written as `xn--…`.
 *
 * @throws {ProtocolError} 400 validation_failed
 */
export function parseEmailAddress(text: string): string {
  const trimmed = text.trim();
  const address = trimmed.toLowerCase();
  const isAscii = /^[\x21-\x7e]+$/.test(trimmed);
  const isTooLong = address.length > MAX_LENGTH || address.lastIndexOf('@') > MAX_LOCAL_LENGTH;
  if (!isAscii || isTooLong || !SHAPE.test(address)) {
    throw validationFailed('Unable to validate email address: invalid format');
  }
  return address;
}

/**
 * An address to look somebody up by. Rows from elsewhere may hold addresses that nobody could sign up with here.
 * @throws {ProtocolError} 400 validation_failed, where no row can hold it
 */
export function foldEmailAddress(text: string): string {
  const address = text.trim().toLowerCase();
  if (address.length > MAX_LENGTH) throw validationFailed('Unable to validate email address: invalid format');
  return address;
}
