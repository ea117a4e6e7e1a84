/**
 * The rows of `limen.mirror_queue`: of whom Supabase is to be asked. To claim a row is to move the time when it is due behind a lease, so
 * that a killed process delays somebody and forgets nobody.
 */
import type { Clock } from '../../identity/clock.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import { retryAfterSeconds } from '../workers/retry.ts';

export interface MirrorClaim {
  readonly userId: string;
  readonly version: number;
  /** This one included. */
  readonly attempts: number;
}

/** Longer than a question to Supabase and the writing of its answer take together. */
const LEASE_SECONDS = 60;

/** Due at once. Who is in the queue already is begun with anew, also when somebody is being asked about at this moment. */
export async function queuePeople(tx: Queryable, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(
    `insert into limen.mirror_queue (user_id, queued_at, due_at) select distinct id, $2::timestamptz, $2 from unnest($1::uuid[]) as id
     on conflict (user_id) do update set version = mirror_queue.version + 1, attempts = 0, due_at = excluded.due_at`,
    [ids, now],
  );
}

/** The same for somebody who is not in the replica yet; nothing for all others. */
export async function queueUnknown(database: Queryable, id: string, now: Date): Promise<boolean> {
  const queued = await database.query(
    `insert into limen.mirror_queue (user_id, queued_at, due_at)
     select $1::uuid, $2::timestamptz, $2 where not exists (select from auth.users where id = $1)
     on conflict (user_id) do nothing returning user_id`,
    [id, now],
  );
  return queued.length > 0;
}

export interface MirrorQueue {
  /** Who is due, the longest due first; nobody else gets them while the lease lasts. */
  claim(limit: number): Promise<MirrorClaim[]>;
  finish(claim: MirrorClaim): Promise<void>;
  tryAgain(claim: MirrorClaim, error: string): Promise<void>;
}

export function createMirrorQueue({ database, clock }: { database: Database; clock: Clock }): MirrorQueue {
  const secondsFromNow = (seconds: number) => new Date(clock().getTime() + seconds * 1000);
  return {
    async claim(limit) {
      const rows = await database.query<{ user_id: string; version: number; attempts: number }>(
        `update limen.mirror_queue set due_at = $2, attempts = attempts + 1, version = version + 1
         where user_id in (
           select user_id from limen.mirror_queue where due_at <= $1 order by due_at limit $3 for update skip locked)
         returning user_id, version, attempts`,
        [clock(), secondsFromNow(LEASE_SECONDS), limit],
      );
      return rows.map(({ user_id, ...claim }) => ({ userId: user_id, ...claim }));
    },
    async finish({ userId, version }) {
      await database.query('delete from limen.mirror_queue where user_id = $1 and version = $2', [
        userId,
        version,
      ]);
    },
    async tryAgain({ userId, version, attempts }, error) {
      await database.query(
        'update limen.mirror_queue set due_at = $3, last_error = $4 where user_id = $1 and version = $2',
        [userId, version, secondsFromNow(retryAfterSeconds(attempts)), error],
      );
    },
  };
}
