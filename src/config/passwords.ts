/** Which passwords may be chosen, beyond what always holds, and how they are kept. */
import { z } from 'zod';
import type { Values } from './values.ts';

export interface PasswordRules {
  readonly scheme: 'argon2id' | 'bcrypt';
  readonly minCharacters: number;
  /** A password has a character of each of these. */
  readonly requiredCharacters: readonly string[];
}

/** Supabase Auth's own floor. */
const LEAST_CHARACTERS = 6;
/** NIST SP 800-63B-4, 3.1.1.2, for passwords that are not the only factor. */
const USUAL_CHARACTERS = 8;
/** What bcrypt takes, so that a rule never forbids every password. */
const MOST_CHARACTERS = 72;

export const passwordVariables = {
  PASSWORD_HASH: z.enum(['argon2id', 'bcrypt'], 'argon2id or bcrypt').default('argon2id'),
  PASSWORD_MIN_LENGTH: z.coerce
    .number('a number')
    .int('a whole number')
    .min(LEAST_CHARACTERS, `at least ${LEAST_CHARACTERS}`)
    .max(MOST_CHARACTERS, `at most ${MOST_CHARACTERS}`)
    .optional(),
  // Sets are separated by colons; a colon that is itself in a set has a backslash before it.
  PASSWORD_REQUIRED_CHARACTERS: z
    .string()
    .transform((text) =>
      text
        .split(/(?<!\\):/)
        .map((set) => set.replaceAll('\\:', ':'))
        .filter((set) => set !== ''),
    )
    .optional(),
};

export function passwordRules(env: Values<typeof passwordVariables>): PasswordRules {
  return {
    scheme: env.PASSWORD_HASH,
    minCharacters: env.PASSWORD_MIN_LENGTH ?? USUAL_CHARACTERS,
    requiredCharacters: env.PASSWORD_REQUIRED_CHARACTERS ?? [],
  };
}
