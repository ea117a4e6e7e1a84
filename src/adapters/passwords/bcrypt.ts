/** bcrypt as Supabase Auth writes it. It sees the first 72 bytes of a password. */
import { hash, verify } from '@node-rs/bcrypt';
import { argon2 } from './argon2.ts';
import type { PasswordScheme } from './password-scheme.ts';

export const BCRYPT_MAX_BYTES = 72;

const COST = 10;
/** Each step doubles the time: 15 takes about three seconds, 31 days. */
const MAX_COST = 15;
const ENCODED = /^\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53}$/;

export const bcrypt: PasswordScheme = {
  async hash(password) {
    if (!this.canHold(password)) throw new RangeError('bcrypt would cut this password.');
    // The older name, which Supabase Auth writes and every reader knows: 2a and 2b differ beyond 72 bytes only.
    return (await hash(password, COST)).replace('$2b$', '$2a$');
  },
  // Go's callers cut the password, so a hash made of a longer one is of its beginning.
  verify: (password, encoded) => verify(Buffer.from(password).subarray(0, BCRYPT_MAX_BYTES), encoded),
  understands(encoded) {
    const cost = costOf(encoded);
    return cost >= 4 && cost <= MAX_COST;
  },
  isSatisfiedWith: (encoded) => costOf(encoded) >= COST || argon2.isSatisfiedWith(encoded),
  canHold: (password) => Buffer.byteLength(password) <= BCRYPT_MAX_BYTES,
};

/** NaN for what is no bcrypt hash. */
function costOf(encoded: string): number {
  return Number(ENCODED.exec(encoded)?.groups?.cost);
}
