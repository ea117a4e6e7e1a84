import type { Outbox } from '../adapters/mail/outbox.ts';
import type { Queryable } from '../adapters/postgres/database.ts';
import { localeOf } from './person-locale.ts';
import type { FullUserRow } from './user-row.ts';

/** Tells somebody that a way to sign in to their account has come or gone; nobody is told where there is no address. */
export async function addIdentityNotice(
  outbox: Outbox,
  tx: Queryable,
  template: 'identity-linked' | 'identity-unlinked',
  user: FullUserRow,
  provider: string,
): Promise<void> {
  if (!user.email) return;
  await outbox.add(tx, {
    channel: 'email',
    template,
    to: user.email,
    userId: user.id,
    locale: localeOf(user),
    code: null,
    tokenHash: null,
    link: null,
    redirectTo: null,
    data: { provider },
  });
}
