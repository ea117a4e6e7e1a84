/** Webhooks on a database of their own, at a time that moves when told. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { createDeliveryQueue } from '../../../src/adapters/webhooks/delivery-queue.ts';
import { createReceivers } from '../../../src/adapters/webhooks/receiver.ts';
import { createSecretBox } from '../../../src/adapters/webhooks/secret-box.ts';
import { createWebhookStore } from '../../../src/adapters/webhooks/webhook-store.ts';
import { createWebhookWorker } from '../../../src/adapters/webhooks/webhook-worker.ts';
import { WEBHOOK_EVENTS, type WebhookEvent } from '../../../src/identity/webhooks/webhook.ts';
import { openTestDatabase } from '../../support/database.ts';

export const SECRET = `whsec_${Buffer.from('a secret for tests, of 32 bytes.').toString('base64')}`;
const EVERY_EVENT = Object.keys(WEBHOOK_EVENTS) as WebhookEvent[];

export async function createWebhookScene() {
  const database = await openTestDatabase('pglite');
  onTestFinished(() => database.close());
  return sceneOn(database);
}

export function sceneOn(database: Database) {
  let now = Date.now();
  const clock = () => new Date(now);
  const secrets = createSecretBox(null);
  const store = createWebhookStore({ database, clock, secrets });
  const log: Record<string, unknown>[] = [];

  return {
    database,
    store,
    log,
    clock,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
    /** Another process. */
    worker: ({ timeoutMs = 2000, pollMs = 20, clockOf = clock } = {}) =>
      createWebhookWorker({
        queue: createDeliveryQueue({ database, clock: clockOf, secrets }),
        receivers: createReceivers({ allowPrivate: true, requireTls: false }),
        clock: clockOf,
        log: pino({ base: null }, { write: (line) => void log.push(JSON.parse(line)) }),
        timeoutMs,
        pollMs,
      }),
    async endpoint(url: string, settings: { events?: WebhookEvent[]; includesUserMetadata?: boolean } = {}) {
      const given = { events: EVERY_EVENT, includesUserMetadata: false, ...settings };
      const webhook = await store.create({ url, description: null, isEnabled: true, ...given }, SECRET, 100);
      return webhook!.id;
    },
    /** Somebody signs up, as the triggers tell of it. Answers with their id. */
    async signUp(row: Record<string, unknown> = {}): Promise<string> {
      const id = randomUUID();
      await change(null, { id, email: `${id}@example.com`, ...row });
      return id;
    },
    change,
    deliveries: () => store.deliveries({}, { limit: 1000, inverted: true }),
  };

  function change(before: object | null, after: object | null, table = 'users') {
    return database.query('select limen.record_webhook_events($1, $2::jsonb, $3::jsonb)', [
      table,
      before,
      after,
    ]);
  }
}
