import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { argon2 } from './argon2.ts';
import { bcrypt } from './bcrypt.ts';
import { firebaseScrypt } from './firebase-scrypt.ts';
import { createHashingQueue } from './hashing-queue.ts';
import { normalizePassword, spellingsOf } from './normal-form.ts';
import type { PasswordHasher } from './password-hasher.ts';
import type { StoredPasswordScheme } from './password-scheme.ts';

export interface PasswordHasherOptions {
  /** What new passwords are stored in. All schemes are verified. */
  scheme: 'argon2id' | 'bcrypt';
  /** How many are hashed at once. Each holds a core, and 19 MiB with Argon2id. */
  concurrency?: number;
  /** How many may wait beyond those. */
  queueLimit?: number;
}

const SCHEMES: StoredPasswordScheme[] = [argon2, bcrypt, firebaseScrypt];

export function createPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  const { scheme, concurrency = availableParallelism(), queueLimit = 64 } = options;
  const configured = scheme === 'argon2id' ? argon2 : bcrypt;
  const queue = createHashingQueue({ concurrency, queueLimit });
  // What a password is checked against where there is none to check against. Made now, so that no sign-in pays for it.
  const nobodysHash = configured.hash(randomUUID());

  return {
    hash: (password) => queue.run(() => configured.hash(normalizePassword(password))),

    verify: (password, storedHash) =>
      queue.run(async () => {
        const stored = schemeOf(storedHash ?? '');
        const by = stored ?? configured;
        const hash = stored && storedHash ? storedHash : await nobodysHash;
        const matched: string[] = [];
        // Every spelling is tried even after a match: how much work is done must tell of the password given, not of the account.
        for (const spelling of spellingsOf(password)) {
          if (await by.verify(spelling, hash)) matched.push(spelling);
        }
        const isRight = stored !== undefined && matched.length > 0;
        const normalized = normalizePassword(password);
        const isUpToDate = configured.isSatisfiedWith(hash) && matched.includes(normalized);
        return { isRight, needsUpgrade: isRight && !isUpToDate && configured.canHold(normalized) };
      }),

    understands: (hash) => schemeOf(hash) !== undefined,
  };
}

function schemeOf(hash: string): StoredPasswordScheme | undefined {
  return SCHEMES.find((scheme) => scheme.understands(hash));
}
