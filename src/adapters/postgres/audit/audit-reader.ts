/** Pages of the audit log, and of the one that Supabase Auth keeps. */

import type { AuditEvent, AuditFilter, AuditLog, AuditPage } from '../../../identity/audit/audit.ts';
import type { AuditOutcome } from '../../../identity/audit/audit-event.ts';
import type { Actor } from '../../../identity/client.ts';
import { NotSupportedError } from '../../../identity/errors.ts';
import type { JsonObject } from '../../../identity/json.ts';
import type { Database } from '../database.ts';

/** @param hasSupabaseLog whether the table of Supabase Auth's can be read here, and is of those people */
export function createAuditLog(
  database: Database,
  { hasSupabaseLog }: { hasSupabaseLog: boolean },
): AuditLog {
  return {
    async events(filter, page) {
      if (filter.source !== 'supabase') return readLimen(database, filter, page);
      if (!hasSupabaseLog) throw new NotSupportedError('SUPABASE_AUDIT_LOG');
      return readSupabase(database, filter, page);
    },
  };
}

/** Conditions and their parameters, as they are put together. */
function conditions() {
  const parameters: unknown[] = [];
  const texts: string[] = [];
  const parameter = (value: unknown) => `$${parameters.push(value)}`;
  return {
    parameters,
    parameter,
    /** @param condition with `?` for the value; left out where there is none */
    where(condition: string, value: unknown) {
      if (value != null) texts.push(condition.replace('?', () => parameter(value)));
    },
    toString: () => (texts.length > 0 ? `where ${texts.join(' and ')}` : ''),
  };
}

const MICROS = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint`;

/** Exact: what a `Date` holds is a thousand times coarser than what the column does. */
const fromMicros = (parameter: string) =>
  `(timestamptz 'epoch' + ${parameter}::bigint * interval '1 microsecond')`;

function between(
  found: ReturnType<typeof conditions>,
  { after, before }: AuditPage,
  columns: [at: string, last: string],
  type: 'bigint' | 'uuid',
): void {
  const keyset = columns.join(', ');
  for (const [bound, sign] of [
    [after, '<'],
    [before, '>'],
  ] as const) {
    if (!bound) continue;
    const at = fromMicros(found.parameter(bound[0]));
    found.where(`(${keyset}) ${sign} (${at}, ?::${type})`, bound[1]);
  }
}

interface LimenRow {
  sequence: number;
  id: string;
  at: Date;
  micros: number;
  action: string;
  outcome: AuditOutcome;
  code: string | null;
  actor_kind: Actor['kind'] | null;
  actor_id: string | null;
  session_id: string | null;
  impersonator_id: string | null;
  address: string | null;
  user_agent: string | null;
  request_id: string | null;
  user_id: string | null;
  details: JsonObject;
}

const AUDIT_COLUMNS = `sequence, id, at, ${MICROS('at')} as micros, action, outcome, code, actor_kind, actor_id, session_id,
  impersonator_id, host(address) as address, user_agent, request_id, user_id, details`;

async function readLimen(database: Database, filter: AuditFilter, page: AuditPage): Promise<AuditEvent[]> {
  const found = conditions();
  found.where('action = ?', filter.action);
  found.where('actor_id = ?', filter.actorId);
  found.where('user_id = ?', filter.userId);
  found.where('outcome = ?', filter.outcome);
  found.where("(outcome = 'success' or actor_id is null or actor_id = ?)", filter.refusedOnlyTo);
  found.where('request_id = ?', filter.requestId);
  found.where('at >= ?', filter.since);
  found.where('at < ?', filter.until);
  between(found, page, ['at', 'sequence'], 'bigint');
  const direction = page.inverted ? 'asc' : 'desc';
  // The names of columns and not of what is selected, which would be sorted by another type.
  const rows = await database.query<LimenRow>(
    `select ${AUDIT_COLUMNS} from limen.audit_events ${found}
     order by audit_events.at ${direction}, audit_events.sequence ${direction} limit ${found.parameter(page.limit)}`,
    found.parameters,
  );
  return rows.map(limenEvent);
}

function limenEvent(row: LimenRow): AuditEvent {
  const { id, at, action, outcome, code, address, details, micros, sequence } = row;
  return {
    id,
    source: 'limen',
    at,
    keyset: [micros, sequence],
    action,
    outcome,
    code,
    actor: actorOf(row),
    impersonatorId: row.impersonator_id,
    sessionId: row.session_id,
    address,
    userAgent: row.user_agent,
    requestId: row.request_id,
    userId: row.user_id,
    details,
  };
}

function actorOf({ actor_kind, actor_id, session_id }: LimenRow): Actor | null {
  if (!actor_kind || !actor_id) return null;
  return actor_kind === 'person'
    ? { kind: 'person', userId: actor_id, sessionId: session_id }
    : { kind: 'service', id: actor_id };
}

interface SupabaseRow {
  id: string;
  at: Date;
  micros: number;
  action: string | null;
  actor_id: string | null;
  address: string | null;
  user_id: string | null;
  traits: JsonObject | null;
}

/** Supabase Auth has no index for any of this: it costs a look at all rows. */
async function readSupabase(database: Database, filter: AuditFilter, page: AuditPage): Promise<AuditEvent[]> {
  // It records what was done, and neither refusals nor requests.
  if ((filter.outcome && filter.outcome !== 'success') || filter.requestId) return [];
  const found = conditions();
  found.where("payload->>'action' = ?", filter.action);
  found.where("payload->>'actor_id' = ?", filter.actorId);
  found.where(
    "coalesce(payload->'traits'->>'user_id', payload->>'actor_id') = ?",
    filter.userId?.toLowerCase(),
  );
  found.where('created_at >= ?', filter.since);
  found.where('created_at < ?', filter.until);
  between(found, page, ['created_at', 'id'], 'uuid');
  const direction = page.inverted ? 'asc' : 'desc';
  const rows = await database.query<SupabaseRow>(
    `select id, created_at as at, ${MICROS('created_at')} as micros, payload->>'action' as action, payload->>'actor_id' as actor_id,
       nullif(ip_address, '') as address, coalesce(payload->'traits'->>'user_id', payload->>'actor_id') as user_id,
       (payload->'traits')::jsonb as traits
     from auth.audit_log_entries ${found.toString() || 'where true'} and created_at is not null
     order by created_at ${direction}, id ${direction} limit ${found.parameter(page.limit)}`,
    found.parameters,
  );
  return rows.map((row) => ({
    id: row.id,
    source: 'supabase',
    at: row.at,
    keyset: [row.micros, row.id],
    action: row.action ?? 'unknown',
    outcome: null,
    code: null,
    actor:
      row.actor_id && row.actor_id !== NOBODY
        ? { kind: 'person', userId: row.actor_id, sessionId: null }
        : null,
    impersonatorId: null,
    sessionId: null,
    address: row.address,
    userAgent: null,
    requestId: null,
    userId: row.user_id === NOBODY ? null : row.user_id,
    details: row.traits ?? {},
  }));
}

/** As whom the secret key is recorded there. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
