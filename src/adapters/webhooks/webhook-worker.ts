/** Sends what receivers are to be told: as many processes at once as there are, each delivery by one of them. */
import type { Logger } from 'pino';
import type { Clock } from '../../identity/clock.ts';
import type { JsonObject } from '../../identity/json.ts';
import { MAX_WEBHOOKS, TEST_EVENT, type WebhookSender } from '../../identity/webhooks/webhook.ts';
import { untilWritten } from '../workers/retry.ts';
import { createWorker, type Worker } from '../workers/worker.ts';
import type { Claim, DeliveryQueue, Outcome } from './delivery-queue.ts';
import type { Receivers } from './receiver.ts';
import { NoAnswerError, sendWebhook, type WebhookAnswer } from './webhook-request.ts';

export interface WebhookWorker extends WebhookSender, Worker {}

export interface WebhookWorkerOptions {
  queue: DeliveryQueue;
  receivers: Receivers;
  clock: Clock;
  log: Logger;
  /** How often to look for what nobody told of, in ms. */
  pollMs?: number;
  /** How long a receiver may take. */
  timeoutMs?: number;
}

/** On their way from one process. A receiver that takes its time is busy with these and keeps the others' places free. */
const PER_ENDPOINT = 4;
const AT_ONCE = PER_ENDPOINT * MAX_WEBHOOKS;
/** Whoever writes a delivery says so, and who sends knows when one is due again: this is for a word that was lost. */
const POLL_MS = 30_000;
/** Before looking once more at what is due and was not to be had: somebody else is just at it. */
const MIN_PAUSE_MS = 50;
const PRUNE_EVERY_MS = 600_000;

/** Before each further attempt, in seconds: a little more than a day together. After the last there is none. */
const RETRIES_SECONDS = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 36_000];
/** What a receiver asks for is heeded as far as this. */
const MAX_RETRY_AFTER_SECONDS = 3600;

export function createWebhookWorker(options: WebhookWorkerOptions): WebhookWorker {
  const { queue, receivers, clock, log, pollMs = POLL_MS, timeoutMs } = options;
  /** How many of each endpoint are on their way from here. */
  const busy = new Map<string, number>();

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
      if (await queue.giveUp(claim, outcome)) {
        log.error({ webhookId: endpointId }, 'webhook switched off: nothing has arrived for days');
      }
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

  async function carryOut(claim: Claim): Promise<boolean> {
    const { endpointId } = claim;
    busy.set(endpointId, (busy.get(endpointId) ?? 0) + 1);
    try {
      return await attempt(claim);
    } finally {
      const left = busy.get(endpointId)! - 1;
      if (left === 0) busy.delete(endpointId);
      else busy.set(endpointId, left);
    }
  }

  const worker = createWorker<Claim>(
    {
      name: 'webhooks',
      atOnce: AT_ONCE,
      claim: (places) => queue.claim(busy, { perEndpoint: PER_ENDPOINT, total: places }),
      carryOut,
      async pauseMs() {
        const nextDueAt = await queue.nextDueAt(busy, { perEndpoint: PER_ENDPOINT });
        const nextMs = nextDueAt ? nextDueAt.getTime() - clock().getTime() : pollMs;
        return Math.min(Math.max(nextMs, MIN_PAUSE_MS), pollMs);
      },
      prune: { everyMs: PRUNE_EVERY_MS, run: queue.prune },
    },
    log,
  );

  return {
    ...worker,
    async attempt(deliveryId) {
      const underWay = [...busy.values()].reduce((sum, count) => sum + count, 0);
      if (underWay >= AT_ONCE) return;
      const claim = await queue.claimOne(deliveryId);
      if (claim) await worker.begin(claim);
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
