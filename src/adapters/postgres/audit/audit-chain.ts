/** Reads the hash chain from its beginning, and says where it does not hold. Writes nothing. */
import { createHash } from 'node:crypto';
import type { Database } from '../database.ts';

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
 * How much older than an event before it one may be that was sealed later. No transaction of ours is open for so long; whoever writes into the
 * past, as an owner of the table can, shows by it.
 */
const MAX_DELAY_MS = 10 * 60_000;

interface Link {
  position: number;
  sequence: number;
  hash: string;
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
  const anchor = await anchorOf(database);
  let position = anchor?.position ?? 0;
  let hash = anchor?.hash ?? '00'.repeat(32);
  let latest = Number.NEGATIVE_INFINITY;
  let broken: Break | null = null;
  let hasExpected = expected === null || isSame(anchor, expected);

  for (let page = await linksAfter(database, position); page.length > 0 && !broken; ) {
    for (const link of page) {
      broken = breakAt(link, position, hash, latest);
      if (broken) break;
      ({ position, hash } = link);
      latest = Math.max(latest, link.at?.getTime() ?? latest);
      if (isSame(link, expected)) hasExpected = true;
    }
    page = broken ? [] : await linksAfter(database, position);
  }
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

function breakAt(link: Link, before: number, hash: string, latest: number): Break | null {
  const { position, sequence, text, at } = link;
  if (position !== before + 1) return { position: before + 1, sequence: null, what: 'gap' };
  if (text === null || at === null) return { position, sequence, what: 'removed' };
  const expected = createHash('sha256').update(Buffer.from(hash, 'hex')).update(text).digest('hex');
  if (expected !== link.hash) return { position, sequence, what: 'changed' };
  if (at.getTime() < latest - MAX_DELAY_MS) return { position, sequence, what: 'inserted' };
  return null;
}

const isSame = (head: ChainHead | null, expected: ChainHead | null) =>
  head !== null && expected !== null && head.position === expected.position && head.hash === expected.hash;

async function anchorOf(database: Database): Promise<ChainHead | null> {
  const [anchor] = await database.query<{ position: number; hash: string }>(
    `select position, encode(hash, 'hex') as hash from limen.audit_anchors order by position desc limit 1`,
  );
  return anchor ?? null;
}

const linksAfter = (database: Database, position: number) =>
  database.query<Link>(
    `select chain.position, chain.sequence, encode(chain.hash, 'hex') as hash, event.at, case when event.id is not null then ${TEXT} end as text
     from limen.audit_chain as chain left join limen.audit_events as event on event.sequence = chain.sequence
     where chain.position > $1 order by chain.position limit ${PAGE}`,
    [position],
  );
