/**
 * How deliveries are claimed. An endpoint is told of one person in order, so of each line only the first is free. What waits in line is found
 * once and put aside, so that a claim costs the same however much waits for a receiver that is dead.
 */
import type { JsonObject } from '../../identity/json.ts';

export interface ClaimedRow {
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
const LOOKED_AT = 25;

/** Endpoints that may be sent to now, with the places that are free. The parameters: how many of each are under way, and how many may be. */
const openEndpoints = (ids: string, counts: string, most: string) => `
  select id, ${most}::int - coalesce(busy.count, 0) as places from limen.webhook_endpoints
  left join unnest(${ids}::uuid[], ${counts}::int[]) as busy (endpoint_id, count) on busy.endpoint_id = id
  where is_enabled and coalesce(busy.count, 0) < ${most}::int`;

/**
 * What is due is either the first of its line, or is put aside behind the one before it. That one is locked meanwhile: were it over in this
 * moment, nobody would call up who came to wait behind it. Nobody waits for the lock; whoever does not get it looks again.
 */
export const CLAIM_DUE = `
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
export const NEXT_DUE = `
  select min(next.due_at) as due_at
  from (${openEndpoints('$1', '$2', '$3')}) open cross join lateral (
    select due_at from limen.webhook_deliveries
    where endpoint_id = open.id and waits_for is null and status = 'pending'
    order by due_at limit 1
  ) next`;

export const CLAIM_ONE = claiming(
  `select sequence from limen.webhook_deliveries where id = $3 and ${UNCLAIMED} for update skip locked`,
);
