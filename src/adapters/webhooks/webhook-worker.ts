/** Sends what receivers are to be told: as many processes at once as there are, each delivery by one of them. */
import type { Logger } from 'pino';
import type { Clock } from '../../identity/clock.ts';
import type { JsonObject } from '../../identity/json.ts';
import { MAX_WEBHOOKS, TEST_EVENT, type WebhookSender } from '../../identity/webhooks/webhook.ts';
import type { Claim, DeliveryQueue, Outcome } from './delivery-queue.ts';
import type { Receivers } from './receiver.ts';
import { NoAnswerError, sendWebhook, type WebhookAnswer } from './webhook-request.ts';

export interface WebhookWorker extends WebhookSender {
  /** Begins to send, and goes on by itself until it is stopped. */
  start(): void;
  /** Resolves when nothing is on its way any more, and after eight seconds in any case: what is left is sent by another process. */
  stop(): Promise<void>;
  /** Sends whatever is due, and resolves with the number that were delivered. For tests and scripts: it needs no start. */
  deliverDue(): Promise<number>;
}

export interface WebhookWorkerOptions {
  queue: DeliveryQueue;
  receivers: Receivers;
  clock: Clock;
  log: Logger;
  /** How often to look for what nobody told of. */
  pollMs?: number;
  /** How long a receiver may take. */
  timeoutMs?: number;
}

/** On their way from one process. A receiver that takes its time is busy with these and keeps the others' places free. */
const PER_ENDPOINT = 4;
const AT_ONCE = PER_ENDPOINT * MAX_WEBHOOKS;
const POLL_MS = 1000;
const STOP_TIMEOUT_MS = 8000;
const PRUNE_EVERY_MS = 600_000;

/** Before each further attempt, in seconds: a little more than a day together. After the last there is none. */
const RETRIES_SECONDS = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 36_000];
/** What a receiver asks for is heeded as far as this. */
const MAX_RETRY_AFTER_SECONDS = 3600;

export function createWebhookWorker(options: WebhookWorkerOptions): WebhookWorker {
  const { queue, receivers, clock, log, pollMs = POLL_MS, timeoutMs } = options;
  const underWay = new Set<Promise<boolean>>();
  const busy = new Map<string, number>();
  let isRunning = false;
  let running: Promise<void> = Promise.resolve();
  /** Set when something came while the queue was being read. */
  let isWoken = false;
  let interrupt = () => {};

  async function attempt(claim: Claim): Promise<boolean> {
    const { id, endpointId, attempts, event } = claim;
    const about = { deliveryId: id, webhookId: endpointId, event: event.type, attempts };
    const outcome = await outcomeOf(claim);
    if (outcome.error === null) {
      await untilWritten(() => queue.markDelivered(claim, outcome));
      log.info(about, 'webhook delivered');
      return true;
    }
    const wait = event.type === TEST_EVENT ? null : waitSeconds(attempts);
    if (wait === null) {
      log.error({ ...about, reason: outcome.error }, 'webhook given up');
      await queue.giveUp(claim, outcome);
      return false;
    }
    const retryAfterSeconds = Math.max(wait, outcome.retryAfterSeconds);
    const retry = { reason: outcome.error, retryAfterSeconds: Math.round(retryAfterSeconds) };
    log.warn({ ...about, ...retry }, 'webhook not delivered, to be tried again');
    await queue.tryAgain(claim, new Date(clock().getTime() + retryAfterSeconds * 1000), outcome);
    return false;
  }

  async function outcomeOf(claim: Claim): Promise<Outcome & { retryAfterSeconds: number }> {
    try {
      const answer = await sendWebhook(
        { ...messageOf(claim), sentAt: clock(), secrets: claim.secrets() },
        receivers,
        timeoutMs,
      );
      return {
        responseStatus: answer.status,
        responseBody: answer.body,
        error: isGood(answer) ? null : `status ${answer.status}`,
        retryAfterSeconds: Math.min(answer.retryAfterSeconds ?? 0, MAX_RETRY_AFTER_SECONDS),
      };
    } catch (error) {
      // The key to its secret is missing, say: an operator can put that right within a day.
      if (!(error instanceof NoAnswerError))
        log.error({ webhookId: claim.endpointId, err: error }, 'webhook not sent');
      const reason = error instanceof NoAnswerError ? error.message : 'it could not be signed or sent';
      return { responseStatus: null, responseBody: null, error: reason, retryAfterSeconds: 0 };
    }
  }

  function begin(claim: Claim): Promise<boolean> {
    const { endpointId } = claim;
    busy.set(endpointId, (busy.get(endpointId) ?? 0) + 1);
    const done = attempt(claim)
      .catch((error) => {
        // The database is away; when the lease is over, somebody sends it again.
        log.error({ err: error, deliveryId: claim.id }, 'webhook delivery not written');
        return false;
      })
      .finally(() => {
        const left = busy.get(endpointId)! - 1;
        if (left === 0) busy.delete(endpointId);
        else busy.set(endpointId, left);
        underWay.delete(done);
        // There is room, and perhaps the next for this person.
        wake();
      });
    underWay.add(done);
    return done;
  }

  /** Begins as much as there is room for. */
  async function fill(): Promise<Promise<boolean>[]> {
    const room = AT_ONCE - underWay.size;
    if (room <= 0) return [];
    const claims = await queue.claim(busy, { perEndpoint: PER_ENDPOINT, total: room });
    return claims.map(begin);
  }

  async function run(): Promise<void> {
    let prunedAt = 0;
    while (isRunning) {
      isWoken = false;
      try {
        await fill();
        if (Date.now() - prunedAt > PRUNE_EVERY_MS) {
          await queue.prune();
          prunedAt = Date.now();
        }
      } catch (error) {
        // The database is away. It is asked again at the next turn.
        log.error({ err: error }, 'webhook deliveries not read');
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

  function wake() {
    isWoken = true;
    interrupt();
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
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_TIMEOUT_MS);
      });
      await Promise.race([running.then(() => Promise.all(underWay)), limit]);
      clearTimeout(timer);
    },
    wake,
    async attempt(deliveryId) {
      if (underWay.size >= AT_ONCE) return;
      const claim = await queue.claimOne(deliveryId);
      if (claim) await begin(claim);
    },
    async deliverDue() {
      let delivered = 0;
      for (;;) {
        const begun = await fill();
        if (begun.length === 0) return delivered;
        const outcomes = await Promise.all(begun);
        delivered += outcomes.filter(Boolean).length;
      }
    },
  };
}

/** Made of what is stored alone, so that a repetition is the same to the letter. */
function messageOf({ url, event, includesUserMetadata }: Claim) {
  const { id, type, occurredAt } = event;
  const data = includesUserMetadata ? event.data : withoutUserMetadata(event.data);
  return { url, id, body: JSON.stringify({ type, id, timestamp: occurredAt.toISOString(), data }) };
}

function withoutUserMetadata(data: JsonObject): JsonObject {
  const shown = Object.entries(data).map(([key, value]) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [key, value];
    const { user_metadata, ...rest } = value;
    return [key, rest];
  });
  return Object.fromEntries(shown);
}

const isGood = ({ status }: WebhookAnswer) => status >= 200 && status < 300;

/** A fifth of it by chance: what failed together does not come back together. Null: no more. */
function waitSeconds(attempts: number): number | null {
  const wait = RETRIES_SECONDS[attempts - 1];
  return wait === undefined ? null : wait * (0.9 + Math.random() / 5);
}

/** The receiver has it: were that not written down, it would get it once more. */
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
