/** Argon2id for new passwords (RFC 9106), in parameters that Supabase Auth verifies; Argon2i is verified too. */
import { type Algorithm, hash, parseOptions, verify } from '@node-rs/argon2';
import type { PasswordScheme } from './password-scheme.ts';

// The first choice of OWASP's password storage cheat sheet that leaves room for many at once.
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
// The binding declares its algorithms as a const enum, which type stripping cannot read.
const ARGON2ID = 2 satisfies Algorithm.Argon2id;

/** Supabase Auth's own bounds: version 19 only, no `keyid`, no `data`. */
const ENCODED =
  /^\$argon2(?<type>id?)\$v=19\$m=(?<m>\d{1,7}),t=(?<t>\d{1,2}),p=(?<p>\d{1,2})\$[\w+/]+\$[\w+/]+$/;
const MAX_MEMORY_KIB = 1_048_576;
const MAX_PASSES = 20;
const MAX_LANES = 16;

interface Cost {
  isArgon2id: boolean;
  memoryKib: number;
  passes: number;
}

export const argon2: PasswordScheme = {
  hash: (password) =>
    hash(password, { algorithm: ARGON2ID, memoryCost: MEMORY_KIB, timeCost: PASSES, parallelism: LANES }),
  verify: (password, encoded) => verify(encoded, password),
  understands: (encoded) => costOf(encoded) !== null,
  isSatisfiedWith(encoded) {
    const cost = costOf(encoded);
    if (!cost?.isArgon2id) return false;
    return cost.memoryKib >= MEMORY_KIB && cost.memoryKib * cost.passes >= MEMORY_KIB * PASSES;
  },
  canHold: () => true,
};

function costOf(encoded: string): Cost | null {
  const { type, m, t, p } = ENCODED.exec(encoded)?.groups ?? {};
  if (Number(m) > MAX_MEMORY_KIB || Number(t) > MAX_PASSES || Number(p) > MAX_LANES) return null;
  if (!type || !isDecodable(encoded)) return null;
  return { isArgon2id: type === 'id', memoryKib: Number(m), passes: Number(t) };
}

function isDecodable(encoded: string): boolean {
  try {
    parseOptions(encoded);
    return true;
  } catch {
    return false;
  }
}
