/** Carries out the deletions whose time has come: as many processes at once as there are, each account by one of them. */
import type { Logger } from 'pino';
import type { Clock } from '../../../identity/clock.ts';
import { LastAdminError } from '../../../identity/errors.ts';
import type { AccountDeletionStore } from '../../../identity/own-account/account-deletion.ts';
import { createWorker, type Worker } from '../../workers/worker.ts';

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

export function createDeletionWorker(options: DeletionWorkerOptions): Worker {
  const { deletions, carryOut, clock, log } = options;

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

  return createWorker(
    {
      name: 'deletions',
      atOnce: AT_ONCE,
      claim: deletions.claimDue,
      carryOut: carryOutOne,
      pauseMs: () => POLL_MS,
    },
    log,
  );
}
