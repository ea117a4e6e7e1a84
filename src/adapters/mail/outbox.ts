/** Messages wait in `limen.outbox`, written in the transaction that causes them, so that neither comes without the other. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../identity/clock.ts';
import type { Queryable } from '../postgres/database.ts';
import type { Message } from './message.ts';

export interface Outbox {
  /** To be sent once the transaction has committed. */
  add(tx: Queryable, message: Message): Promise<void>;
  /** Says, after that commit, that there is something to send. Nothing waits for it; what is not told of is found a little later. */
  wake(): void;
}

export function createOutbox({ clock, onWake }: { clock: Clock; onWake: () => void }): Outbox {
  return {
    async add(tx, message) {
      await tx.query(
        `insert into limen.outbox (id, channel, recipient, payload, created_at, due_at)
         values ($1, $2, $3, $4::jsonb, $5, $5)`,
        [randomUUID(), message.channel, message.to, message, clock()],
      );
    },
    wake: onWake,
  };
}
