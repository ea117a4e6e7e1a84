/**
 * Appends what was recorded to the hash chain. Beside everything else, so that nobody who signs in waits for anybody else to: an event is
 * sealed within about a second of its commit, by whichever instance comes first.
 */
import type { Logger } from 'pino';
import { ownClient } from '../../../identity/client.ts';
import type { Clock } from '../../../identity/clock.ts';
import type { Database } from '../database.ts';
import { pruneAuditEvents } from './audit-pruning.ts';

export interface AuditSealer {
  start(): void;
  /** Resolves once what was under way is done, and what was recorded until now is sealed. */
  stop(): Promise<void>;
  /** Seals what is there now, and answers how many that were. */
  sealDue(): Promise<number>;
}

const POLL_MS = 1000;
/** In one transaction, which holds the lock of the chain for so long. */
const MOST_AT_ONCE = 2000;

/** How often it is looked whether anything is old enough to go. */
const PRUNE_MS = 3_600_000;

export interface AuditSealerOptions {
  database: Database;
  /** Null: everything stays. */
  retentionDays: number | null;
  clock: Clock;
  log: Logger;
}

export function createAuditSealer({ database, retentionDays, clock, log }: AuditSealerOptions): AuditSealer {
  let timer: NodeJS.Timeout | null = null;
  let prunedAt = Number.NEGATIVE_INFINITY;
  let sealing: Promise<number> = Promise.resolve(0);

  async function seal(): Promise<number> {
    let total = 0;
    for (;;) {
      const [row] = await database.query<{ sealed: number }>('select limen.seal_audit_events($1) as sealed', [
        MOST_AT_ONCE,
      ]);
      const sealed = row?.sealed ?? 0;
      total += sealed;
      if (sealed < MOST_AT_ONCE) return total;
    }
  }

  /** One at a time in this process; the lock in the database sees to the others. */
  function sealDue(): Promise<number> {
    sealing = sealing.catch(() => 0).then(seal);
    return sealing;
  }

  async function pruneIfDue(): Promise<void> {
    if (retentionDays === null || performance.now() - prunedAt < PRUNE_MS) return;
    prunedAt = performance.now();
    const before = new Date(clock().getTime() - retentionDays * 86_400_000);
    const { events } = await pruneAuditEvents(database, ownClient('audit retention'), before);
    if (events > 0) log.info({ events, before }, 'old events removed from the audit log');
  }

  return {
    start() {
      // The database may be away for a while: the next turn asks again.
      timer ??= setInterval(() => {
        sealDue().catch((error) => log.error({ err: error }, 'audit log not sealed'));
        pruneIfDue().catch((error) =>
          log.error({ err: error }, 'audit log not pruned; see: limen audit verify'),
        );
      }, POLL_MS).unref();
    },
    async stop() {
      if (timer) clearInterval(timer);
      timer = null;
      await sealDue().catch((error) => log.error({ err: error }, 'audit log not sealed'));
    },
    sealDue,
  };
}
