/**
 * The keys of a Supabase project, from its JWKS. jose's own remote set drops keys that have grown old while the address is out of reach, and
 * counts only successful fetches when it holds back, so that a server that is down gets a request for every token with an unknown kid.
 */
import { z } from 'zod';
import type { Clock } from '../../identity/clock.ts';
import { ServiceUnavailableError } from '../../identity/errors.ts';
import { ALGORITHMS, importPublicKey } from './jwk.ts';
import { createKeyCache, RETRY_AFTER_SECONDS } from './key-cache.ts';
import type { SigningKey, VerifyingKeys } from './signing-keys.ts';

export interface RemoteKeysOptions {
  jwksUrl: string;
  /** The project's legacy HS256 secret; null where it has none, or signs with it no longer. */
  jwtSecret: string | null;
  fetch: typeof globalThis.fetch;
  clock: Clock;
  timeoutMs: number;
}

const MAX_AGE_MS = 600_000;
const RENEWAL_INTERVAL_MS = 30_000;

const Jwks = z.object({ keys: z.array(z.record(z.string(), z.unknown())) });

// Symmetric keys have no business in a JWKS: whoever can read it could sign with them.
const PublicKey = z.looseObject({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  alg: z.enum(ALGORITHMS).exclude(['HS256']),
  kid: z.string().exactOptional(),
});

/** `find` rejects with `ServiceUnavailableError` where only a server out of reach could say whether it knows the key. */
export function createRemoteKeys(options: RemoteKeysOptions): VerifyingKeys {
  const { jwksUrl, jwtSecret, clock, timeoutMs } = options;
  const secret: SigningKey | undefined =
    jwtSecret === null ? undefined : { alg: 'HS256', key: new TextEncoder().encode(jwtSecret) };

  async function load(): Promise<SigningKey[]> {
    const response = await options.fetch(jwksUrl, {
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`The JWKS answered ${response.status}.`);
    }
    const { keys } = Jwks.parse(await response.json());
    return (await Promise.all(keys.map(importKey))).filter((key) => key !== undefined);
  }

  const cache = createKeyCache({
    load,
    clock,
    maxAgeMs: MAX_AGE_MS,
    renewalIntervalMs: RENEWAL_INTERVAL_MS,
  });

  return {
    async find({ alg, kid }) {
      // The project gives its legacy secret a kid as well, which no JWKS lists.
      if (alg === 'HS256') return secret;
      const isNamed = (key: SigningKey) => key.alg === alg && key.kid === kid;
      try {
        return (await cache.fresh()).find(isNamed) ?? (await cache.renewed()).find(isNamed);
      } catch (cause) {
        throw new ServiceUnavailableError(RETRY_AFTER_SECONDS, { cause });
      }
    },
  };
}

/** Undefined for what is not for us: a JWKS may hold keys of kinds yet to come. */
async function importKey(jwk: unknown): Promise<SigningKey | undefined> {
  const parsed = PublicKey.safeParse(jwk);
  if (!parsed.success) return undefined;
  const { alg, kid } = parsed.data;
  try {
    return { alg, key: await importPublicKey(parsed.data), ...(kid !== undefined && { kid }) };
  } catch {
    return undefined;
  }
}
