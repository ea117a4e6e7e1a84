/** Mails that tell somebody what was done to their account, in case it was not them. */
import type { NOTICE_TEMPLATES } from '../../adapters/mail/message.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { JsonObject } from '../../identity/json.ts';
import type { Services } from '../protocol/endpoint.ts';
import { localeOf } from './person-locale.ts';
import type { UserRow } from './user-row.ts';

/** Goes to the address that is known to be theirs; to nobody where none is. The caller wakes the outbox after the commit. */
export async function addNotice(
  { outbox }: Pick<Services, 'outbox'>,
  tx: Queryable,
  user: Pick<UserRow, 'id' | 'email' | 'email_confirmed_at' | 'raw_user_meta_data'>,
  template: (typeof NOTICE_TEMPLATES)[number],
  data: JsonObject = {},
): Promise<void> {
  if (!user.email || !user.email_confirmed_at) return;
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
    data,
  });
}
