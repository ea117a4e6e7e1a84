/** Signing keys from the environment, in Supabase Auth's own meaning, so that either can take over from the other. */
import type { JWK } from 'jose';
import { z } from 'zod';
import { ALGORITHMS, importPrivateKey, importPublicKey, publicJwk } from './jwk.ts';
import type { SigningKey, SigningKeys } from './signing-keys.ts';

export interface ConfiguredKeys {
  /** A JSON array of private JWKs, of which exactly one has `"sign"` among its `key_ops`. */
  jwtKeys: string | null;
  /** For HS256. Signs where there are no keys; beside keys it only checks what it signed before they came. */
  jwtSecret: string | null;
}

/** JWT_KEYS or JWT_SECRET cannot be used. The message never repeats them. */
export class ConfiguredKeysError extends Error {
  override readonly name = 'ConfiguredKeysError';
}

// RFC 7518, 3.2: a key shorter than the hash is weaker than the algorithm.
const MIN_SECRET_BYTES = 32;
const MIN_RSA_BITS = 2048;

const KEY_TYPES = { RS: 'RSA', ES: 'EC', Ed: 'OKP', HS: 'oct' } as const;

const PrivateJwks = z.array(
  z.looseObject({
    kty: z.string(),
    kid: z.string().min(1),
    alg: z.enum(ALGORITHMS),
    key_ops: z.array(z.string()).default([]),
  }),
);

type PrivateJwk = z.infer<typeof PrivateJwks>[number];

interface ConfiguredKey {
  jwk: PrivateJwk;
  /** What checks. */
  public: SigningKey;
}

/** @throws {ConfiguredKeysError} */
export async function createConfiguredSigningKeys(config: ConfiguredKeys): Promise<SigningKeys> {
  const secret = config.jwtSecret === null ? null : secretKey(config.jwtSecret);
  const jwks = config.jwtKeys === null ? [] : parseJwks(config.jwtKeys);
  const keys = await Promise.all(jwks.map(importForChecking));
  const signer = config.jwtKeys === null ? secret : await importForSigning(jwks);
  if (!signer) throw new ConfiguredKeysError('Neither JWT_KEYS nor JWT_SECRET is given.');

  return {
    current: async () => signer,
    newest: async () => signer,
    async find({ alg, kid }) {
      const named = keys.find(({ jwk }) => jwk.kid === kid)?.public;
      // A key that is named is the only one that counts: the secret must not answer for it.
      if (named) return named.alg === alg ? named : undefined;
      return alg === secret?.alg ? secret : undefined;
    },
    publicKeys: async () => ({
      keys: keys.map(({ jwk }) => publicJwk(jwk)).filter((jwk) => jwk !== undefined),
    }),
  };
}

function secretKey(secret: string): SigningKey {
  const key = new TextEncoder().encode(secret);
  if (key.length < MIN_SECRET_BYTES)
    throw new ConfiguredKeysError(`JWT_SECRET: fewer than ${MIN_SECRET_BYTES} bytes.`);
  return { alg: 'HS256', key };
}

function parseJwks(text: string): PrivateJwk[] {
  const parsed = PrivateJwks.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const [index, ...member] = issue?.path ?? [];
    throw new ConfiguredKeysError(
      index === undefined
        ? 'JWT_KEYS: not a JSON array.'
        : `JWT_KEYS: key ${Number(index) + 1}: ${member.join('.') || 'the whole'} is missing or not acceptable.`,
    );
  }
  const jwks = parsed.data;
  jwks.forEach((jwk, index) => {
    const wrong = problemWith(jwk);
    if (wrong) throw new ConfiguredKeysError(`JWT_KEYS: key ${index + 1}: ${wrong}.`);
  });
  if (new Set(jwks.map(({ kid }) => kid)).size < jwks.length)
    throw new ConfiguredKeysError('JWT_KEYS: two keys have the same kid.');
  return jwks;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause, which quotes from the text.
    throw new ConfiguredKeysError('JWT_KEYS: not JSON.');
  }
}

function problemWith({ alg, kty, ...jwk }: PrivateJwk): string | null {
  if (KEY_TYPES[alg.slice(0, 2) as keyof typeof KEY_TYPES] !== kty) return `kty does not go with ${alg}`;
  if (kty === 'oct' && byteLength(jwk.k) < MIN_SECRET_BYTES)
    return `k has fewer than ${MIN_SECRET_BYTES} bytes`;
  if (kty === 'RSA' && byteLength(jwk.n) * 8 < MIN_RSA_BITS) return `n has fewer than ${MIN_RSA_BITS} bits`;
  return null;
}

function byteLength(member: unknown): number {
  return typeof member === 'string' ? Buffer.from(member, 'base64url').length : 0;
}

async function importForChecking(jwk: PrivateJwk): Promise<ConfiguredKey> {
  return { jwk, public: { kid: jwk.kid, alg: jwk.alg, key: await importing(jwk, importPublicKey) } };
}

async function importForSigning(jwks: PrivateJwk[]): Promise<SigningKey> {
  const signers = jwks.filter(({ key_ops }) => key_ops.includes('sign'));
  const [jwk] = signers;
  if (!jwk || signers.length > 1)
    throw new ConfiguredKeysError(
      `JWT_KEYS: exactly one key must have "sign" in its key_ops; ${signers.length} have.`,
    );
  if (jwk.kty !== 'oct' && jwk.d === undefined)
    throw new ConfiguredKeysError(`JWT_KEYS: ${jwk.kid}: a public key cannot sign.`);
  return { kid: jwk.kid, alg: jwk.alg, key: await importing(jwk, importPrivateKey) };
}

async function importing(
  jwk: PrivateJwk,
  importKey: (jwk: JWK) => Promise<SigningKey['key']>,
): Promise<SigningKey['key']> {
  try {
    return await importKey(jwk as JWK);
  } catch {
    throw new ConfiguredKeysError(`JWT_KEYS: ${jwk.kid}: not a usable ${jwk.alg} key.`);
  }
}
