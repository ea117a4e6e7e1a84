/** Whether a session is over by the clock, or by another one. Looked at when it is refreshed, and never before. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { SessionLimits } from '../protocol/needs.ts';
import { IMPERSONATION_TAG } from './impersonation-row.ts';
import type { SessionRow } from './session-row.ts';

/** Why the session is over, in the protocol's words; null where it is not. */
export async function endOf(
  database: Queryable,
  session: SessionRow,
  limits: SessionLimits,
  refreshTokenTtlSeconds: number,
  now: Date,
): Promise<string | null> {
  const isPast = (start: Date, seconds: number | null) =>
    seconds !== null && start.getTime() + seconds * 1000 <= now.getTime();
  const lastUsedAt = session.refreshed_at ?? session.session_created_at;
  const isPastEnd = session.not_after !== null && session.not_after <= now;
  if (isPastEnd || isPast(session.session_created_at, limits.timeboxSeconds)) return 'Session Expired';
  if (isPast(lastUsedAt, limits.inactivityTimeoutSeconds) || isPast(lastUsedAt, refreshTokenTtlSeconds)) {
    return 'Session Expired (Inactivity)';
  }
  if (limits.isSinglePerUser && (await hasNewer(database, session))) {
    return 'Session Expired (Revoked by Newer Login)';
  }
  return null;
}

/**
 * What waits for a second factor, or has not been asked for it, ends nothing that has shown it: it takes no more than the password. And
 * what an operator began in the person's stead is no sign-in of theirs.
 */
async function hasNewer(database: Queryable, { id, session_id }: SessionRow): Promise<boolean> {
  // Compared in the database: a Date holds milliseconds, and Postgres more. Of two that began together one has to be the newer.
  const newer = await database.query(
    `select 1 from auth.sessions as newer, auth.sessions as this
     where this.id = $1 and newer.user_id = $2 and (newer.created_at, newer.id) > (this.created_at, this.id)
       and coalesce(newer.aal, 'aal1') >= coalesce(this.aal, 'aal1') and newer.tag is distinct from '${IMPERSONATION_TAG}' limit 1`,
    [session_id, id],
  );
  return newer.length > 0;
}
