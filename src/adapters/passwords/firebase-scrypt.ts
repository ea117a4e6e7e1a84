/**
 * Passwords from Firebase Auth, in Supabase Auth's spelling: `$fbscrypt$v=1,n=,r=,p=,ss=,sk=$salt$hash`, everything in standard base64.
 * Firebase encrypts the project's signer key (`sk`) with a key that scrypt derives; `n` is the binary logarithm of scrypt's N.
 */
import { createCipheriv, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import type { StoredPasswordScheme } from './password-scheme.ts';

const BASE64 = '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?';
const ENCODED = new RegExp(
  `^\\$fbscrypt\\$v=1,n=(?<n>\\d{1,2}),r=(?<r>\\d{1,2}),p=(?<p>\\d{1,2})(?:,ss=(?<ss>${BASE64}))?,sk=(?<sk>${BASE64})\\$(?<salt>${BASE64})\\$(?<hash>${BASE64})$`,
);
const DERIVED_KEY_BYTES = 32;
const IV = Buffer.alloc(16);
/** Firebase goes up to n=14, r=8, p=1, which is 16 MiB. */
const MAX_MEMORY_BYTES = 64 * 2 ** 20;

interface Parameters {
  cost: ScryptOptions;
  salt: Buffer;
  signerKey: Buffer;
  hash: Buffer;
}

export const firebaseScrypt: StoredPasswordScheme = {
  understands: (encoded) => parse(encoded) !== null,
  async verify(password, encoded) {
    const parameters = parse(encoded);
    if (!parameters) return false;
    const { cost, salt, signerKey, hash } = parameters;
    const cipher = createCipheriv('aes-256-ctr', await deriveKey(password, salt, cost), IV);
    return timingSafeEqual(Buffer.concat([cipher.update(signerKey), cipher.final()]), hash);
  },
};

function parse(encoded: string): Parameters | null {
  const fields = ENCODED.exec(encoded)?.groups;
  if (!fields) return null;
  const [n, r, p] = [Number(fields.n), Number(fields.r), Number(fields.p)];
  // The product alone would let n=99 through with r=0.
  if (n < 1 || r < 1 || p < 1 || 128 * 2 ** n * r * p > MAX_MEMORY_BYTES) return null;
  const [salt, separator, signerKey, hash] = [fields.salt, fields.ss, fields.sk, fields.hash].map((text) =>
    Buffer.from(text ?? '', 'base64'),
  ) as [Buffer, Buffer, Buffer, Buffer];
  // An empty signer key encrypts to nothing, whatever the password.
  if (signerKey.length === 0 || hash.length !== signerKey.length) return null;
  return {
    cost: { N: 2 ** n, r, p, maxmem: 2 * MAX_MEMORY_BYTES },
    salt: Buffer.concat([salt, separator]),
    signerKey,
    hash,
  };
}

function deriveKey(password: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, DERIVED_KEY_BYTES, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
