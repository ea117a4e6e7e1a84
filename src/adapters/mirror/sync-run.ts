/** The rows of `limen.sync_runs`: how far a sync is, so that one that was cut off goes on where it was. */
import type { Client } from '../../identity/client.ts';
import type { Clock } from '../../identity/clock.ts';
import { recordEvents } from '../postgres/audit/audit-log.ts';
import type { Database } from '../postgres/database.ts';

export interface SyncReport {
  /** People that Supabase has, each once. */
  compared: number;
  created: number;
  updated: number;
  /** The same, or newer here. */
  unchanged: number;
  deleted: number;
  failed: number;
  /** How many people were updated in each column. */
  columns: Record<string, number>;
  /** The first of those who failed, and why: a code, never what a row holds. */
  failures: { id: string; reason: string }[];
  /** How many are missing at Supabase, and stay: too many to be believed. 0 where nothing was refused. */
  deletionsRefused: number;
}

export interface SyncRun {
  readonly id: number;
  readonly startedAt: Date;
  /** Read and written to the end. */
  readonly pages: number;
  readonly report: SyncReport;
  /** Whether it began earlier, in another process perhaps. */
  readonly isResumed: boolean;
}

/** Older than that it begins anew: too much has changed since. */
const RESUMABLE_SECONDS = 86_400;
const MAX_FAILURES = 100;

export async function openSyncRun(
  { database, clock }: { database: Database; clock: Clock },
  { isDryRun, restart }: { isDryRun: boolean; restart: boolean },
): Promise<SyncRun> {
  const horizon = restart ? clock() : new Date(clock().getTime() - RESUMABLE_SECONDS * 1000);
  await database.query(
    'delete from limen.sync_runs where finished_at is null and (started_at <= $1 or is_dry_run <> $2)',
    [horizon, isDryRun],
  );
  const columns = 'id, started_at, pages, report';
  const [open] = await database.query<Row>(
    `select ${columns} from limen.sync_runs where finished_at is null and is_dry_run = $1`,
    [isDryRun],
  );
  if (open) return runOf(open, true);
  const [made] = await database.query<Row>(
    `insert into limen.sync_runs (is_dry_run, started_at, report) values ($1, $2, $3) returning ${columns}`,
    [isDryRun, clock(), NOTHING],
  );
  return runOf(made!, false);
}

/** Of these, whom the run has not met yet. */
export async function unmetOf(
  database: Database,
  runId: number,
  ids: readonly string[],
): Promise<Set<string>> {
  const unmet = await database.query<{ id: string }>(
    `select id from unnest($2::uuid[]) as id
     where not exists (select from limen.sync_seen where run_id = $1 and user_id = id)`,
    [runId, ids],
  );
  return new Set(unmet.map(({ id }) => id));
}

/** After a page: what is compared already is not counted again. */
export async function recordPage(
  database: Database,
  { id, pages, report }: SyncRun,
  met: readonly string[],
): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query(
      'insert into limen.sync_seen (run_id, user_id) select $1, id from unnest($2::uuid[]) as id on conflict do nothing',
      [id, met],
    );
    await tx.query('update limen.sync_runs set pages = $2, report = $3 where id = $1', [id, pages, report]);
  });
}

/** @param recordedAs who did it, for the audit log; null where nothing was done */
export async function finishSyncRun(
  { database, clock }: { database: Database; clock: Clock },
  { id, report }: SyncRun,
  recordedAs: Client | null,
): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('delete from limen.sync_seen where run_id = $1', [id]);
    await tx.query('update limen.sync_runs set finished_at = $2, report = $3 where id = $1', [
      id,
      clock(),
      report,
    ]);
    const { created, updated, deleted, failed } = report;
    const details = { created, updated, deleted, failed };
    if (recordedAs) await recordEvents(tx, recordedAs, { action: 'people.synced', userId: null, details });
  });
}

/** Who was here before the run began and was met nowhere. */
export async function findMissing(database: Database, { id, startedAt }: SyncRun): Promise<string[]> {
  const missing = await database.query<{ id: string }>(
    `select id from auth.users where created_at < $2
       and not exists (select from limen.sync_seen where run_id = $1 and user_id = users.id)
     order by id`,
    [id, startedAt],
  );
  return missing.map((row) => row.id);
}

export function addFailure(report: SyncReport, id: string, error: unknown): void {
  report.failed++;
  if (report.failures.length === MAX_FAILURES) return;
  const { code, name } = error as { code?: unknown; name?: string };
  report.failures.push({ id, reason: typeof code === 'string' ? code : (name ?? 'unknown') });
}

interface Row {
  id: number;
  started_at: Date;
  pages: number;
  report: SyncReport;
}

const NOTHING: SyncReport = {
  compared: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
  failed: 0,
  columns: {},
  failures: [],
  deletionsRefused: 0,
};

const runOf = ({ id, started_at, pages, report }: Row, isResumed: boolean): SyncRun => ({
  id,
  startedAt: started_at,
  pages,
  report,
  isResumed,
});
