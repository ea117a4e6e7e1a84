/** The keys this project signs and checks with: an algorithm from a short list, and a key that fits it. */
import { type CryptoKey, importJWK, type JWK } from 'jose';

/** Those of Supabase Auth. */
export const ALGORITHMS = ['RS256', 'RS512', 'ES256', 'ES512', 'EdDSA', 'HS256'] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

export function isAlgorithm(alg: unknown): alg is Algorithm {
  return (ALGORITHMS as readonly unknown[]).includes(alg);
}

const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'alg', 'kid'] as const;

/** As a JWKS shows it. Named member by member, so that nothing private comes along. Undefined for a symmetric key. */
export function publicJwk(jwk: JWK): JWK | undefined {
  if (jwk.kty === 'oct') return undefined;
  const members = PUBLIC_MEMBERS.filter((name) => jwk[name] !== undefined).map((name) => [name, jwk[name]]);
  return { ...Object.fromEntries(members), use: 'sig', key_ops: ['verify'] };
}

/** The key for signing, or the secret. @throws when the key does not go with its algorithm */
export function importPrivateKey(jwk: JWK): Promise<CryptoKey | Uint8Array> {
  // `key_ops` says what the key set means the key for, and a private key that only verifies is imported by its public half.
  const { key_ops, use, ...members } = jwk;
  return importJWK(members);
}

/** The key for checking: the public half, or the secret. @throws when the key does not go with its algorithm */
export function importPublicKey(jwk: JWK): Promise<CryptoKey | Uint8Array> {
  return importPrivateKey(publicJwk(jwk) ?? jwk);
}
