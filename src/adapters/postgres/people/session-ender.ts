import type { NewAuditEvent } from '../../../identity/audit/audit-event.ts';
import type { Client } from '../../../identity/client.ts';
import { auditRows, insertAuditRows, noteRecorded } from '../audit/audit-log.ts';
import type { Database } from '../database.ts';

/** Ends all sessions of a person, and records it. How many those were; null when nobody has the id. */
export type EndSessions = (
  client: Client,
  userId: string,
  reason: 'revoked' | 'mfa_reset',
) => Promise<number | null>;

/** By SQL, for an auth server whose protocol has no word for it. Its refresh tokens go by cascade, and it looks each session up itself. */
export function createSessionEnder(database: Database): EndSessions {
  return async (client, userId, reason) => {
    const event: NewAuditEvent = { action: 'session.ended', userId, details: { reason } };
    const [outcome] = await database.query<{ is_known: boolean; ended: number }>(
      `with ended as (delete from auth.sessions where user_id = $1 returning id),
         total as (select count(*) as sessions from ended having count(*) > 0),
         recorded as (${insertAuditRows('$2', 'total', "jsonb_build_object('sessions', total.sessions)")})
       select exists (select from auth.users where id = $1) as is_known, (select count(*) from ended) as ended`,
      [userId, auditRows(client, event)],
    );
    if (!outcome?.is_known) return null;
    // That somebody's factors were reset is an event of its own, which nobody nearer records.
    if (outcome.ended > 0 && reason === 'revoked') noteRecorded(client, event);
    return outcome.ended;
  };
}
