/** Where nobody is to be sent anything, the same statements run all the same, so that the answer takes as long. */
import type { Outbox } from '../../adapters/mail/outbox.ts';

/** Whoever is not there. */
export const NOBODY = {
  id: '00000000-0000-0000-0000-000000000000',
  email: null,
  raw_user_meta_data: null,
};

export const sendingNothing = (outbox: Outbox): Outbox => ({
  ...outbox,
  async add(tx) {
    await tx.query('insert into limen.outbox (id) select gen_random_uuid() where false');
  },
});
