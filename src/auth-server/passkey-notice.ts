import type { Queryable } from '../adapters/postgres/database.ts';
import type { Services } from './endpoint.ts';
import type { PasskeyRow } from './passkey-row.ts';
import { localeOf } from './person-locale.ts';
import type { UserRow } from './user-row.ts';

/** Tells somebody of a change to their ways in, which may not have been theirs. Whoever has no address is told nothing. */
export async function addPasskeyNotice(
  { outbox }: Services,
  tx: Queryable,
  user: Pick<UserRow, 'id' | 'email' | 'raw_user_meta_data'>,
  template: 'passkey-added' | 'passkey-removed',
  passkey: PasskeyRow,
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
    data: { passkeyName: passkey.friendly_name },
  });
}
