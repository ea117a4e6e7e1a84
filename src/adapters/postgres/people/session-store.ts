/** Somebody's sessions by SQL, where `auth.sessions` is in this database. */
import { OWN_USER_AGENT } from '../../../identity/client.ts';
import type { Clock } from '../../../identity/clock.ts';
import type { SessionRecord, SessionStore } from '../../../identity/sessions/session-record.ts';
import { auditRows, insertAuditRows, noteRecorded } from '../audit/audit-log.ts';
import type { Database } from '../database.ts';

/** How long sessions last where that is known here; null: for ever. A session that is over by the clock keeps its row until it is refreshed. */
export interface SessionLife {
  readonly timeboxSeconds: number | null;
  /** Unused for so long, it is over. */
  readonly inactivitySeconds: number | null;
}

export const ENDLESS: SessionLife = { timeboxSeconds: null, inactivitySeconds: null };

/** More than anybody looks through; `logout` ends the rest. */
const MAX_LISTED = 100;

export function createSessionStore(database: Database, clock: Clock, life: SessionLife): SessionStore {
  return {
    async list(userId, ownId) {
      const now = clock();
      // What waits for a second factor is no session yet.
      const rows = await database.query<SessionRecord>(
        `select id, case when is_lent or user_agent = '${OWN_USER_AGENT}' then null else user_agent end as "userAgent",
           case when is_lent then null else host(ip) end as address, created_at as "startedAt",
           used_at as "lastUsedAt", coalesce(aal, 'aal1') as "assuranceLevel", is_lent as "isImpersonation"
         from auth.sessions,
           lateral (select coalesce(refreshed_at at time zone 'UTC', created_at) as used_at,
             coalesce(tag = 'impersonation', false) as is_lent) as use
         where user_id = $1 and exists (select 1 from auth.sessions where id = $2 and user_id = $1)
           and (id = $2 or (
             (not_after is null or not_after > $3)
             and ($4::timestamptz is null or created_at > $4) and ($5::timestamptz is null or used_at > $5)
             and not exists (select 1 from limen.sign_in_challenges where session_id = sessions.id)))
         order by used_at desc nulls last, id limit ${MAX_LISTED}`,
        [userId, ownId, now, before(now, life.timeboxSeconds), before(now, life.inactivitySeconds)],
      );
      return rows.length > 0 ? rows : null;
    },

    async end(userId, ownId, id, client) {
      const event = {
        action: 'session.ended',
        userId,
        sessionId: id,
        details: { reason: 'revoked', sessions: 1 },
      } as const;
      const [outcome] = await database.query<{ is_known: boolean; has_ended: boolean }>(
        `with own as (select 1 from auth.sessions where id = $2 and user_id = $1),
           ended as (
             delete from auth.sessions where id = $3 and user_id = $1 and exists (select 1 from own) returning id
           ), recorded as (${insertAuditRows('$4', 'ended')})
         select exists (select 1 from own) as is_known, exists (select 1 from ended) as has_ended`,
        [userId, ownId, id, auditRows(client, event)],
      );
      if (!outcome?.is_known) return null;
      if (outcome.has_ended) noteRecorded(client, event);
      return outcome.has_ended;
    },
  };
}

const before = (now: Date, seconds: number | null) =>
  seconds === null ? null : new Date(now.getTime() - seconds * 1000);
