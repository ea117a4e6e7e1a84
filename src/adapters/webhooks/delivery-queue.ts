/**
 * The rows of `limen.webhook_deliveries` as those who send them see them. A claim holds until its lease is over: if the process dies,
 * somebody else finds the row due again. `attempts` counts the claims, and whoever holds an older one changes nothing any more.
 */
import type { Clock } from '../../identity/clock.ts';
import type { JsonObject } from '../../identity/json.ts';
import type { Database } from '../postgres/database.ts';
import type { SecretBox } from './secret-box.ts';

/** Far longer than an attempt may take. It bounds what a killed process delays. */
export const LEASE_SECONDS = 60;

/** What was delivered is kept so long for whoever looks, or wants it once more; what was given up, longer. */
const KEEP_DELIVERED_SECONDS = 7 * 86_400;
const KEEP_DEAD_SECONDS = 30 * 86_400;
/** Repetitions come sooner. */
const KEEP_RECEIVED_SECONDS = 86_400;
const PRUNE_AT_ONCE = 5000;

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
  giveUp(claim: Claim, outcome: Outcome): Promise<void>;
  /** Forgets what is over for long. */
  prune(): Promise<void>;
}

interface ClaimedRow {
  sequence: number;
  id: string;
  endpoint_id: string;
  attempts: number;
  url: string;
  includes_user_metadata: boolean;
  secret: string;
  previous_secret: string | null;
  event_id: string;
  type: string;
  data: JsonObject;
  occurred_at: Date;
}

/** `$1` is now. */
const UNCLAIMED = "status = 'pending' and (claimed_until is null or claimed_until <= $1)";

/** @param picked what selects the sequences to claim; `$1` is now, `$2` the end of the lease, when the row is due again */
const claiming = (picked: string) => `
  update limen.webhook_deliveries claimed
  set claimed_until = $2, due_at = $2, attempted_at = $1, attempts = claimed.attempts + 1
  from (${picked}) picked, limen.webhook_endpoints endpoint, limen.webhook_events event
  where claimed.sequence = picked.sequence and endpoint.id = claimed.endpoint_id and event.id = claimed.event_id
  returning claimed.sequence, claimed.id, claimed.endpoint_id, claimed.attempts, endpoint.url, endpoint.includes_user_metadata,
    endpoint.secret, case when endpoint.previous_secret_expires_at > $1 then endpoint.previous_secret end as previous_secret,
    event.id as event_id, event.type, event.data, event.occurred_at`;

/** Of each endpoint in one turn: what waits in line is put aside by as many, and looked at no more. */
const LOOKED_AT = 100;

/** Endpoints that may be sent to now, with the places that are free. The parameters: how many of each are under way, and how many may be. */
const openEndpoints = (ids: string, counts: string, most: string) => `
  select id, ${most}::int - coalesce(busy.count, 0) as places from limen.webhook_endpoints
  left join unnest(${ids}::uuid[], ${counts}::int[]) as busy (endpoint_id, count) on busy.endpoint_id = id
  where is_enabled and coalesce(busy.count, 0) < ${most}::int`;

/**
 * What is due is either the first of its line, or is put aside behind the one before it. That one is locked meanwhile: were it over in this
 * moment, nobody would call up who came to wait behind it. Nobody waits for the lock; whoever does not get it looks again.
 */
const CLAIM_DUE = `
  with due as materialized (
    select delivery.*, open.places
    from (${openEndpoints('$3', '$4', '$5')}) open cross join lateral (
      select sequence, endpoint_id, user_id, due_at from limen.webhook_deliveries
      where endpoint_id = open.id and waits_for is null and ${UNCLAIMED} and due_at <= $1
      order by due_at, sequence limit ${LOOKED_AT}
      for update skip locked
    ) delivery
  ), placed as materialized (
    select due.*, (
      select sequence from limen.webhook_deliveries earlier
      where earlier.endpoint_id = due.endpoint_id and earlier.user_id = due.user_id
        and earlier.sequence < due.sequence and earlier.status = 'pending'
      order by sequence desc limit 1) as earlier
    from due
  ), in_the_way as materialized (
    select coalesce(array_agg(sequence), '{}') as sequences from (
      select sequence from limen.webhook_deliveries
      where sequence = any(array(select earlier from placed where earlier is not null)) and status = 'pending'
      for share skip locked
    ) locked
  ), aside as (
    update limen.webhook_deliveries waiting set waits_for = placed.earlier
    from placed, in_the_way
    where waiting.sequence = placed.sequence and placed.earlier = any(in_the_way.sequences)
    returning 1
  ), first_in_line as (
    select sequence, places, row_number() over (partition by endpoint_id order by due_at, sequence) as place
    from placed, in_the_way where earlier is null
  ), claimed as (${claiming('select sequence from first_in_line where place <= places limit $6')})
  select claimed.*, (select count(*)::int from aside) as aside
  from (select) as one left join claimed on true`;

/** When the next is due, or the lease of one over. Its parameters are those of `openEndpoints`. */
const NEXT_DUE = `
  select min(next.due_at) as due_at
  from (${openEndpoints('$1', '$2', '$3')}) open cross join lateral (
    select due_at from limen.webhook_deliveries
    where endpoint_id = open.id and waits_for is null and status = 'pending'
    order by due_at limit 1
  ) next`;

const CLAIM_ONE = claiming(
  `select sequence from limen.webhook_deliveries where id = $3 and ${UNCLAIMED} for update skip locked`,
);

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

  /** Only for the claim that is still the last one. */
  async function update(
    { sequence, attempts }: Claim,
    { responseStatus, responseBody, error }: Outcome,
    assignments: string,
    at: Date,
  ) {
    await database.query(
      `update limen.webhook_deliveries
       set claimed_until = null, response_status = $3, response_body = $4, last_error = $5, ${assignments}
       where sequence = $1 and attempts = $2 and status = 'pending'`,
      [sequence, attempts, responseStatus, responseBody, error, at],
    );
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
    markDelivered: (claim, outcome) =>
      update(claim, outcome, "status = 'delivered', finished_at = $6", clock()),
    tryAgain: (claim, dueAt, outcome) => update(claim, outcome, 'due_at = $6', dueAt),
    giveUp: (claim, outcome) => update(claim, outcome, "status = 'dead', finished_at = $6", clock()),
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
