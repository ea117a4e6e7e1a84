/**
 * Writes `limen.changes` where no trigger does, because people live in a database of Supabase's: what Limen itself has done there, and what
 * Supabase tells by its webhooks. Every instance hears of it by its change feed.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { ChangeLog } from '../../../identity/changes.ts';
import type { JsonObject } from '../../../identity/json.ts';
import type { UpstreamChange, UpstreamChanges } from '../../../identity/webhooks/upstream-change.ts';
import type { Database, Queryable } from '../database.ts';
import { TOLD_BY_TOKENS } from './change-triggers.ts';

interface Told {
  readonly userId: string | null;
  /** Null: the person has changed. Otherwise this session of theirs is over. */
  readonly sessionId: string | null;
}

async function note(db: Queryable, { userId, sessionId }: Told): Promise<void> {
  await db.query(
    `with told as (
       insert into limen.changes (kind, user_id, session_id) values ($1, $2, $3) returning 1
     ) select pg_notify('limen_changes', '') from told`,
    [sessionId === null ? 'user' : 'session', userId, sessionId],
  );
}

/**
 * The same log, which tells the other instances too. Nobody waits for it, and what cannot be told is logged: other instances then believe
 * the tokens in use until they expire.
 */
export function tellingOthers(changes: ChangeLog, database: Database, log: Logger): ChangeLog {
  const tell = (told: Told) => {
    note(database, told).catch((error) =>
      log.warn({ err: error }, 'a change was not told to other instances'),
    );
  };
  return {
    ...changes,
    userChanged(userId, at) {
      changes.userChanged(userId, at);
      tell({ userId, sessionId: null });
    },
    userMayChange(userId) {
      changes.userMayChange(userId);
      tell({ userId, sessionId: null });
    },
    sessionEnded(sessionId) {
      changes.sessionEnded(sessionId);
      tell({ userId: null, sessionId });
    },
  };
}

/** @param writesEvents of which tables triggers write the events of our own webhooks: see `webhook-triggers.ts` */
export function createUpstreamChanges(
  database: Database,
  { writesEvents }: { writesEvents: (table: UpstreamChange['table']) => boolean },
): UpstreamChanges {
  return {
    receive: (change, { id, isCertain }) =>
      database.transaction(async (tx) => {
        const received = await tx.query(
          'insert into limen.webhooks_received (id) values ($1) on conflict do nothing returning 1',
          [id],
        );
        const isNew = received.length > 0;
        if (isCertain && !isNew) return;
        // One too many costs a question, one too few would let somebody go on.
        const told = toldBy(change);
        if (told) await note(tx, told);
        if (told && isDeletion(change)) await tx.query('select limen.forget_person($1)', [told.userId]);
        if (writesEvents(change.table) || !isNew || change.table === 'mfa_factors') return;
        await tx.query('select limen.record_webhook_events($1, $2::jsonb, $3::jsonb)', [
          change.table,
          change.before,
          change.after,
        ]);
      }),
  };
}

/** Also softly, where the row stays. */
const isDeletion = ({ table, before, after }: UpstreamChange) =>
  table === 'users' && (after === null || (before?.deleted_at == null && after.deleted_at != null));

/** What the triggers of the change feed would have written. Null: no token says anything of it. */
function toldBy({ table, before, after }: UpstreamChange): Told | null {
  const row = (after ?? before) as JsonObject;
  if (table === 'users') {
    const isTold = after === null || (before !== null && TOLD_BY_TOKENS.some(differsIn(before, after)));
    return isTold ? { userId: String(row.id), sessionId: null } : null;
  }
  if (table === 'sessions') {
    return after === null ? { userId: String(row.user_id), sessionId: String(row.id) } : null;
  }
  const isTold =
    after === null ? row.status === 'verified' : before !== null && before.status !== after.status;
  return isTold ? { userId: String(row.user_id), sessionId: null } : null;
}

const differsIn = (before: JsonObject, after: JsonObject) => (column: string) =>
  !isDeepStrictEqual(before[column] ?? null, after[column] ?? null);
