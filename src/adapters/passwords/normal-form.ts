/** One password, whatever keyboard typed it: NFC, as NIST SP 800-63B-4 (3.1.1.2) and RFC 8265 (4.2.2) have it. */

/**
 * In UTF-16 units. Normalizing takes time quadratic in the number of combining marks in a row: 64,000 block the event loop for
 * a second, and a request has room for a million.
 */
export const MAX_NORMALIZED_UNITS = 1024;

/** Longer text comes back as it is. */
export function normalizePassword(password: string): string {
  return password.length > MAX_NORMALIZED_UNITS ? password : password.normalize('NFC');
}

/** The spellings a stored hash may be of. Hashes from elsewhere were often made of what the keyboard sent. */
export function spellingsOf(password: string): string[] {
  return [...new Set([normalizePassword(password), password])];
}
