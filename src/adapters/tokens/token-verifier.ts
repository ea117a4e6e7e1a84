/** Checks access tokens offline. JOSE libraries are lenient about spelling, so the shape is checked before and the claims after. */
import { compactVerify, errors } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import {
  type AccessTokenClaims,
  InvalidTokenError,
  type TokenVerifier,
} from '../../identity/access-token.ts';
import type { Clock } from '../../identity/clock.ts';
import { Claims } from './claims.ts';
import { isAlgorithm } from './jwk.ts';
import type { SigningKey, VerifyingKeys } from './signing-keys.ts';

export { InvalidTokenError };

export interface TokenVerifierOptions {
  keys: VerifyingKeys;
  /** The `iss` to insist on. Null: any, or none. */
  issuer: string | null;
  /** What `aud` must be, or contain. */
  audience: string;
  clock: Clock;
  /** How many tokens are remembered as genuine. */
  cacheSize?: number;
}

/** Claims are in a token, and a token is in a header: Node takes 16 KiB of those. */
const MAX_TOKEN_LENGTH = 16_384;
const MAX_CACHED_CHARACTERS = 16_777_216;
/** How far ahead the clock of whoever signed may be. */
const MAX_CLOCK_SKEW_SECONDS = 5;
const PROJECT_ROLES = ['anon', 'service_role'];

const Header = z.object({
  alg: z.string().refine(isAlgorithm),
  typ: z.literal('JWT').exactOptional(),
  kid: z.string().exactOptional(),
  // RFC 7515, 4.1.11: what is critical must be understood, and nothing is defined here that could be.
  crit: z.never().exactOptional(),
});

/** The work on a token that need not be done twice. */
interface Genuine {
  header: z.infer<typeof Header>;
  key: SigningKey;
  claims: Claims;
}

export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { keys, issuer, audience, clock, cacheSize = 5000 } = options;
  // Only tokens that passed are in it, so nobody without a key can push anything out.
  const genuine = new LRUCache<string, Genuine>({
    max: cacheSize,
    maxSize: MAX_CACHED_CHARACTERS,
    sizeCalculation: (_claims, token) => token.length,
  });

  async function authenticate(token: string): Promise<Genuine> {
    const known = genuine.get(token);
    // The key is asked for again: one that was withdrawn takes its tokens along.
    if (known && (await keys.find(known.header)) === known.key) return known;
    const [header, payload] = segmentsOf(token);
    const parsed = Header.safeParse(header);
    if (!parsed.success) throw new InvalidTokenError('header not acceptable');
    const key = await keys.find(parsed.data);
    if (!key || key.alg !== parsed.data.alg) throw new InvalidTokenError('no key for this kid and algorithm');
    await verifySignature(token, key);
    const claims = Claims.safeParse(payload);
    if (!claims.success) throw new InvalidTokenError(`claim not acceptable: ${pathOf(claims.error)}`);
    assertMeantForUs(claims.data);
    const entry = { header: parsed.data, key, claims: deepFreeze(claims.data) };
    genuine.set(token, entry);
    return entry;
  }

  function assertMeantForUs({ sub, session_id, role, iss, aud }: Claims): void {
    // Supabase's project keys name neither person nor audience, and as issuer whoever made them. That a key of ours signed them is
    // all there is to check, and enough: whatever else such a key signs has a `sub`, or another role.
    if (sub === undefined) {
      if (session_id === undefined && PROJECT_ROLES.includes(role)) return;
      throw new InvalidTokenError('neither a person nor a project key');
    }
    if (issuer !== null && iss !== issuer) throw new InvalidTokenError('another issuer');
    if (![aud].flat().includes(audience)) throw new InvalidTokenError('another audience');
  }

  function assertInTime({ exp, iat, nbf }: Claims): void {
    const now = clock().getTime() / 1000;
    if (now >= exp) throw new InvalidTokenError('expired');
    if (Math.max(iat, nbf ?? 0) > now + MAX_CLOCK_SKEW_SECONDS)
      throw new InvalidTokenError('from the future');
  }

  return {
    async verify(token): Promise<AccessTokenClaims> {
      if (token.length > MAX_TOKEN_LENGTH) throw new InvalidTokenError('too long');
      const { claims } = await authenticate(token);
      assertInTime(claims);
      return claims;
    },
  };
}

/** Header and payload as JSON, if each of the three segments is spelt in the one way there is. */
function segmentsOf(token: string): [header: unknown, payload: unknown] {
  const segments = token.split('.');
  if (segments.length !== 3) throw new InvalidTokenError('not three segments');
  const [header, payload] = segments.map(decode);
  return [parseJson(header), parseJson(payload)];
}

function decode(segment: string): Buffer {
  const bytes = Buffer.from(segment, 'base64url');
  if (bytes.length === 0 || bytes.toString('base64url') !== segment)
    throw new InvalidTokenError('not canonical base64url');
  return bytes;
}

function parseJson(bytes: Buffer | undefined): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    // Without a cause: both errors quote what they could not read.
    throw new InvalidTokenError('not JSON');
  }
}

async function verifySignature(token: string, { key, alg }: SigningKey): Promise<void> {
  try {
    await compactVerify(token, key, { algorithms: [alg] });
  } catch (error) {
    if (error instanceof errors.JOSEError) throw new InvalidTokenError('signature does not match');
    throw error;
  }
}

function pathOf(error: z.ZodError): string {
  return error.issues[0]?.path.join('.') ?? '';
}

/** Every request with the same token is handed the same object. */
function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
