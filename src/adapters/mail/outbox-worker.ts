/** Sends what waits in the outbox: as many processes at once as there are, each message by one of them. */
import type { Logger } from 'pino';
import type { Clock } from '../../identity/clock.ts';
import type { Database } from '../postgres/database.ts';
import { retryAfterSeconds, untilWritten } from '../workers/retry.ts';
import { createWorker, type Worker } from '../workers/worker.ts';
import { type Delivery, type QueuedMessage, UndeliverableError } from './delivery.ts';
import { describeFailure } from './failure.ts';
import { type Claim, createQueue, LEASE_SECONDS } from './queue.ts';

export interface OutboxWorkerOptions {
  database: Database;
  delivery: Delivery;
  clock: Clock;
  log: Logger;
  /** How long a code or a link holds: later there is no use in sending it. */
  codeTtlSeconds: number;
  /** How often to look for what nobody told of: what another process left, or what was to be tried again. */
  pollMs?: number;
}

/** Sent at the same time by one process. */
const AT_ONCE = 5;
const POLL_MS = 5000;
const PRUNE_EVERY_MS = 3_600_000;
/** A notice is of use for longer than a link. */
const NOTICE_USEFUL_SECONDS = 86_400;

export function createOutboxWorker(options: OutboxWorkerOptions): Worker {
  const { delivery, clock, log, codeTtlSeconds, pollMs = POLL_MS } = options;
  const queue = createQueue(options);

  async function deliver(claim: Claim): Promise<boolean> {
    const { message, attempts } = claim;
    const about = {
      messageId: message.id,
      channel: message.channel,
      template: templateOf(message),
      attempts,
    };
    const ageSeconds = (clock().getTime() - claim.createdAt.getTime()) / 1000;
    const usefulSeconds = usefulFor(message, codeTtlSeconds);
    const giveUp = async (reason: string) => {
      log.error({ ...about, reason }, 'message given up');
      await queue.giveUp(claim, reason);
    };
    if (ageSeconds > usefulSeconds) {
      await giveUp('It is too late for it.');
      return false;
    }
    const renewal = setInterval(
      () => void queue.renew(claim).catch((error) => log.warn({ ...about, err: error }, 'lease not renewed')),
      (LEASE_SECONDS / 3) * 1000,
    );
    try {
      await delivery.send(message);
    } catch (error) {
      const reason = describeFailure(error, message);
      const wait = retryAfterSeconds(attempts);
      if (error instanceof UndeliverableError || ageSeconds + wait > usefulSeconds) {
        await giveUp(reason);
      } else {
        log.warn(
          { ...about, reason, retryAfterSeconds: Math.round(wait) },
          'message not sent, to be tried again',
        );
        await queue.tryAgain(claim, new Date(clock().getTime() + wait * 1000), reason);
      }
      return false;
    } finally {
      clearInterval(renewal);
    }
    await untilWritten(() => queue.markSent(claim));
    log.info(about, 'message sent');
    return true;
  }

  const worker = createWorker<Claim>(
    {
      name: 'outbox',
      atOnce: AT_ONCE,
      claim: queue.claim,
      carryOut: deliver,
      pauseMs: () => pollMs,
      prune: { everyMs: PRUNE_EVERY_MS, run: queue.prune },
    },
    log,
  );

  return {
    ...worker,
    start() {
      worker.start();
      // Beside everything else: whether the mail server answers must keep nobody from starting.
      void delivery
        .check?.()
        .catch((error) => log.warn({ reason: reasonOf(error) }, 'messages cannot be sent now'));
    },
    async stop() {
      await worker.stop();
      await delivery.close?.();
    },
  };
}

const templateOf = (message: QueuedMessage) => ('template' in message ? message.template : null);

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : 'an unknown failure');

/** In seconds from when it was written. */
function usefulFor(message: QueuedMessage, codeTtlSeconds: number): number {
  const isRequest = Boolean(('code' in message && message.code) || ('link' in message && message.link));
  return isRequest ? codeTtlSeconds : NOTICE_USEFUL_SECONDS;
}
