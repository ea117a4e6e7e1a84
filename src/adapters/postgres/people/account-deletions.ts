/** `limen.account_deletions`, and the mails that tell of what is written there. */
import type { Account } from '../../../identity/account.ts';
import type { Clock } from '../../../identity/clock.ts';
import type { JsonObject } from '../../../identity/json.ts';
import type { AccountDeletionStore } from '../../../identity/own-account/account-deletion.ts';
import type { MailTemplate } from '../../mail/message.ts';
import type { Outbox } from '../../mail/outbox.ts';
import { recordEvents } from '../audit/audit-log.ts';
import type { Database, Queryable } from '../database.ts';

/** How long whoever claimed a deletion has for it: more than any auth server takes to answer. */
const LEASE_MS = 5 * 60_000;

export interface AccountDeletionsOptions {
  database: Database;
  clock: Clock;
  /** Null: nobody is told, as Supabase mails by itself, and knows nothing of this. */
  outbox: Outbox | null;
}

export function createAccountDeletions({
  database,
  clock,
  outbox,
}: AccountDeletionsOptions): AccountDeletionStore {
  async function addNotice(
    tx: Queryable,
    account: Account,
    template: MailTemplate,
    data: JsonObject = {},
  ): Promise<void> {
    const { id, email, record, userMetadata } = account;
    if (!outbox || !email || !record?.emailConfirmedAt) return;
    const locale = typeof userMetadata.locale === 'string' ? userMetadata.locale : null;
    const nothing = { code: null, tokenHash: null, link: null, redirectTo: null };
    await outbox.add(tx, { channel: 'email', template, to: email, userId: id, locale, ...nothing, data });
  }

  return {
    async schedule(account, deletesAt, client) {
      const now = clock();
      const scheduled = await database.transaction(async (tx) => {
        const [row] = await tx.query<{ deletes_at: Date; is_new: boolean }>(
          `insert into limen.account_deletions as known (user_id, requested_at, deletes_at, due_at)
           values ($1, $2, $3, $3)
           on conflict (user_id) do update set
             deletes_at = least(known.deletes_at, $3), due_at = least(known.due_at, $3)
           returning deletes_at, xmax = 0 as is_new`,
          [account.id, now, deletesAt],
        );
        const { deletes_at, is_new } = row!;
        if (is_new && deletes_at > now) {
          const deletesOn = deletes_at.toISOString().slice(0, 10);
          await addNotice(tx, account, 'account-deletion-scheduled', { deletesOn });
          const details = { until: deletes_at.toISOString() };
          await recordEvents(tx, client, { action: 'user.deletion_scheduled', userId: account.id, details });
        }
        return deletes_at;
      });
      outbox?.wake();
      return scheduled;
    },

    async cancel(account, client) {
      const isCancelled = await database.transaction(async (tx) => {
        const cancelled = await tx.query(
          'delete from limen.account_deletions where user_id = $1 and begun_at is null returning 1',
          [account.id],
        );
        if (cancelled.length === 0) return false;
        await addNotice(tx, account, 'account-deletion-cancelled');
        await recordEvents(tx, client, { action: 'user.deletion_cancelled', userId: account.id });
        return true;
      });
      outbox?.wake();
      return isCancelled;
    },

    async begin(userId) {
      const begun = await database.query(
        `update limen.account_deletions set begun_at = coalesce(begun_at, $2)
         where user_id = $1 and deletes_at <= $2 returning 1`,
        [userId, clock()],
      );
      return begun.length > 0;
    },

    async claimDue(limit) {
      const now = clock();
      const claimed = await database.query<{ user_id: string }>(
        `update limen.account_deletions set due_at = $2
         where user_id in (
           select user_id from limen.account_deletions where due_at <= $1 order by due_at limit $3
           for update skip locked)
         returning user_id`,
        [now, new Date(now.getTime() + LEASE_MS), limit],
      );
      return claimed.map(({ user_id }) => user_id);
    },

    async postpone(userId, until) {
      await database.query('update limen.account_deletions set due_at = $2 where user_id = $1', [
        userId,
        until,
      ]);
    },
  };
}
