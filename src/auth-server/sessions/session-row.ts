/** Rows of `auth.sessions`: how one begins, is found, and ends. */
import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { auditRows, insertAuditRows, noteRecorded } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { NewAuditEvent } from '../../identity/audit/audit-event.ts';
import type { AssuranceLevel } from '../protocol/assurance-level.ts';
import type { Client } from '../protocol/client.ts';
import { FULL_USER_COLUMNS, type FullUserRow } from '../users/user-row.ts';
import { newRefreshTokenKey } from './refresh-token.ts';

/** How somebody proved who they are, and when, in seconds since 1970. */
export interface AmrEntry {
  method: string;
  timestamp: number;
}

/** What an access token says of its session. */
export interface SessionFacts {
  id: string;
  aal: AssuranceLevel;
  /** The newest first. */
  amr: AmrEntry[];
}

/** A session with its person, as one statement finds them. */
export interface SessionRow extends FullUserRow {
  session_id: string;
  session_created_at: Date;
  aal: AssuranceLevel | null;
  not_after: Date | null;
  refreshed_at: Date | null;
  refresh_token_hmac_key: string | null;
  refresh_token_counter: number | null;
  amr: AmrEntry[];
}

/** For a select from `auth.sessions` joined with `auth.users`. */
export const SESSION_COLUMNS = `sessions.id as session_id, sessions.created_at as session_created_at, sessions.aal,
sessions.not_after, sessions.refreshed_at, sessions.refresh_token_hmac_key, sessions.refresh_token_counter,
(select coalesce(json_agg(json_build_object(
   'method', authentication_method, 'timestamp', floor(extract(epoch from updated_at))::bigint
 ) order by updated_at desc, id), '[]') from auth.mfa_amr_claims where session_id = sessions.id) as amr,
${FULL_USER_COLUMNS}`;

export interface StartedSession {
  /** As the sign-in left them. */
  user: FullUserRow;
  session: SessionFacts;
  refreshTokenKey: string;
}

/**
 * Signs somebody in: the session, how it was begun, the time on their row, and that it happened, in one statement. Null when, since their row was
 * read, they were deleted, banned or got another password; the lock on the row decides, so that no session outlives the password
 * it was begun with.
 *
 * @param upgradedHash the same password, hashed anew; null leaves the stored hash
 */
export async function startSession(
  database: Queryable,
  {
    user,
    method,
    client,
    now,
    upgradedHash = null,
  }: { user: FullUserRow; method: string; client: Client; now: Date; upgradedHash?: string | null },
): Promise<StartedSession | null> {
  const id = randomUUID();
  const refreshTokenKey = newRefreshTokenKey();
  const event: NewAuditEvent = {
    action: 'user.signed_in',
    userId: user.id,
    sessionId: id,
    isByThemselves: true,
    details: { method },
  };
  const [signedIn] = await database.query<FullUserRow>(
    `with signed_in as (
       update auth.users
       set last_sign_in_at = $2, updated_at = $2, encrypted_password = coalesce($3, encrypted_password)
       where id = $1 and deleted_at is null and encrypted_password is not distinct from $4
         and (banned_until is null or banned_until <= $2)
       returning ${FULL_USER_COLUMNS}
     ), started as (
       insert into auth.sessions
         (id, user_id, created_at, updated_at, aal, ip, user_agent, refresh_token_hmac_key, refresh_token_counter)
       select $5, id, $2, $2, 'aal1', $6, $7, $8, 0 from signed_in
       returning id
     ), proven as (
       insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
       select $9, id, $2, $2, $10 from started
     ), recorded as (
       ${insertAuditRows('$11', 'started')}
     )
     select * from signed_in`,
    [
      user.id,
      now,
      upgradedHash,
      user.encrypted_password,
      id,
      inetOf(client.address),
      client.userAgent,
      refreshTokenKey,
      randomUUID(),
      method,
      auditRows(client, event),
    ],
  );
  if (!signedIn) return null;
  noteRecorded(client, event);
  const timestamp = Math.floor(now.getTime() / 1000);
  return { user: signedIn, session: { id, aal: 'aal1', amr: [{ method, timestamp }] }, refreshTokenKey };
}

export async function findSession(database: Queryable, id: string): Promise<SessionRow | undefined> {
  const [session] = await database.query<SessionRow>(
    `select ${SESSION_COLUMNS} from auth.sessions join auth.users on users.id = sessions.user_id where sessions.id = $1`,
    [id],
  );
  return session;
}

/** Why a session is over, as it is recorded. */
export type EndReason =
  | 'logout'
  | 'expired'
  | 'refresh_token_reused'
  | 'password_changed'
  | 'address_claimed'
  | 'refused_by_hook'
  | 'revoked'
  | 'mfa_reset'
  | 'not_begun';

/** Refresh tokens go with their session, by cascade. Recorded where there was one to end. */
export async function endSession(
  database: Queryable,
  client: Client,
  { id, userId, reason }: { id: string; userId: string; reason: EndReason },
): Promise<void> {
  const event = endOfSessions(userId, reason, id);
  const ended = await database.query(
    `with ended as (delete from auth.sessions where id = $1 returning id),
       recorded as (${insertAuditRows('$2', 'ended')})
     select id from ended`,
    [id, auditRows(client, event)],
  );
  if (ended.length > 0) noteRecorded(client, event);
}

/**
 * Ends all of somebody's sessions but one, after their own row was taken: see `lockPerson`. Answers the ids of those that ended; that they
 * did is recorded, where any did.
 * @param exceptId null: all
 */
export async function endSessionsOf(
  database: Queryable,
  client: Client,
  { userId, exceptId, reason }: { userId: string; exceptId: string | null; reason: EndReason },
): Promise<string[]> {
  const event = endOfSessions(userId, reason, null);
  const ended = await database.query<{ id: string }>(
    `with person as (select id from auth.users where id = $1 for no key update),
     ended as (
       delete from auth.sessions using person
       where user_id = person.id and sessions.id is distinct from $2::uuid returning sessions.id
     ), total as (select count(*) as sessions from ended having count(*) > 0),
     recorded as (${insertAuditRows('$3', 'total', "jsonb_build_object('sessions', total.sessions)")})
     select id from ended`,
    [userId, exceptId, auditRows(client, event)],
  );
  if (ended.length > 0) noteRecorded(client, event);
  return ended.map(({ id }) => id);
}

function endOfSessions(userId: string, reason: EndReason, sessionId: string | null): NewAuditEvent {
  return {
    action: 'session.ended',
    userId,
    sessionId,
    details: { reason, ...(sessionId && { sessions: 1 }) },
  };
}

/** An address as the column `inet` takes it; null for anything else, an IPv6 zone included. */
export function inetOf(address: string): string | null {
  return isIP(address) && !address.includes('%') ? address : null;
}
