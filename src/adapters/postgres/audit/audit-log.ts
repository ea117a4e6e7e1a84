/** Writes the audit log. The statement runs in the transaction of what it tells of: either both are there, or neither. */
import { isIP } from 'node:net';
import type { NewAuditEvent } from '../../../identity/audit/audit-event.ts';
import type { Client } from '../../../identity/client.ts';
import type { Queryable } from '../database.ts';

type Recorder = Pick<Client, 'address' | 'userAgent' | 'requestId' | 'actor' | 'impersonator' | 'trail'>;

const COLUMNS = {
  action: 'text',
  outcome: 'text',
  code: 'text',
  actor_kind: 'text',
  actor_id: 'text',
  session_id: 'uuid',
  impersonator_id: 'uuid',
  address: 'inet',
  user_agent: 'text',
  request_id: 'text',
  user_id: 'uuid',
  details: 'jsonb',
};

type AuditRow = { [Column in keyof typeof COLUMNS]: unknown };

const NAMES = Object.keys(COLUMNS);

/**
 * For a statement that does the thing itself, so that recording it costs no other one.
 * @param parameter the placeholder of what `auditRows` makes
 * @param source what the statement has found or written: nothing is recorded where it is empty
 * @param details what is known of them in the statement alone
 */
export const insertAuditRows = (parameter: string, source?: string, details = "'{}'::jsonb"): string =>
  `insert into limen.audit_events (${NAMES.join(', ')})
   select ${NAMES.map((name) => (name === 'details' ? `event.details || ${details}` : `event.${name}`)).join(', ')}
   from ${source ? `${source}, ` : ''}jsonb_to_recordset(${parameter}::jsonb)
     as event (${Object.entries(COLUMNS)
       .map((column) => column.join(' '))
       .join(', ')})`;

/** The parameter of `insertAuditRows`. Whoever uses it says so by `noteRecorded`, once it is written. */
export const auditRows = (client: Recorder, ...events: NewAuditEvent[]): string =>
  JSON.stringify(events.map((event) => rowOf(client, event)));

export function noteRecorded({ trail }: Recorder, ...events: NewAuditEvent[]): void {
  for (const { outcome = 'success' } of events) {
    if (outcome === 'success') trail.successes += 1;
    else trail.refusals += 1;
  }
}

/** One statement, however many events. */
export async function recordEvents(
  tx: Queryable,
  client: Recorder,
  ...events: NewAuditEvent[]
): Promise<void> {
  if (events.length === 0) return;
  await tx.query(insertAuditRows('$1'), [auditRows(client, ...events)]);
  noteRecorded(client, ...events);
}

const MAX_CODE_CHARACTERS = 64;

function rowOf(client: Recorder, event: NewAuditEvent): AuditRow {
  const { action, outcome = 'success', code = null, userId, isByThemselves, details = {} } = event;
  const isKnown = client.actor?.kind === 'person' && client.actor.userId === userId;
  const themselves =
    isByThemselves && userId && !isKnown
      ? { kind: 'person' as const, userId, sessionId: event.sessionId ?? null }
      : null;
  const actor = themselves ?? client.actor;
  return {
    action,
    outcome,
    code: code?.slice(0, MAX_CODE_CHARACTERS) ?? null,
    actor_kind: actor?.kind ?? null,
    actor_id: actor && (actor.kind === 'person' ? actor.userId : actor.id),
    session_id: event.sessionId ?? (actor?.kind === 'person' ? actor.sessionId : null),
    impersonator_id: themselves ? null : client.impersonator,
    // An IPv6 zone means something to one machine only, and `inet` takes none.
    address: isIP(client.address) && !client.address.includes('%') ? client.address : null,
    user_agent: client.userAgent,
    request_id: client.requestId,
    user_id: userId,
    details,
  };
}
