/** Removes old events, and leaves an anchor, so that what stays can still be verified. */
import type { Client } from '../../../identity/client.ts';
import type { Database } from '../database.ts';
import { recordEvents } from './audit-log.ts';

export interface Pruned {
  /** How many went. */
  readonly events: number;
}

/** In one transaction, so that nobody waits behind a long one. */
const MOST_AT_ONCE = 5000;

/**
 * Removes what is older, from the beginning of the chain up to the first event that is not. What is not sealed yet stays. That it was done is
 * recorded itself.
 * @param client who does it
 */
export async function pruneAuditEvents(database: Database, client: Client, before: Date): Promise<Pruned> {
  for (let events = 0; ; ) {
    const removed = await pruneSome(database, client, before);
    events += removed;
    if (removed < MOST_AT_ONCE) return { events };
  }
}

async function pruneSome(database: Database, client: Client, before: Date): Promise<number> {
  return database.transaction(async (tx) => {
    // The sealer's own: while it appends, the end of the chain is not where it seems.
    await tx.query("select pg_advisory_xact_lock(hashtextextended('limen:audit-chain', 0))");
    const [anchor] = await tx.query<{ position: number; events: number }>(
      `with old as (
         select chain.position, chain.hash, event.at from limen.audit_chain as chain
         join limen.audit_events as event on event.sequence = chain.sequence
         order by chain.position limit ${MOST_AT_ONCE}
       ), kept as (select coalesce(min(position), 9223372036854775807) as first from old where at >= $1),
       last as (select position, hash, (select count(*) from old, kept where position < first) as events
         from old, kept where position < first order by position desc limit 1),
       anchored as (insert into limen.audit_anchors (position, hash) select position, hash from last)
       select position, events from last`,
      [before],
    );
    if (!anchor) return 0;
    await tx.query(
      `delete from limen.audit_events using limen.audit_chain as chain
       where chain.sequence = audit_events.sequence and chain.position <= $1`,
      [anchor.position],
    );
    await tx.query('delete from limen.audit_chain where position <= $1', [anchor.position]);
    const { position, events } = anchor;
    await recordEvents(tx, client, { action: 'audit.pruned', userId: null, details: { position, events } });
    return events;
  });
}
