/** Reads the hash chain from its beginning, and says where it does not hold. Writes nothing. */
import { createHash } from 'node:crypto';
import type { Database, Queryable } from '../database.ts';

export interface ChainReport {
  /** How many events hold, from the beginning or the anchor on. */
  readonly verified: number;
  /** Recorded, and not in the chain yet. */
  readonly unsealed: number;
  /** The end of what holds: to be kept elsewhere, and compared the next time. Null for an empty chain. */
  readonly head: ChainHead | null;
  /** Where it begins, once older events were pruned; null where it begins with the first event. */
  readonly anchor: ChainHead | null;
  /** The first thing that does not hold; null where all does. */
  readonly broken: Break | null;
}

export interface ChainHead {
  readonly position: number;
  /** SHA-256, in hexadecimal. */
  readonly hash: string;
}

export interface Break {
  readonly position: number;
  readonly sequence: number | null;
  readonly what: 'changed' | 'removed' | 'inserted' | 'gap' | 'expected-head';
}

const PAGE = 1000;

/**
 * How much older one may be than an event before it, and than its own sealing. No transaction of ours is open for so long: whoever writes into
 * the past, as an owner of the table can, shows by it. Both at once, since a clock that was set back makes honest events older than those
 * before, and a server that was away seals late.
 */
const MAX_DELAY_MS = 10 * 60_000;

export interface Link {
  position: number;
  sequence: number;
  hash: string;
  sealed_at: Date;
  at: Date | null;
  text: string | null;
}

// Not the function that sealed them: whoever altered the events may have altered it too.
const TEXT = `jsonb_build_array(
    event.sequence, event.id, to_char(event.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    event.action, event.outcome, event.code, event.actor_kind, event.actor_id, event.session_id, event.impersonator_id,
    host(event.address), event.user_agent, event.request_id, event.user_id, event.details)::text`;

/**
 * In pages, each a statement of its own: a log of any size is read without holding anything up.
 * @param expected a head that was noted down before: the chain must still have it. Whoever can write all of the database can make a chain anew
 *   that holds by itself, and not one that holds with this.
 */
export async function verifyChain(database: Database, expected: ChainHead | null): Promise<ChainReport> {
  const report = await readChain(database, expected);
  if (!report.broken || report.anchor?.position === (await anchorOf(database))?.position) return report;
  // Somebody pruned meanwhile, and what went is no gap.
  return verifyChain(database, expected);
}

async function readChain(database: Database, expected: ChainHead | null): Promise<ChainReport> {
  const anchor = await anchorOf(database);
  const place = placeAfter(anchor);
  let broken: Break | null = null;
  let hasExpected = expected === null || isSame(anchor, expected);

  for (let page = await linksAfter(database, place.position, PAGE); page.length > 0 && !broken; ) {
    for (const link of page) {
      broken = follow(place, link);
      if (broken) break;
      if (isSame(link, expected)) hasExpected = true;
    }
    page = broken ? [] : await linksAfter(database, place.position, PAGE);
  }
  const { position, hash } = place;
  if (!broken && !hasExpected && expected) {
    broken = { position: expected.position, sequence: null, what: 'expected-head' };
  }
  const [rest] = await database.query<{ count: number }>(
    `select count(*) from limen.audit_events as event
     where not exists (select from limen.audit_chain as chain where chain.sequence = event.sequence)`,
  );
  return {
    verified: position - (anchor?.position ?? 0),
    unsealed: rest?.count ?? 0,
    head: position > 0 ? { position, hash } : null,
    anchor,
    broken,
  };
}

/** How far the chain was followed. */
interface Place extends ChainHead {
  position: number;
  hash: string;
  /** The time of the youngest event until here. */
  latest: number;
}

export const placeAfter = (anchor: ChainHead | null): Place => ({
  position: anchor?.position ?? 0,
  hash: anchor?.hash ?? '00'.repeat(32),
  latest: Number.NEGATIVE_INFINITY,
});

/** Goes on to the link, or says why it does not hold there. */
export function follow(place: Place, link: Link): Break | null {
  const { position, sequence, text, at, sealed_at } = link;
  if (position !== place.position + 1) return { position: place.position + 1, sequence: null, what: 'gap' };
  if (text === null || at === null) return { position, sequence, what: 'removed' };
  const hash = createHash('sha256').update(Buffer.from(place.hash, 'hex')).update(text).digest('hex');
  if (hash !== link.hash) return { position, sequence, what: 'changed' };
  const oldest = Math.min(place.latest, sealed_at.getTime()) - MAX_DELAY_MS;
  if (at.getTime() < oldest) return { position, sequence, what: 'inserted' };
  Object.assign(place, { position, hash, latest: Math.max(place.latest, at.getTime()) });
  return null;
}

const isSame = (head: ChainHead | null, expected: ChainHead | null) =>
  head !== null && expected !== null && head.position === expected.position && head.hash === expected.hash;

export async function anchorOf(database: Queryable): Promise<ChainHead | null> {
  const [anchor] = await database.query<{ position: number; hash: string }>(
    `select position, encode(hash, 'hex') as hash from limen.audit_anchors order by position desc limit 1`,
  );
  return anchor ?? null;
}

export const linksAfter = (database: Queryable, position: number, most: number) =>
  database.query<Link>(
    `select chain.position, chain.sequence, chain.sealed_at, encode(chain.hash, 'hex') as hash, event.at, case when event.id is not null then ${TEXT} end as text
     from limen.audit_chain as chain left join limen.audit_events as event on event.sequence = chain.sequence
     where chain.position > $1 order by chain.position limit $2`,
    [position, most],
  );
