/** Rows of `auth.webauthn_challenges`: what an authenticator is asked to sign, once, and for one purpose. */
import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';

export type ChallengePurpose = 'registration' | 'authentication';

export interface IssuedChallenge {
  id: string;
  challenge: Uint8Array<ArrayBuffer>;
  expiresAt: Date;
}

/** So long after its end a challenge is still answered with "expired". */
const KEPT_MS = 3_600_000;
const SWEPT_AT_ONCE = 100;

const SessionData = z.object({ challenge: z.string() });

/** One statement, which sweeps some of the old ones out. @param userId whose registration it is; null for a sign-in */
export async function issueChallenge(
  database: Queryable,
  {
    purpose,
    userId,
    rpId,
    now,
    ttlSeconds,
  }: { purpose: ChallengePurpose; userId: string | null; rpId: string; now: Date; ttlSeconds: number },
): Promise<IssuedChallenge> {
  const id = randomUUID();
  const challenge = new Uint8Array(randomBytes(32));
  const expiresAt = new Date(now.getTime() + ttlSeconds * 1000);
  // In the shape that Supabase Auth keeps it.
  const sessionData = {
    challenge: Buffer.from(challenge).toString('base64url'),
    rpId,
    user_id: userId && Buffer.from(userHandleOf(userId)).toString('base64'),
    expires: expiresAt.toISOString(),
    userVerification: 'required',
  };
  await database.query(
    `with swept as (
       delete from auth.webauthn_challenges where id in (
         select id from auth.webauthn_challenges where expires_at < $7
         order by expires_at limit ${SWEPT_AT_ONCE} for update skip locked
       )
     )
     insert into auth.webauthn_challenges (id, user_id, challenge_type, session_data, created_at, expires_at)
     values ($1, $2, $3, $4::jsonb, $5, $6)`,
    [id, userId, purpose, sessionData, now, expiresAt, new Date(now.getTime() - KEPT_MS)],
  );
  return { id, challenge, expiresAt };
}

/**
 * Takes a challenge away, in one statement: of fifty who present the same one, one gets it. One of another purpose, or of another person,
 * is left to whom it belongs.
 *
 * @returns the challenge in base64url
 * @throws {ProtocolError} 400 webauthn_challenge_not_found, webauthn_challenge_expired
 */
export async function consumeChallenge(
  database: Queryable,
  { id, purpose, userId, now }: { id: string; purpose: ChallengePurpose; userId: string | null; now: Date },
): Promise<string> {
  const [consumed] = await database.query<{ session_data: unknown; expires_at: Date }>(
    `delete from auth.webauthn_challenges
     where id = $1 and challenge_type = $2 and user_id is not distinct from $3::uuid
     returning session_data, expires_at`,
    [id, purpose, userId],
  );
  if (!consumed) {
    throw new ProtocolError(400, 'webauthn_challenge_not_found', 'Challenge not found or already used');
  }
  if (consumed.expires_at <= now) {
    throw new ProtocolError(400, 'webauthn_challenge_expired', 'Challenge has expired');
  }
  return SessionData.parse(consumed.session_data).challenge;
}

/** What an authenticator keeps beside the key to say whose it is: the person's id as text, as in Supabase Auth. Never shown to anybody. */
export const userHandleOf = (userId: string) => new Uint8Array(Buffer.from(userId));
