/** Sends what waits in the outbox: as many processes at once as there are, each message by one of them. */
import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Clock } from '../../identity/clock.ts';
import type { Database } from '../postgres/database.ts';
import { type Delivery, type QueuedMessage, UndeliverableError } from './delivery.ts';
import { describeFailure } from './failure.ts';
import { type Claim, createQueue, LEASE_SECONDS } from './queue.ts';

export interface OutboxWorker {
  /** Begins to send, and goes on by itself until it is stopped. */
  start(): void;
  /** Resolves when nothing is on its way any more, and after eight seconds in any case: what is left is sent by another process. */
  stop(): Promise<void>;
  /** Something new is there. */
  wake(): void;
  /** Sends whatever is due, and resolves with the number of messages that were sent. For tests and scripts: it needs no start. */
  deliverDue(): Promise<number>;
}

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
const STOP_TIMEOUT_MS = 8000;
const PRUNE_EVERY_MS = 3_600_000;

const FIRST_RETRY_SECONDS = 5;
const LONGEST_RETRY_SECONDS = 15 * 60;
/** A notice is of use for longer than a link. */
const NOTICE_USEFUL_SECONDS = 86_400;

export function createOutboxWorker(options: OutboxWorkerOptions): OutboxWorker {
  const { delivery, clock, log, codeTtlSeconds, pollMs = POLL_MS } = options;
  const queue = createQueue(options);
  let isRunning = false;
  let running: Promise<void> = Promise.resolve();
  /** Set when something came while the queue was being read. */
  let isWoken = false;
  const underWay = new Set<Promise<boolean>>();
  /** Places of those that are under way, and of those being asked for. */
  let taken = 0;
  /** Whether more may be due than there were places for. */
  let isCrowded = false;
  let interrupt = () => {};

  function wake(): void {
    isWoken = true;
    interrupt();
  }

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

  /** Takes what is due, as far as there are places, and begins to send it. Each resolves with whether it was sent. */
  async function fill(): Promise<{ begun: Promise<boolean>[]; mayHoldMore: boolean }> {
    const free = AT_ONCE - taken;
    if (free === 0) return { begun: [], mayHoldMore: true };
    // Before the queue is asked, so that two who ask at once do not take more places than there are.
    taken += free;
    let claims: Claim[] = [];
    try {
      claims = await queue.claim(free);
    } finally {
      taken -= free - claims.length;
    }
    return { begun: claims.map(begin), mayHoldMore: claims.length === free };
  }

  function begin(claim: Claim): Promise<boolean> {
    const settled = deliver(claim)
      .catch((error) => {
        log.error({ err: error }, 'outbox not written');
        return false;
      })
      .finally(() => {
        taken -= 1;
        underWay.delete(settled);
        // Its place is for whoever waits, be the others as slow as they like.
        if (isCrowded) wake();
      });
    underWay.add(settled);
    return settled;
  }

  async function deliverDue(): Promise<number> {
    const own: Promise<boolean>[] = [];
    for (;;) {
      const { begun, mayHoldMore } = await fill();
      own.push(...begun);
      if (!mayHoldMore) break;
      // None is under way yet where somebody else is just asking for them.
      await (underWay.size > 0 ? Promise.race(underWay) : setImmediate());
    }
    const outcomes = await Promise.all(own);
    return outcomes.filter((isSent) => isSent).length;
  }

  async function run(): Promise<void> {
    let prunedAt = 0;
    while (isRunning) {
      isWoken = false;
      try {
        isCrowded = (await fill()).mayHoldMore;
        if (Date.now() - prunedAt > PRUNE_EVERY_MS) {
          await queue.prune();
          prunedAt = Date.now();
        }
      } catch (error) {
        // The database is away. It is asked again at the next turn.
        log.error({ err: error }, 'outbox not read');
      }
      if (isRunning && !isWoken) await pause(pollMs);
    }
  }

  /** Until the time is over or somebody wakes the worker. */
  async function pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
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
      // Beside everything else: whether the mail server answers must keep nobody from starting.
      void delivery
        .check?.()
        .catch((error) => log.warn({ reason: reasonOf(error) }, 'messages cannot be sent now'));
    },
    async stop() {
      isRunning = false;
      interrupt();
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_TIMEOUT_MS);
      });
      await Promise.race([running.then(() => Promise.all(underWay)), limit]);
      clearTimeout(timer);
      await delivery.close?.();
    },
    wake,
    deliverDue,
  };
}

const templateOf = (message: QueuedMessage) => ('template' in message ? message.template : null);

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : 'an unknown failure');

/** Twice as long each time, and half of it by chance: many messages that failed together do not come back together. */
function retryAfterSeconds(attempts: number): number {
  const longest = Math.min(FIRST_RETRY_SECONDS * 2 ** (attempts - 1), LONGEST_RETRY_SECONDS);
  return longest / 2 + Math.random() * (longest / 2);
}

/** In seconds from when it was written. */
function usefulFor(message: QueuedMessage, codeTtlSeconds: number): number {
  const isRequest = Boolean(('code' in message && message.code) || ('link' in message && message.link));
  return isRequest ? codeTtlSeconds : NOTICE_USEFUL_SECONDS;
}

/** The message is out: were that not written down, it would be sent once more. */
async function untilWritten(write: () => Promise<void>): Promise<void> {
  for (const waitMs of [100, 1000, 5000]) {
    try {
      return await write();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
  await write();
}
