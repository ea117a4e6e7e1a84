/** Which passwords may be chosen: long enough and not guessable, and otherwise anything (NIST SP 800-63B-4, 3.1.1.2). */
import { BCRYPT_MAX_BYTES } from './bcrypt.ts';
import { isCommonPassword } from './common-passwords.ts';
import { MAX_NORMALIZED_UNITS, normalizePassword } from './normal-form.ts';

export interface PasswordContext {
  /** Null for somebody without an e-mail address. */
  email: string | null;
  rules: PasswordRules;
}

export interface PasswordRules {
  /** What the password will be stored in: bcrypt sees no more than 72 bytes, and longer ones are refused then. */
  readonly scheme: 'argon2id' | 'bcrypt';
  /** In characters as people count them: code points, after normalizing. */
  readonly minCharacters: number;
  /** A password has a character of each of these. NIST advises against such rules; some installations must have them. */
  readonly requiredCharacters: readonly string[];
}

/** In the reasons of Supabase Auth's `weak_password`. */
export interface PasswordProblem {
  message: string;
  reasons: ('length' | 'characters' | 'pwned')[];
}

const MAX_CHARACTERS = 256;

/** Null when the password may be chosen. */
export function checkPassword(password: string, { email, rules }: PasswordContext): PasswordProblem | null {
  if (password.length > MAX_NORMALIZED_UNITS) return tooLong();
  const normalized = normalizePassword(password);
  const characters = [...normalized].length;
  if (characters < rules.minCharacters) {
    return problem('length', `A password has at least ${rules.minCharacters} characters.`);
  }
  if (characters > MAX_CHARACTERS) return tooLong();
  if (!normalized.isWellFormed() || normalized.includes('\0')) {
    return problem('characters', 'The password contains something that is not a character.');
  }
  if (rules.scheme === 'bcrypt' && Buffer.byteLength(normalized) > BCRYPT_MAX_BYTES) {
    return problem('length', `A password has at most ${BCRYPT_MAX_BYTES} bytes.`);
  }
  if (email && isOwnAddress(normalized, email)) {
    return problem('characters', 'The password must not be the address.');
  }
  const missing = rules.requiredCharacters.filter((set) => ![...set].some((one) => normalized.includes(one)));
  if (missing.length > 0) {
    return problem('characters', `A password has at least one character of each: ${missing.join(' ')}`);
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
