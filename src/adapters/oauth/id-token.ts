/** ID tokens that an application got by itself, as from a phone's own sign-in (OpenID Connect Core, section 3.1.3.7). */

import { createHash } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { isUuid } from '../../identity/uuid.ts';
import { isInsecure, sorted, TIMEOUT_SECONDS } from './openid-client.ts';
import {
  type PresentedIdToken,
  type ProviderIdentity,
  ProviderRefusalError,
  ProviderUnavailableError,
  type VerifiedIdToken,
} from './provider.ts';

interface IdTokenNeeds {
  clientIds: readonly string[];
  skipNonceCheck: boolean;
  metadata: () => Promise<{ issuer: string; jwks_uri?: string }>;
  identityOf: (claims: Record<string, unknown>) => ProviderIdentity;
}

/** Of public keys alone: with a secret one anybody who knows it, like the application itself, could write tokens. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const CLOCK_TOLERANCE_SECONDS = 30;
const MAX_LENGTH = 16_384;
export function createIdTokenVerifier(needs: IdTokenNeeds) {
  let keys: { uri: string; find: ReturnType<typeof createRemoteJWKSet> } | undefined;

  function keysAt(uri: string) {
    if (keys?.uri !== uri) {
      keys = { uri, find: createRemoteJWKSet(new URL(uri), { timeoutDuration: TIMEOUT_SECONDS * 1000 }) };
    }
    return keys.find;
  }

  return async (presented: PresentedIdToken, now: Date): Promise<VerifiedIdToken> => {
    const { idToken } = presented;
    // jose takes padding and other spellings of the same bytes; a token is told apart by its text.
    if (idToken.length > MAX_LENGTH || !/^[\w-]+\.[\w-]+\.[\w-]+$/.test(idToken)) {
      throw new ProviderRefusalError('not a signed token');
    }
    const { issuer, jwks_uri: uri } = await needs.metadata();
    if (!uri || (isInsecure(uri) && !isInsecure(issuer)))
      throw new ProviderRefusalError('no keys to verify with');
    const { payload, protectedHeader } = await verified(() =>
      jwtVerify(idToken, keysAt(uri), {
        algorithms: ALGORITHMS,
        audience: [...needs.clientIds],
        requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: now,
      }),
    );
    assertIssuer(payload, issuer);
    assertParty(payload, needs.clientIds);
    if (!needs.skipNonceCheck) assertNonce(payload.nonce, presented.nonce);
    assertAccessToken(payload.at_hash, presented.accessToken, protectedHeader.alg);
    return {
      identity: needs.identityOf(payload),
      onceKey: onceKeyOf(payload),
      expiresAt: new Date(((payload.exp as number) + CLOCK_TOLERANCE_SECONDS) * 1000),
    };
  };
}

async function verified<Result>(work: () => Promise<Result>): Promise<Result> {
  return sorted(async () => {
    try {
      return await work();
    } catch (error) {
      // Whoever could not be asked for its keys has said nothing about the token.
      if (error instanceof errors.JWKSTimeout || (error as { code?: string }).code === 'ERR_JOSE_GENERIC') {
        throw new ProviderUnavailableError('the provider’s keys are out of reach', { cause: error });
      }
      throw error;
    }
  });
}

/** Microsoft's common endpoint names its issuer with a hole in it, for the tenant that the token comes from. */
function assertIssuer(payload: JWTPayload, issuer: string): void {
  const { iss, tid } = payload;
  const tenant = typeof tid === 'string' && isUuid(tid) ? tid : '';
  const expected = issuer.replace('{tenantid}', tenant);
  // Google signs with either spelling.
  const isGoogle = issuer === 'https://accounts.google.com' && iss === 'accounts.google.com';
  if (iss !== expected && !isGoogle) throw new ProviderRefusalError('the token is of another issuer');
}

/** Of a token for several, one of ours must be the one it was issued to. */
function assertParty({ aud, azp }: JWTPayload, clientIds: readonly string[]): void {
  const isForSeveral = Array.isArray(aud) && aud.length > 1;
  if (isForSeveral && !(typeof azp === 'string' && clientIds.includes(azp))) {
    throw new ProviderRefusalError('the token was issued to another client');
  }
}

/** The application keeps the nonce to itself and gives the provider its hash, so that a token alone is no use to whoever finds it. */
function assertNonce(inToken: unknown, shown: string | null): void {
  if ((inToken ?? '') === '' && !shown) return;
  if (typeof inToken !== 'string' || inToken === '' || !shown) {
    throw new ProviderRefusalError('a nonce is in the token or shown, and not both', {
      code: 'nonce_missing',
    });
  }
  if (createHash('sha256').update(shown).digest('hex') !== inToken) {
    throw new ProviderRefusalError('the nonce is another one', { code: 'nonce_mismatch' });
  }
}

/** The left half of the hash that goes with the token's own algorithm. */
function assertAccessToken(atHash: unknown, accessToken: string | null, algorithm: string): void {
  if (atHash === undefined || accessToken === null) return;
  const size = /(\d{3})$/.exec(algorithm)?.[1];
  const hash = createHash(`sha${size === '256' || size === '384' ? size : '512'}`)
    .update(accessToken)
    .digest();
  if (hash.subarray(0, hash.length / 2).toString('base64url') !== atHash) {
    throw new ProviderRefusalError('the access token is not the one of the ID token');
  }
}

/** A nonce is for one sign-in (Core, section 15.5.2). Tokens without one are handed out again by phones that remember them. */
function onceKeyOf({ iss, sub, nonce }: JWTPayload): string | null {
  if (typeof nonce !== 'string' || nonce === '') return null;
  return createHash('sha256')
    .update(JSON.stringify([iss, sub, nonce]))
    .digest('hex');
}
