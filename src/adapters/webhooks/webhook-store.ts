/** `limen.webhook_endpoints`, and its deliveries as an operator sees them. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../identity/clock.ts';
import {
  TEST_EVENT,
  type Webhook,
  type WebhookDelivery,
  type WebhookStore,
} from '../../identity/webhooks/webhook.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import type { SecretBox } from './secret-box.ts';

const WEBHOOK = `id, url, description, events, includes_user_metadata as "includesUserMetadata", is_enabled as "isEnabled",
  failing_since as "failingSince", disabled_at as "disabledAt",
  case when previous_secret_expires_at > $1 then previous_secret_expires_at end as "previousSecretExpiresAt",
  created_at as "createdAt", updated_at as "updatedAt"`;

const SELECT_DELIVERIES = `
  select delivery.id, sequence, endpoint_id as "webhookId", event_id as "eventId", type as "eventType",
    occurred_at as "occurredAt", delivery.user_id as "userId", status, attempts, delivery.created_at as "createdAt",
    attempted_at as "attemptedAt", case when status = 'pending' and claimed_until is null then nullif(due_at, '-infinity') end as "nextAttemptAt",
    finished_at as "finishedAt", response_status as "responseStatus", response_body as "responseBody", last_error as "lastError"
  from limen.webhook_deliveries delivery join limen.webhook_events event on event.id = event_id`;

const COLUMNS = {
  url: 'url',
  description: 'description',
  events: 'events',
  includesUserMetadata: 'includes_user_metadata',
  isEnabled: 'is_enabled',
} as const;

/** Whoever makes a test sends it, and waits for the answer. Those who send what is due see to it only when that comes to nothing. */
const LEFT_TO_CALLER_MS = 60_000;

export function createWebhookStore({
  database,
  clock,
  secrets,
}: {
  database: Database;
  clock: Clock;
  secrets: SecretBox;
}): WebhookStore {
  async function findDelivery(db: Queryable, id: string): Promise<WebhookDelivery | null> {
    const [delivery] = await db.query<WebhookDelivery>(`${SELECT_DELIVERIES} where delivery.id = $1`, [id]);
    return delivery ?? null;
  }

  return {
    list: () =>
      database.query<Webhook>(`select ${WEBHOOK} from limen.webhook_endpoints order by created_at, id`, [
        clock(),
      ]),

    async create({ url, description, events, includesUserMetadata, isEnabled }, secret, most) {
      const id = randomUUID();
      const insert = (tx: Queryable) =>
        tx.query<Webhook>(
          `insert into limen.webhook_endpoints
           (id, url, description, events, includes_user_metadata, is_enabled, secret, created_at, updated_at)
         select $2, $3, $4, $5, $6, $7, $8, $1, $1 where (select count(*) from limen.webhook_endpoints) < $9
         returning ${WEBHOOK}`,
          [
            clock(),
            id,
            url,
            description,
            events,
            includesUserMetadata,
            isEnabled,
            secrets.seal(secret, id),
            most,
          ],
        );
      const [webhook] = await database.transaction(async (tx) => {
        // In a statement of its own before: the snapshot of the one that counts is then from after the last to have held it.
        await tx.query("select pg_advisory_xact_lock(hashtextextended('limen:webhook-endpoints', 0))");
        return insert(tx);
      });
      return webhook ?? null;
    },

    async update(id, changes) {
      const entries = Object.entries(changes) as [keyof typeof COLUMNS, unknown][];
      let assignments = entries.map(([name], index) => `${COLUMNS[name]} = $${index + 3}, `).join('');
      // With another address, or when somebody has seen to it, it has not failed yet.
      if ('url' in changes || 'isEnabled' in changes) assignments += 'failing_since = null, ';
      if ('isEnabled' in changes) assignments += 'disabled_at = null, ';
      const [webhook] = await database.query<Webhook>(
        `update limen.webhook_endpoints set ${assignments} updated_at = $1 where id = $2 returning ${WEBHOOK}`,
        [clock(), id, ...entries.map(([, value]) => value)],
      );
      return webhook ?? null;
    },

    async rotateSecret(id, secret, previousExpiresAt) {
      const [webhook] = await database.query<Webhook>(
        `update limen.webhook_endpoints
         set previous_secret = secret, previous_secret_expires_at = $4, secret = $3, updated_at = $1
         where id = $2 returning ${WEBHOOK}`,
        [clock(), id, secrets.seal(secret, id), previousExpiresAt],
      );
      return webhook ?? null;
    },

    delete: (id) =>
      database.transaction(async (tx) => {
        const gone = await tx.query('delete from limen.webhook_endpoints where id = $1 returning 1', [id]);
        await tx.query('delete from limen.webhook_deliveries where endpoint_id = $1', [id]);
        return gone.length > 0;
      }),

    deliveries({ webhookId, userId, status, eventType }, { limit, inverted, below, above }) {
      const conditions: string[] = [];
      const values: unknown[] = [limit];
      const when = (condition: string, value: unknown) => {
        if (value !== undefined) conditions.push(`${condition} $${values.push(value)}`);
      };
      when('endpoint_id =', webhookId);
      when('delivery.user_id =', userId);
      when('status =', status);
      when('type =', eventType);
      when('sequence <', below);
      when('sequence >', above);
      const where = conditions.length > 0 ? `where ${conditions.join(' and ')}` : '';
      return database.query<WebhookDelivery>(
        `${SELECT_DELIVERIES} ${where} order by sequence ${inverted ? 'asc' : 'desc'} limit $1`,
        values,
      );
    },

    delivery: (id) => findDelivery(database, id),

    redeliver: (id) =>
      database.transaction(async (tx) => {
        const [waiting] = await tx.query(
          `update limen.webhook_deliveries
           set due_at = case when claimed_until > $2 then due_at else '-infinity' end
           where id = $1 and status = 'pending' returning 1`,
          [id, clock()],
        );
        if (waiting) return findDelivery(tx, id);
        const [again] = await tx.query<{ id: string }>(
          `insert into limen.webhook_deliveries (endpoint_id, event_id, user_id)
           select endpoint_id, event_id, user_id from limen.webhook_deliveries
           where id = $1 and exists (select from limen.webhook_endpoints where id = endpoint_id)
           returning id`,
          [id],
        );
        return again ? findDelivery(tx, again.id) : null;
      }),

    addTest: (webhookId, data) =>
      database.transaction(async (tx) => {
        const now = clock();
        const [endpoint] = await tx.query('select 1 from limen.webhook_endpoints where id = $1', [webhookId]);
        if (!endpoint) return null;
        const [delivery] = await tx.query<{ id: string }>(
          `with event as (
             insert into limen.webhook_events (type, data, occurred_at) values ($2, $3::jsonb, $4) returning id)
           insert into limen.webhook_deliveries (endpoint_id, event_id, due_at)
           select $1, id, $5 from event returning id`,
          [webhookId, TEST_EVENT, data, now, new Date(now.getTime() + LEFT_TO_CALLER_MS)],
        );
        return findDelivery(tx, delivery!.id);
      }),
  };
}
