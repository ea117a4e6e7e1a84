/** How messages leave the house: by SMTP, into the mailbox of development, by a hook. */
import type { Message } from './message.ts';

/** A message that waits in the outbox. */
export type QueuedMessage<Kind extends Message = Message> = Kind & {
  /** The same each time the message is tried, so that a receiver knows what it has already. */
  readonly id: string;
};

export interface Delivery {
  /**
   * Resolves once somebody else answers for the message. Limits its own time: nobody interrupts it.
   * @throws {UndeliverableError} where trying again is of no use; anything else is tried again
   */
  send(message: QueuedMessage): Promise<void>;
  /** Tells early what would keep messages from being sent. @throws what is wrong */
  check?(): Promise<void>;
  close?(): Promise<void> | void;
}

/** The message cannot be sent, now or later. */
export class UndeliverableError extends Error {
  override readonly name = 'UndeliverableError';
}

/** Each channel its own way; null: there is none. */
export function deliverByChannel(ways: Readonly<Record<Message['channel'], Delivery | null>>): Delivery {
  const all = [...new Set(Object.values(ways))].filter((way) => way !== null);
  return {
    async send(message) {
      const way = ways[message.channel];
      if (!way)
        throw new UndeliverableError(`There is no way to send messages of channel ${message.channel}.`);
      await way.send(message);
    },
    async check() {
      for (const way of all) await way.check?.();
    },
    async close() {
      for (const way of all) await way.close?.();
    },
  };
}
