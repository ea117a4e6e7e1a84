/**
 * The rows of `limen.outbox` as those who send them see them. To claim a row is to move the time when it is due behind a lease: if the
 * process dies, somebody else finds it due again. `attempts` counts the claims, and whoever holds an older claim changes nothing any more.
 */
import type { Clock } from '../../identity/clock.ts';
import type { Database } from '../postgres/database.ts';
import type { QueuedMessage } from './delivery.ts';
import type { Message } from './message.ts';

/** Renewed while the message is being sent, so it bounds what a killed process delays, and how far clocks may differ. */
export const LEASE_SECONDS = 60;

/** What was sent or given up is kept so long, without its contents, for whoever looks why a mail did not come. */
const KEEP_SECONDS = 7 * 86_400;

export interface Claim {
  readonly message: QueuedMessage;
  /** This one included. */
  readonly attempts: number;
  readonly createdAt: Date;
}

export interface Queue {
  /** Rows that are due, the longest due first; nobody else gets them while the lease lasts. */
  claim(limit: number): Promise<Claim[]>;
  renew(claim: Claim): Promise<void>;
  markSent(claim: Claim): Promise<void>;
  tryAgain(claim: Claim, dueAt: Date, error: string): Promise<void>;
  giveUp(claim: Claim, error: string): Promise<void>;
  /** Forgets what is over for long. */
  prune(): Promise<void>;
}

const OPEN = 'sent_at is null and given_up_at is null';

/** Of whoever is gone, not even the address of the last mail to them stays. */
const WITHOUT_CONTENTS = `payload = null,
  recipient = case when payload ->> 'template' = 'account-deleted' then '' else recipient end,
  user_id = case when payload ->> 'template' = 'account-deleted' then null else user_id end`;

export function createQueue({ database, clock }: { database: Database; clock: Clock }): Queue {
  const secondsFromNow = (seconds: number) => new Date(clock().getTime() + seconds * 1000);
  /** Only for the claim that is still the last one. */
  const update = async ({ message, attempts }: Claim, assignments: string, ...values: unknown[]) => {
    await database.query(
      `update limen.outbox set ${assignments} where id = $1 and attempts = $2 and ${OPEN}`,
      [message.id, attempts, ...values],
    );
  };
  return {
    async claim(limit) {
      const rows = await database.query<{ id: string; payload: Message; attempts: number; created_at: Date }>(
        `update limen.outbox set due_at = $2, attempts = attempts + 1
         where id in (
           select id from limen.outbox where ${OPEN} and due_at <= $1 order by due_at limit $3
           for update skip locked)
         returning id, payload, attempts, created_at`,
        [clock(), secondsFromNow(LEASE_SECONDS), limit],
      );
      return rows.map(({ id, payload, attempts, created_at }) => ({
        message: { ...payload, id },
        attempts,
        createdAt: created_at,
      }));
    },
    renew: (claim) => update(claim, 'due_at = $3', secondsFromNow(LEASE_SECONDS)),
    markSent: (claim) => update(claim, `sent_at = $3, last_error = null, ${WITHOUT_CONTENTS}`, clock()),
    tryAgain: (claim, dueAt, error) => update(claim, 'due_at = $3, last_error = $4', dueAt, error),
    giveUp: (claim, error) =>
      update(claim, `given_up_at = $3, last_error = $4, ${WITHOUT_CONTENTS}`, clock(), error),
    async prune() {
      await database.query(
        'delete from limen.outbox where coalesce(sent_at, given_up_at) < $1 and payload is null',
        [secondsFromNow(-KEEP_SECONDS)],
      );
    },
  };
}
