/** Whether the replica of people keeps up. */
import type { Database } from '../../adapters/postgres/database.ts';
import { type Finding, type Installation, ok, warn } from './check.ts';

const WAITS_LONG_MINUTES = 15;
const DAY_MS = 86_400_000;
/** What neither sign-ins nor webhooks brought is found by a sync alone. */
const SYNCED_DAYS = 8;

export async function checkMirror({ config, database }: Installation): Promise<Finding[]> {
  if (!database || config.auth.kind !== 'supabase') return [];
  const [there] = await database.query<{ name: string | null }>(
    "select to_regclass('limen.replica')::text as name",
  );
  if (!there?.name || (await database.query('select 1 from limen.replica')).length === 0) return [];
  return [await backlog(database), await lastSync(database)];
}

async function backlog(database: Database): Promise<Finding> {
  const [found] = await database.query<{ waiting: number; late: number; errors: string[] | null }>(
    `select count(*) as waiting, count(*) filter (where queued_at < now() - make_interval(mins => $1)) as late,
       (array_agg(distinct last_error) filter (where last_error is not null))[1:3] as errors
     from limen.mirror_queue`,
    [WAITS_LONG_MINUTES],
  );
  const { waiting, late, errors } = found!;
  if (late === 0) return ok(`${waiting} people wait to be mirrored`);
  return warn(
    `${late} people wait for more than ${WAITS_LONG_MINUTES} minutes${errors ? `: ${errors.join(', ')}` : ''}`,
    'Look whether a server runs, and into limen.mirror_queue. 23503: a table of yours references auth.users without “on delete cascade”.',
  );
}

async function lastSync(database: Database): Promise<Finding> {
  const [run] = await database.query<{ finished_at: Date; failed: number }>(
    `select finished_at, (report ->> 'failed')::integer as failed from limen.sync_runs
     where finished_at is not null and not is_dry_run order by finished_at desc limit 1`,
  );
  const advice =
    'Run limen sync, by a timer once a day or week: it finds what neither sign-ins nor webhooks brought.';
  if (!run) return warn('Supabase’s people were never compared as a whole', advice);
  const days = Math.floor((Date.now() - run.finished_at.getTime()) / DAY_MS);
  const what = `compared as a whole ${days} days ago${run.failed > 0 ? `, with ${run.failed} failures` : ''}`;
  return days > SYNCED_DAYS || run.failed > 0 ? warn(what, advice) : ok(what);
}
