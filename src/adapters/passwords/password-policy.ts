/** Which passwords may be chosen: long enough and not guessable, and otherwise anything (NIST SP 800-63B-4, 3.1.1.2). */
import { BCRYPT_MAX_BYTES } from './bcrypt.ts';
import { isCommonPassword } from './common-passwords.ts';
import { MAX_NORMALIZED_UNITS, normalizePassword } from './normal-form.ts';

export interface PasswordContext {
  /** Null for somebody without an e-mail address. */
  email: string | null;
  /** What the password will be stored in. */
  scheme: 'argon2id' | 'bcrypt';
}

/** In the reasons of Supabase Auth's `weak_password`. */
export interface PasswordProblem {
  message: string;
  reasons: ('length' | 'characters' | 'pwned')[];
}

/** In characters as people count them: code points, after normalizing. */
const MIN_CHARACTERS = 8;
const MAX_CHARACTERS = 256;

/** Null when the password may be chosen. */
export function checkPassword(password: string, about: PasswordContext): PasswordProblem | null {
  if (password.length > MAX_NORMALIZED_UNITS) return tooLong();
  const normalized = normalizePassword(password);
  const characters = [...normalized].length;
  if (characters < MIN_CHARACTERS) {
    return problem('length', `A password has at least ${MIN_CHARACTERS} characters.`);
  }
  if (characters > MAX_CHARACTERS) return tooLong();
  if (!normalized.isWellFormed() || normalized.includes('\0')) {
    return problem('characters', 'The password contains something that is not a character.');
  }
  if (about.scheme === 'bcrypt' && Buffer.byteLength(normalized) > BCRYPT_MAX_BYTES) {
    return problem('length', `A password has at most ${BCRYPT_MAX_BYTES} bytes.`);
  }
  if (about.email && isOwnAddress(normalized, about.email)) {
    return problem('characters', 'The password must not be the address.');
  }
  if (isCommonPassword(normalized))
    return problem('pwned', 'This password is among the first to be guessed.');
  return null;
}

function isOwnAddress(password: string, email: string): boolean {
  const [given, address] = [password.toLowerCase(), email.toLowerCase()];
  return given === address || given === address.slice(0, address.lastIndexOf('@'));
}

function tooLong(): PasswordProblem {
  return problem('length', `A password has at most ${MAX_CHARACTERS} characters.`);
}

function problem(reason: PasswordProblem['reasons'][number], message: string): PasswordProblem {
  return { message, reasons: [reason] };
}
