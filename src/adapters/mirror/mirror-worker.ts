/** Asks Supabase for those who wait in the queue, and writes them as they are now: as many processes at once as there are. */
import type { Logger } from 'pino';
import type { Clock } from '../../identity/clock.ts';
import type { Database } from '../postgres/database.ts';
import { createMirrorQueue, type MirrorClaim } from './mirror-queue.ts';
import type { PeopleStore } from './people-store.ts';
import type { UpstreamPeople } from './upstream-people.ts';

export interface MirrorWorker {
  /** Begins to work, and goes on by itself until it is stopped. */
  start(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
  /** Somebody new waits. */
  wake(): void;
  /** Works off whoever is due, and resolves with how many were. For tests and scripts: it needs no start. */
  mirrorDue(): Promise<number>;
}

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

export function createMirrorWorker(options: MirrorWorkerOptions): MirrorWorker {
  const { database, clock, log, people, upstream } = options;
  const queue = createMirrorQueue(options);
  let isRunning = false;
  let running: Promise<void> = Promise.resolve();
  /** Set when somebody came while the last round was under way. */
  let isWoken = false;
  let interrupt = () => {};

  async function mirror(claim: MirrorClaim): Promise<boolean> {
    const { userId, attempts } = claim;
    const askedAt = clock();
    try {
      const person = await upstream.find(userId);
      if (person) await people.save([person], askedAt);
      else await people.remove(userId, askedAt);
      await queue.finish(claim);
      return true;
    } catch (error) {
      log.warn({ userId, attempts, err: error }, 'person not mirrored, to be tried again');
      await queue.tryAgain(claim, reasonOf(error));
      return false;
    }
  }

  async function mirrorDue(isWanted = () => true): Promise<number> {
    let mirrored = 0;
    while (isWanted()) {
      const claims = await queue.claim(AT_ONCE);
      for (const outcome of await Promise.allSettled(claims.map(mirror))) {
        if (outcome.status === 'rejected') log.error({ err: outcome.reason }, 'mirror queue not written');
        else if (outcome.value) mirrored++;
      }
      if (claims.length < AT_ONCE) break;
    }
    return mirrored;
  }

  async function run(): Promise<void> {
    let prunedAt = 0;
    while (isRunning) {
      isWoken = false;
      try {
        await mirrorDue(() => isRunning);
        if (Date.now() - prunedAt > PRUNE_EVERY_MS) {
          await prune();
          prunedAt = Date.now();
        }
      } catch (error) {
        log.error({ err: error }, 'mirror queue not read');
      }
      if (isRunning && !isWoken) await pause();
    }
  }

  async function prune(): Promise<void> {
    await database.query('delete from limen.mirror_deletions where deleted_at < $1', [
      new Date(clock().getTime() - KEEP_DELETIONS_SECONDS * 1000),
    ]);
  }

  /** Until the time is over or somebody wakes the worker. */
  async function pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    start() {
      if (isRunning) return;
      isRunning = true;
      running = run();
    },
    async stop() {
      isRunning = false;
      interrupt();
      await running;
    },
    wake() {
      isWoken = true;
      interrupt();
    },
    mirrorDue: () => mirrorDue(),
  };
}

/** For the operator, by `limen doctor`: a code where there is one, for messages may quote rows. */
function reasonOf(error: unknown): string {
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown };
  const about = [code, table, constraint].filter((part) => typeof part === 'string').join(' ');
  return about || (error instanceof Error ? error.name : 'unknown');
}
