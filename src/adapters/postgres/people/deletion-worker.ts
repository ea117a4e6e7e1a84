/** Carries out the deletions whose time has come: as many processes at once as there are, each account by one of them. */
import type { Logger } from 'pino';
import type { Clock } from '../../../identity/clock.ts';
import { LastAdminError } from '../../../identity/errors.ts';
import type { AccountDeletionStore } from '../../../identity/own-account/account-deletion.ts';

export interface DeletionWorker {
  /** Begins to look, and goes on by itself until it is stopped. */
  start(): void;
  /** Resolves when no deletion is under way any more. */
  stop(): Promise<void>;
  /** Carries out whatever is due, and resolves with the number of accounts that were deleted. For tests: it needs no start. */
  carryOutDue(): Promise<number>;
}

export interface DeletionWorkerOptions {
  deletions: AccountDeletionStore;
  /** False where there was nothing to do. @throws {LastAdminError} */
  carryOut: (userId: string) => Promise<boolean>;
  clock: Clock;
  log: Logger;
}

const POLL_MS = 60_000;
const AT_ONCE = 5;
/** Until then somebody else may have become administrator. */
const LAST_ADMIN_WAIT_MS = 86_400_000;

export function createDeletionWorker(options: DeletionWorkerOptions): DeletionWorker {
  const { deletions, carryOut, clock, log } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let isStopped = false;

  async function carryOutOne(userId: string): Promise<boolean> {
    try {
      return await carryOut(userId);
    } catch (error) {
      if (error instanceof LastAdminError) {
        log.error({ userId }, 'account not deleted: nobody else is administrator');
        await deletions.postpone(userId, new Date(clock().getTime() + LAST_ADMIN_WAIT_MS));
      } else {
        log.error({ userId, err: error }, 'account not deleted, to be tried again');
      }
      return false;
    }
  }

  async function carryOutDue(): Promise<number> {
    let deleted = 0;
    while (!isStopped) {
      const due = await deletions.claimDue(AT_ONCE);
      const outcomes = await Promise.all(due.map(carryOutOne));
      deleted += outcomes.filter(Boolean).length;
      if (due.length < AT_ONCE) break;
    }
    return deleted;
  }

  function turn(): void {
    running = carryOutDue()
      .catch((error) => log.error({ err: error }, 'due deletions not read'))
      .finally(() => {
        if (!isStopped) timer = setTimeout(turn, POLL_MS);
      });
  }

  return {
    start: turn,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
    carryOutDue,
  };
}
