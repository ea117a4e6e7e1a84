/** All that webhooks need, over one database. */
import type { Logger } from 'pino';
import type { Clock } from '../../identity/clock.ts';
import type { Webhooks } from '../../identity/webhooks/webhooks.ts';
import type { Database } from '../postgres/database.ts';
import { createDeliveryQueue } from './delivery-queue.ts';
import { createReceivers, type ReceiverRules } from './receiver.ts';
import { createSecretBox } from './secret-box.ts';
import { createWebhookStore } from './webhook-store.ts';
import { createWebhookWorker, type WebhookWorker } from './webhook-worker.ts';

export interface WebhookOptions {
  database: Database;
  clock: Clock;
  log: Logger;
  settings: ReceiverRules & { readonly secretKey: string | null };
}

export function openWebhooks({ database, clock, log, settings }: WebhookOptions): {
  services: Webhooks;
  worker: WebhookWorker;
} {
  const secrets = createSecretBox(settings.secretKey);
  const receivers = createReceivers(settings);
  const queue = createDeliveryQueue({ database, clock, secrets });
  const worker = createWebhookWorker({ queue, receivers, clock, log });
  const store = createWebhookStore({ database, clock, secrets });
  return { services: { store, sender: worker, checkReceiver: receivers.check }, worker };
}
