/** A session whose person has shown a second factor. */
import { randomUUID } from 'node:crypto';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { type Bearer, sessionNotFound } from '../protocol/bearer.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { type AccessToken, accessTokenOf } from './access-token.ts';
import type { Grant } from './grant.ts';
import { encodeRefreshToken, newRefreshTokenKey } from './refresh-token.ts';
import { sessionFacts } from './session-refresh.ts';
import { findSession, SESSION_COLUMNS, type SessionFacts, type SessionRow } from './session-row.ts';

export interface Raised {
  grant: Grant;
  /** The sessions that ended with it. */
  ended: string[];
}

/** How a second factor is named in `amr`. */
export const METHOD_OF_FACTOR = { totp: 'totp', recovery_code: 'mfa/recovery_code' } as const;

/**
 * Of two steps for the counter, as the one before the current may come once more: the refresh token from before the factor must not lead
 * to what it gave.
 */
const COUNTER_STEP = 2;

/**
 * Raises the bearer's session to aal2, with other tokens, and ends the person's other sessions that are below it. Expects the lock of
 * `lockPerson`, since it takes the rows of several sessions.
 *
 * @throws {ProtocolError} 403 session_not_found when the session ended meanwhile
 */
export async function raiseSession(
  tx: Queryable,
  client: Client,
  { user, sessionId }: Bearer,
  { factorId, method, now }: { factorId: string; method: string; now: Date },
): Promise<Raised> {
  const ended = await tx.query<{ id: string }>(
    `delete from auth.sessions where user_id = $1 and id <> $2 and coalesce(aal, 'aal1') = 'aal1' returning id`,
    [user.id, sessionId],
  );
  // A refresh by version 1 takes the session first too: so the statement after this one sees the token that it made.
  await tx.query('select 1 from auth.sessions where id = $1 for update', [sessionId]);
  // Refresh tokens of version 1 know nothing of steps, so a session that still has them goes on with version 2.
  await tx.query(
    'update auth.refresh_tokens set revoked = true, updated_at = $2 where session_id = $1 and not revoked',
    [sessionId, now],
  );
  await tx.query(
    `insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
     select $3, id, $2, $2, $4 from auth.sessions where id = $1
     on conflict on constraint mfa_amr_claims_session_id_authentication_method_pkey
     do update set updated_at = excluded.updated_at`,
    [sessionId, now, randomUUID(), method],
  );
  // Supabase Auth can keep the key encrypted, as JSON. That nobody here can use it does not keep the person out.
  const [raised] = await tx.query<SessionRow>(
    `update auth.sessions set aal = 'aal2', factor_id = $3, updated_at = $2,
       refreshed_at = $2::timestamptz at time zone 'UTC',
       refresh_token_hmac_key = case when refresh_token_hmac_key ~ '^[A-Za-z0-9_-]+=*$' then refresh_token_hmac_key else $4 end,
       refresh_token_counter = coalesce(refresh_token_counter, 0) + $5
     from auth.users where sessions.id = $1 and users.id = sessions.user_id returning ${SESSION_COLUMNS}`,
    [sessionId, now, factorId, newRefreshTokenKey(), COUNTER_STEP],
  );
  if (!raised?.refresh_token_hmac_key) throw sessionNotFound();
  await recordEvents(tx, client, {
    action: 'session.raised',
    userId: user.id,
    sessionId,
    details: { method, sessions: ended.length },
  });
  const counter = raised.refresh_token_counter ?? 0;
  return {
    grant: {
      user: raised,
      session: sessionFacts(raised),
      refreshToken: encodeRefreshToken(sessionId, counter, raised.refresh_token_hmac_key),
      issuedAt: now,
      trace: { 'sb-auth-refresh-token-counter': String(counter), 'sb-auth-refresh-token-rotated': 'true' },
    },
    ended: ended.map(({ id }) => id),
  };
}

/**
 * The access token of a session as it will be once it is raised, where a hook has a say in it; null where none has. To be made before the
 * code is used up: a hook that fails afterwards would cost the person the code, and the session too, as nobody would have its refresh token.
 *
 * @throws {ProtocolError} what the custom access token hook says, or what became of it; 403 session_not_found
 */
export async function tokenOfRaised(
  services: Services,
  client: Client,
  { sessionId }: Bearer,
  method: string,
): Promise<AccessToken | null> {
  if (!services.hooks.isOn('custom_access_token')) return null;
  const issuedAt = services.clock();
  const user = await findSession(services.database, sessionId);
  if (!user) throw sessionNotFound();
  const shown = { method, timestamp: Math.floor(issuedAt.getTime() / 1000) };
  const amr = [shown, ...user.amr.filter((earlier) => earlier.method !== method)];
  const session: SessionFacts = { id: sessionId, aal: 'aal2', amr };
  return accessTokenOf(services, client, { user, session, issuedAt });
}

/** All that `amr` may name by which a session comes to aal2, also by Supabase Auth. */
const SECOND_FACTORS = [...Object.values(METHOD_OF_FACTOR), 'mfa/phone', 'mfa/webauthn'];

/**
 * Takes back what a factor that is gone has raised. A session that was raised by it last is at aal1 again and names no second factor: Supabase
 * Auth, on the same rows, reads the level there. One that was raised by another kind since stays as it is, and no longer names this kind; for
 * which of several of a kind was shown, nobody has written down.
 */
export async function lowerSessions(
  tx: Queryable,
  { userId, factorId, method, now }: { userId: string; factorId: string; method: string; now: Date },
): Promise<void> {
  await tx.query(
    `delete from auth.mfa_amr_claims using auth.sessions
     where sessions.id = session_id and user_id = $1 and (
       (factor_id = $2 and authentication_method = any($4::text[]))
       or (authentication_method = $3 and not exists (
         select from auth.mfa_factors as other
         where other.id = sessions.factor_id and 'totp' = $3 and other.factor_type = 'totp')))`,
    [userId, factorId, method, SECOND_FACTORS],
  );
  await tx.query(
    `update auth.sessions set aal = 'aal1', factor_id = null, updated_at = $3 where user_id = $1 and factor_id = $2`,
    [userId, factorId, now],
  );
}
