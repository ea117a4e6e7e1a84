/** Messages wait in `limen.outbox`, written in the transaction that causes them, so that neither comes without the other. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../identity/clock.ts';
import type { Queryable } from '../postgres/database.ts';
import { type Message, NOTICE_TEMPLATES } from './message.ts';

export interface Outbox {
  /** To be sent once the transaction has committed. */
  add(tx: Queryable, message: Message): Promise<void>;
  /** Says, after that commit, that there is something to send. Nothing waits for it; what is not told of is found a little later. */
  wake(): void;
}

export interface OutboxOptions {
  clock: Clock;
  onWake: () => void;
  /** Whether people are told of what changed in how their account is secured. */
  notices?: boolean;
}

export function createOutbox({ clock, onWake, notices = true }: OutboxOptions): Outbox {
  return {
    async add(tx, message) {
      if (!notices && isSecurityNotice(message)) return;
      await tx.query(
        `insert into limen.outbox (id, user_id, channel, recipient, payload, created_at, due_at)
         values ($1, $2, $3, $4, $5::jsonb, $6, $6)`,
        [
          randomUUID(),
          'userId' in message ? message.userId : null,
          message.channel,
          message.to,
          message,
          clock(),
        ],
      );
    },
    wake: onWake,
  };
}

/** Not `account-exists`: that is part of the answer to a sign-up, and a sign-up of a free address mails as well. */
function isSecurityNotice(message: Message): boolean {
  if (message.channel !== 'email' || message.template === 'account-exists') return false;
  return (NOTICE_TEMPLATES as readonly string[]).includes(message.template);
}
