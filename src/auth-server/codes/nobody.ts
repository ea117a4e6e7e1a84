/** Where nobody is to be sent anything, the same statements run all the same, so that the answer takes as long. */
import type { Message } from '../../adapters/mail/message.ts';
import type { Outbox } from '../../adapters/mail/outbox.ts';

/** Whoever is not there. */
export const NOBODY = {
  id: '00000000-0000-0000-0000-000000000000',
  email: null,
  raw_user_meta_data: null,
};

/**
 * Writes to the log of the database what a message would have: a transaction that wrote nothing commits without waiting for the disk, and
 * is quicker by just that. Nobody reads it, and it is gone with the log.
 *
 * @param instead what is sent all the same
 */
export const sendingNothing = (outbox: Outbox, instead: Message | null = null): Outbox => ({
  ...outbox,
  async add(tx, message) {
    if (instead) await outbox.add(tx, instead);
    else {
      const size = JSON.stringify(message).length;
      await tx.query(`select pg_logical_emit_message(true, 'limen', repeat(' ', $1::int))`, [size]);
    }
  },
});
