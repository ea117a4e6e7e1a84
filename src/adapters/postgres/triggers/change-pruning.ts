/** Forgets changes that nobody has to hear of any more. */
import type { Queryable } from '../database.ts';

/** At once, well within the time a statement of the change feed has: after a long pause there may be very many. */
const AT_ONCE = 10_000;

/** @param keepSeconds the life of the longest-lived access token; more is kept, for instances whose clocks or connections are behind */
export async function pruneOldChanges(db: Queryable, keepSeconds: number): Promise<void> {
  await db.query(
    `delete from limen.changes where sequence in (
       select sequence from limen.changes where at < clock_timestamp() - make_interval(secs => $1)
       order by at limit ${AT_ONCE} for update skip locked)`,
    [keepSeconds * 2 + 3600],
  );
}

/**
 * Keeps of one person the newest change, so that somebody who changes again and again fills no table. An earlier one goes when all could see
 * it before the later one was there: whoever has heard of the later has then heard of the earlier too, and whoever has not will.
 * Sequence numbers would not do, as they become visible in any order.
 * @param snapshot taken some time ago: what was visible in it is earlier, what was not is later
 */
export async function pruneRepeatedChanges(db: Queryable, snapshot: string): Promise<void> {
  await db.query(
    `delete from limen.changes where sequence in (
       select earlier.sequence from (
         select user_id, max(at) as at from limen.changes
         where kind = 'user' and xid >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(xid, $1::pg_snapshot)
         group by user_id
       ) later cross join lateral (
         select sequence from limen.changes
         where kind = 'user' and user_id = later.user_id and at <= later.at and pg_visible_in_snapshot(xid, $1::pg_snapshot)
         limit ${AT_ONCE} for update skip locked
       ) earlier
       limit ${AT_ONCE})`,
    [snapshot],
  );
}
