/** Asks Supabase for those who wait in the queue, and writes them as they are now: as many processes at once as there are. */
import type { Logger } from 'pino';
import type { Clock } from '../../identity/clock.ts';
import type { Database } from '../postgres/database.ts';
import { createWorker, type Worker } from '../workers/worker.ts';
import { createMirrorQueue, type MirrorClaim } from './mirror-queue.ts';
import type { PeopleStore } from './people-store.ts';
import type { UpstreamPeople } from './upstream-people.ts';

export interface MirrorWorkerOptions {
  database: Database;
  clock: Clock;
  log: Logger;
  people: PeopleStore;
  upstream: UpstreamPeople;
}

/** Asked for at the same time by one process. */
const AT_ONCE = 5;
const POLL_MS = 5000;
const PRUNE_EVERY_MS = 3_600_000;
/** For so long a webhook may be late and still bring nobody back. */
const KEEP_DELETIONS_SECONDS = 7 * 86_400;

export function createMirrorWorker(options: MirrorWorkerOptions): Worker {
  const { database, clock, log, people, upstream } = options;
  const queue = createMirrorQueue(options);

  async function mirror(claim: MirrorClaim): Promise<boolean> {
    const { userId, attempts } = claim;
    const askedAt = clock();
    try {
      const person = await upstream.find(userId);
      if (person) await people.save([person], askedAt);
      else await people.remove(userId, askedAt, null);
      await queue.finish(claim);
      return true;
    } catch (error) {
      log.warn({ userId, attempts, err: error }, 'person not mirrored, to be tried again');
      await queue.tryAgain(claim, reasonOf(error));
      return false;
    }
  }

  async function prune(): Promise<void> {
    await database.query('delete from limen.mirror_deletions where deleted_at < $1', [
      new Date(clock().getTime() - KEEP_DELETIONS_SECONDS * 1000),
    ]);
  }

  return createWorker<MirrorClaim>(
    {
      name: 'mirror',
      atOnce: AT_ONCE,
      claim: queue.claim,
      carryOut: mirror,
      pauseMs: () => POLL_MS,
      prune: { everyMs: PRUNE_EVERY_MS, run: prune },
    },
    log,
  );
}

/** For the operator, by `limen doctor`: a code where there is one, for messages may quote rows. */
function reasonOf(error: unknown): string {
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown };
  const about = [code, table, constraint].filter((part) => typeof part === 'string').join(' ');
  return about || (error instanceof Error ? error.name : 'unknown');
}
