/** Sessions that an operator began in somebody's stead: rows of `auth.sessions` with a tag, and of `limen.impersonations` with the reason. */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { Client } from '../protocol/client.ts';
import { FULL_USER_COLUMNS, type FullUserRow } from '../users/user-row.ts';
import { inetOf, type SessionFacts } from './session-row.ts';

export const IMPERSONATION_TAG = 'impersonation';

/** How such a session began, as its token says it. There is no row of it: nothing was proven. */
const METHOD = 'impersonation';

/**
 * No sign-in of the person's: their row stays as it is. Null when they were deleted or banned since they were looked at. Those that are over
 * go along, so that nobody sees them among their sessions.
 */
export async function startImpersonation(
  database: Queryable,
  {
    user,
    actor,
    reason,
    client,
    now,
    expiresAt,
  }: {
    user: { id: string };
    actor: { id: string; sessionId: string };
    reason: string;
    client: Client;
    now: Date;
    expiresAt: Date;
  },
): Promise<{ user: FullUserRow; session: SessionFacts } | null> {
  const id = randomUUID();
  const [person] = await database.query<FullUserRow>(
    `with person as (
       select ${FULL_USER_COLUMNS} from auth.users
       where id = $1 and deleted_at is null and (banned_until is null or banned_until <= $2)
     ), over as (
       delete from auth.sessions where tag = $3 and not_after <= $2 and user_id = $1
     ), started as (
       insert into auth.sessions (id, user_id, created_at, updated_at, aal, not_after, ip, user_agent, tag)
       select $4, id, $2, $2, 'aal1', $5, $6, $7, $3 from person
       returning id
     ), recorded as (
       insert into limen.impersonations (session_id, user_id, actor_id, actor_session_id, reason, created_at, expires_at)
       select id, $1, $8, $9, $10, $2, $5 from started
     )
     select * from person`,
    [
      user.id,
      now,
      IMPERSONATION_TAG,
      id,
      expiresAt,
      inetOf(client.address),
      client.userAgent,
      actor.id,
      actor.sessionId,
      reason,
    ],
  );
  if (!person) return null;
  const timestamp = Math.floor(now.getTime() / 1000);
  return { user: person, session: { id, aal: 'aal1', amr: [{ method: METHOD, timestamp }] } };
}
