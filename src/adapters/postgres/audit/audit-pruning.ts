/** Removes old events, and leaves an anchor, so that what stays can still be verified. */
import type { Client } from '../../../identity/client.ts';
import type { Database } from '../database.ts';
import {
  anchorOf,
  type Break,
  type ChainHead,
  follow,
  type Link,
  linksAfter,
  placeAfter,
} from './audit-chain.ts';
import { recordEvents } from './audit-log.ts';

export interface Pruned {
  /** How many went. */
  readonly events: number;
}

/** In one transaction, so that nobody waits behind a long one. */
const MOST_AT_ONCE = 5000;

/** Under an anchor it would be gone for good that something was wrong. Nothing was removed. */
export class BrokenChainError extends Error {
  override readonly name = 'BrokenChainError';
  readonly broken: Break;

  constructor(broken: Break) {
    super(`The audit log does not hold at position ${broken.position}.`);
    this.broken = broken;
  }
}

/**
 * Removes what is older, from the beginning of the chain up to the first event that is not. What is not sealed yet stays. That it was done is
 * recorded itself.
 * @param client who does it
 * @param options.despiteBreaks whether to remove also what does not hold: the first break is then recorded with the removal
 * @throws {BrokenChainError} what would go is not as it was written
 */
export async function pruneAuditEvents(
  database: Database,
  client: Client,
  before: Date,
  options: PruningOptions = { despiteBreaks: false },
): Promise<Pruned> {
  for (let events = 0; ; ) {
    const removed = await pruneSome(database, client, before, options);
    events += removed;
    if (removed < MOST_AT_ONCE) return { events };
  }
}

interface PruningOptions {
  readonly despiteBreaks: boolean;
}

async function pruneSome(
  database: Database,
  client: Client,
  before: Date,
  { despiteBreaks }: PruningOptions,
): Promise<number> {
  return database.transaction(async (tx) => {
    // The sealer's own: while it appends, the end of the chain is not where it seems.
    await tx.query("select pg_advisory_xact_lock(hashtextextended('limen:audit-chain', 0))");
    const anchor = await anchorOf(tx);
    const old = oldLinks(await linksAfter(tx, anchor?.position ?? 0, MOST_AT_ONCE), before);
    const last = old.at(-1);
    if (!last) return 0;
    const broken = firstBreak(anchor, old);
    if (broken && !despiteBreaks) throw new BrokenChainError(broken);
    const { position, hash } = last;
    await tx.query("insert into limen.audit_anchors (position, hash) values ($1, decode($2, 'hex'))", [
      position,
      hash,
    ]);
    await tx.query(
      `delete from limen.audit_events using limen.audit_chain as chain
       where chain.sequence = audit_events.sequence and chain.position <= $1`,
      [position],
    );
    await tx.query('delete from limen.audit_chain where position <= $1', [position]);
    const details = { position, events: old.length, ...(broken && { brokenAt: broken.position }) };
    await recordEvents(tx, client, { action: 'audit.pruned', userId: null, details });
    return old.length;
  });
}

/** Up to the first that stays. What is missing is as old as what comes before it. */
function oldLinks(links: readonly Link[], before: Date): readonly Link[] {
  const first = links.findIndex(({ at }) => at !== null && at >= before);
  return first < 0 ? links : links.slice(0, first);
}

function firstBreak(anchor: ChainHead | null, links: readonly Link[]): Break | null {
  const place = placeAfter(anchor);
  for (const link of links) {
    const broken = follow(place, link);
    if (broken) return broken;
  }
  return null;
}
