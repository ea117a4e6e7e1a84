import type { CryptoKey, JSONWebKeySet, JWTHeaderParameters } from 'jose';

export interface SigningKey {
  /** Absent for the legacy HS256 secret. */
  readonly kid?: string;
  readonly alg: string;
  readonly key: CryptoKey | Uint8Array;
}

/** Keys that can check a token. A key is bound to one algorithm, whatever a token's header says. */
export interface VerifyingKeys {
  /** Undefined when no key of ours goes with that header. */
  find(header: Pick<JWTHeaderParameters, 'alg' | 'kid'>): Promise<SigningKey | undefined>;
}

/** Keys of which one signs. */
export interface SigningKeys extends VerifyingKeys {
  /** The key that signs at this moment. */
  current(): Promise<SigningKey>;
  /** The key that will sign longest: the same, or after a rotation the one that waits for its turn and is published already. */
  newest(): Promise<SigningKey>;
  /** The public keys, as `/.well-known/jwks.json` shows them: never a symmetric one. */
  publicKeys(): Promise<JSONWebKeySet>;
}
