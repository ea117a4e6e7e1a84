import { syncPeople } from '../adapters/mirror/sync.ts';
import type { SyncReport } from '../adapters/mirror/sync-run.ts';
import type { App } from '../app.ts';
import { ServiceUnavailableError } from '../identity/errors.ts';
import { CommandError, readArguments, withApp } from './command.ts';
import { progressLine } from './progress-line.ts';

/** `EX_TEMPFAIL` of sysexits.h: the same command goes on from there. */
const EXIT_TRY_AGAIN = 75;

/** PostgreSQL's code, when somebody has waited long enough. */
const LOCK_NOT_AVAILABLE = '55P03';

const OPTIONS = {
  'dry-run': { type: 'boolean', default: false },
  'allow-deletions': { type: 'boolean', default: false },
  restart: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

export async function syncWithSupabase(args: string[]): Promise<string> {
  const { values } = readArguments({ args, options: OPTIONS });
  const isDryRun = values['dry-run'];
  return withApp(async ({ mirror, database }: App, { auth }) => {
    if (auth.kind !== 'supabase')
      throw new CommandError('People live in this database: there is no SUPABASE_URL.');
    if (!mirror)
      throw new CommandError(
        'Nobody is mirrored into this database: it is Supabase’s own, or MIRROR_PEOPLE does not say so. See: limen doctor',
      );
    const progress = progressLine(process.stderr);
    try {
      const report = await database.exclusively('sync', () =>
        syncPeople(
          { database, clock: () => new Date(), people: mirror.people, upstream: mirror.upstream },
          {
            isDryRun,
            allowDeletions: values['allow-deletions'],
            restart: values.restart,
            onProgress: progress.show,
          },
        ),
      );
      progress.clear();
      if (report.failed > 0 || report.deletionsRefused > 0) process.exitCode = 1;
      return values.json ? `${JSON.stringify(report, null, 2)}\n` : describe(report, auth.url, isDryRun);
    } catch (error) {
      progress.clear();
      if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) {
        throw new CommandError('Another limen sync is at work on this database.', { cause: error });
      }
      if (!(error instanceof ServiceUnavailableError)) throw error;
      process.exitCode = EXIT_TRY_AGAIN;
      return `${auth.url} is out of reach. What was compared is kept: the same command goes on from there.\n`;
    }
  });
}

const COUNTS = ['created', 'updated', 'deleted', 'unchanged', 'failed'] as const;

function describe(report: SyncReport & { isResumed: boolean }, url: string, isDryRun: boolean): string {
  const columns = Object.entries(report.columns).map(([name, count]) => `${name} ${count}`);
  const lines = [
    `${report.compared} people of ${url} compared${report.isResumed ? ', with those of a sync that was cut off' : ''}.`,
    ...COUNTS.map((name) => {
      const about = name === 'updated' && columns.length > 0 ? `  (${columns.join(', ')})` : '';
      return `  ${name.padEnd(10)}${String(report[name]).padStart(8)}${about}`;
    }),
    ...report.failures.map(({ id, reason }) => `  ${id} failed: ${reason}`),
  ];
  if (report.deletionsRefused > 0) {
    lines.push(
      `${report.deletionsRefused} people are here whom Supabase does not list. So many are not deleted without being told to: ` +
        'look whether SUPABASE_URL is the right project, then run limen sync --allow-deletions.',
    );
  }
  if (isDryRun) lines.push('This was a dry run: nobody was created, updated or deleted.');
  return `${lines.join('\n')}\n`;
}
