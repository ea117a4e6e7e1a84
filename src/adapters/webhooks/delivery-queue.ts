/**
 * The rows of `limen.webhook_deliveries` as those who send them see them. A claim holds until its lease is over: if the process dies,
 * somebody else finds the row due again. `attempts` counts the claims, and whoever holds an older one changes nothing any more.
 */
import { ownClient } from '../../identity/client.ts';
import type { Clock } from '../../identity/clock.ts';
import type { JsonObject } from '../../identity/json.ts';
import { TEST_EVENT, type WebhookDeliveryStatus } from '../../identity/webhooks/webhook.ts';
import { recordEvents } from '../postgres/audit/audit-log.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { CLAIM_DUE, CLAIM_ONE, type ClaimedRow, NEXT_DUE } from './claim-statements.ts';
import type { SecretBox } from './secret-box.ts';

/** Far longer than an attempt may take. It bounds what a killed process delays. */
export const LEASE_SECONDS = 60;

/** What was delivered is kept so long for whoever looks, or wants it once more; what was given up, longer. */
const KEEP_DELIVERED_SECONDS = 7 * 86_400;
const KEEP_DEAD_SECONDS = 30 * 86_400;
/** Repetitions come sooner. */
const KEEP_RECEIVED_SECONDS = 86_400;
const PRUNE_AT_ONCE = 5000;

/** Without any success. Longer than a receiver that breaks before a long weekend takes to be seen to. */
const DISABLE_AFTER_SECONDS = 5 * 86_400;

export interface Claim {
  readonly sequence: number;
  readonly id: string;
  readonly endpointId: string;
  /** This one included. */
  readonly attempts: number;
  readonly url: string;
  readonly includesUserMetadata: boolean;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly data: JsonObject;
    readonly occurredAt: Date;
  };
  /** The present secret, and the one before while it still signs. @throws when they cannot be read */
  secrets(): string[];
}

export interface Outcome {
  /** Null: there was no answer. */
  readonly responseStatus: number | null;
  readonly responseBody: string | null;
  /** Null when it was delivered. */
  readonly error: string | null;
}

/** How many of each endpoint are on their way from here. */
export type Busy = ReadonlyMap<string, number>;

export interface DeliveryQueue {
  /**
   * Rows that are due, each the first that waits for its person and endpoint. Nobody else gets them, or those behind them, while the lease
   * lasts.
   */
  claim(busy: Busy, limits: { perEndpoint: number; total: number }): Promise<Claim[]>;
  /** When there is more for those endpoints that have places free. Null: not by itself. */
  nextDueAt(busy: Busy, limits: { perEndpoint: number }): Promise<Date | null>;
  /** One that nobody is at, due or not. Null: somebody is, or it is over. */
  claimOne(id: string): Promise<Claim | null>;
  markDelivered(claim: Claim, outcome: Outcome): Promise<void>;
  tryAgain(claim: Claim, dueAt: Date, outcome: Outcome): Promise<void>;
  /** True when the endpoint was switched off thereby: it has failed for days. */
  giveUp(claim: Claim, outcome: Outcome): Promise<boolean>;
  /** Forgets what is over for long. */
  prune(): Promise<void>;
}

/** Only for the claim that is still the last one. The endpoint is written only when it begins to fail, or is well again. */
const SETTLE = `
  with settled as (
    update limen.webhook_deliveries
    set claimed_until = null, response_status = $3, response_body = $4, last_error = $5, status = $6,
      due_at = coalesce($7, due_at), finished_at = case when $6 <> 'pending' then $8::timestamptz end
    where sequence = $1 and attempts = $2 and status = 'pending'
    returning endpoint_id
  )
  update limen.webhook_endpoints set failing_since = case when $9::boolean then $8::timestamptz end
  where id in (select endpoint_id from settled) and (failing_since is null) = $9`;

