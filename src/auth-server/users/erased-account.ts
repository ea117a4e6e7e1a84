/** The end of an account whose person asked for it. */
import type { Client } from '../../identity/client.ts';
import type { AuthServerNeeds } from '../protocol/needs.ts';
import { deleteUser } from './deleted-user.ts';
import { addNotice } from './notice.ts';
import { findUserById } from './user-row.ts';

/** Unlike an administrator's deletion it tells the person, in the same transaction: there is nobody to ask for an address later. */
export function createAccountEraser({
  database,
  outbox,
  changes,
}: Pick<AuthServerNeeds, 'database' | 'outbox' | 'changes'>): (client: Client, id: string) => Promise<void> {
  return async (client, id) => {
    const ended = await database.transaction(async (tx) => {
      const user = await findUserById(tx, id);
      const ended = await deleteUser(tx, client, id);
      // After all other mail to them was taken away.
      if (user && ended) await addNotice({ outbox }, tx, user, 'account-deleted');
      // Asked for in the moment in which somebody else's request carried it out, and written down after what was written down went.
      else await tx.query('delete from limen.account_deletions where user_id = $1', [id]);
      return ended ?? [];
    });
    outbox.wake();
    for (const sessionId of ended) changes.sessionEnded(sessionId);
    changes.userChanged(id);
  };
}