export function createDeliveryQueue({
  database,
  clock,
  secrets,
}: {
  database: Database;
  clock: Clock;
  secrets: SecretBox;
}): DeliveryQueue {
  const fromNow = (seconds: number) => new Date(clock().getTime() + seconds * 1000);

  const claimOf = (row: ClaimedRow): Claim => ({
    sequence: row.sequence,
    id: row.id,
    endpointId: row.endpoint_id,
    attempts: row.attempts,
    url: row.url,
    includesUserMetadata: row.includes_user_metadata,
    event: { id: row.event_id, type: row.type, data: row.data, occurredAt: row.occurred_at },
    secrets: () =>
      [row.secret, row.previous_secret]
        .filter((stored) => stored !== null)
        .map((stored) => secrets.open(stored, row.endpoint_id)),
  });

  /** @param dueAt null: not again @param isFailing what this says of the endpoint; null: nothing */
  async function settle(
    db: Queryable,
    { sequence, attempts }: Claim,
    { responseStatus, responseBody, error }: Outcome,
    status: WebhookDeliveryStatus,
    dueAt: Date | null,
    isFailing: boolean | null,
  ) {
    const answer = [responseStatus, responseBody, error];
    await db.query(SETTLE, [sequence, attempts, ...answer, status, dueAt, clock(), isFailing]);
  }

  /** Nothing new is kept for it from then on; what waits goes on waiting. False: it is on, or was off. */
  async function disableIfFailing(tx: Queryable, endpointId: string): Promise<boolean> {
    const disabled = await tx.query(
      `update limen.webhook_endpoints set is_enabled = false, disabled_at = $2, updated_at = $2
       where id = $1 and is_enabled and failing_since <= $3 returning 1`,
      [endpointId, clock(), fromNow(-DISABLE_AFTER_SECONDS)],
    );
    if (disabled.length === 0) return false;
    const details = { webhookId: endpointId };
    await recordEvents(tx, ownClient('webhooks'), { action: 'webhook.disabled', userId: null, details });
    return true;
  }

  /** A batch at a time, so that no statement holds much for long. */
  async function untilDone(remove: string, parameters: readonly unknown[]): Promise<void> {
    for (let removed = PRUNE_AT_ONCE; removed === PRUNE_AT_ONCE; ) {
      removed = (await database.query(remove, parameters)).length;
    }
  }

  return {
    async claim(busy, { perEndpoint, total }) {
      for (;;) {
        const rows = await database.query<ClaimedRow & { aside: number }>(CLAIM_DUE, [
          clock(),
          fromNow(LEASE_SECONDS),
          [...busy.keys()],
          [...busy.values()],
          perEndpoint,
          total,
        ]);
        const claimed = rows.filter(({ sequence }) => sequence !== null);
        // Behind what was put aside there may be somebody who is first.
        if (claimed.length > 0 || rows[0]!.aside === 0) return claimed.map(claimOf);
      }
    },
    async nextDueAt(busy, { perEndpoint }) {
      const [next] = await database.query<{ due_at: Date | null }>(NEXT_DUE, [
        [...busy.keys()],
        [...busy.values()],
        perEndpoint,
      ]);
      return next?.due_at ?? null;
    },
    async claimOne(id) {
      const [row] = await database.query<ClaimedRow>(CLAIM_ONE, [clock(), fromNow(LEASE_SECONDS), id]);
      return row ? claimOf(row) : null;
    },
    markDelivered: (claim, outcome) => settle(database, claim, outcome, 'delivered', null, false),
    tryAgain: (claim, dueAt, outcome) => settle(database, claim, outcome, 'pending', dueAt, true),
    giveUp: (claim, outcome) =>
      database.transaction(async (tx) => {
        // A test that fails is for whoever makes it: the receiver may not be there yet.
        const isTest = claim.event.type === TEST_EVENT;
        await settle(tx, claim, outcome, 'dead', null, isTest ? null : true);
        return !isTest && disableIfFailing(tx, claim.endpointId);
      }),
    async prune() {
      await untilDone(
        `delete from limen.webhook_deliveries where sequence in (
           select sequence from limen.webhook_deliveries
           where status <> 'pending' and (finished_at < $2 or (finished_at < $1 and status = 'delivered'))
           limit ${PRUNE_AT_ONCE}) returning 1`,
        [fromNow(-KEEP_DELIVERED_SECONDS), fromNow(-KEEP_DEAD_SECONDS)],
      );
      // Written by somebody whose transaction began before the endpoint was deleted.
      await untilDone(
        `delete from limen.webhook_deliveries where sequence in (
           select sequence from limen.webhook_deliveries
           where not exists (select from limen.webhook_endpoints where id = endpoint_id)
           limit ${PRUNE_AT_ONCE}) returning 1`,
        [],
      );
      // Somebody has removed by hand what these wait for.
      await database.query(
        `update limen.webhook_deliveries waiting set waits_for = null
         where waits_for is not null and not exists (
           select from limen.webhook_deliveries earlier where earlier.sequence = waiting.waits_for and earlier.status = 'pending')`,
      );
      await database.query(
        'update limen.webhook_endpoints set previous_secret = null where previous_secret_expires_at <= $1',
        [clock()],
      );
      await untilDone(
        `delete from limen.webhook_events where id in (
           select id from limen.webhook_events event where occurred_at < $1
             and not exists (select from limen.webhook_deliveries where event_id = event.id)
           limit ${PRUNE_AT_ONCE}) returning 1`,
        [fromNow(-KEEP_DELIVERED_SECONDS)],
      );
      await database.query('delete from limen.webhooks_received where received_at < $1', [
        fromNow(-KEEP_RECEIVED_SECONDS),
      ]);
    },
  };
}
