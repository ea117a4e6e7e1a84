/** Mails that tell somebody what was done to their account, in case it was not them. */
import type { NOTICE_TEMPLATES } from '../adapters/mail/message.ts';
import type { Queryable } from '../adapters/postgres/database.ts';
import type { JsonObject } from '../identity/json.ts';
import type { Services } from './endpoint.ts';
import type { UserRow } from './user-row.ts';

/** Goes to the address that is known to be theirs; to nobody where none is. The caller wakes the outbox after the commit. */
export async function addNotice(
  { outbox }: Services,
  tx: Queryable,
  user: UserRow,
  template: (typeof NOTICE_TEMPLATES)[number],
  data: JsonObject = {},
): Promise<void> {
  if (!user.email || !user.email_confirmed_at) return;
  const locale = user.raw_user_meta_data?.locale;
  await outbox.add(tx, {
    channel: 'email',
    template,
    to: user.email,
    userId: user.id,
    locale: typeof locale === 'string' ? locale : null,
    code: null,
    tokenHash: null,
    link: null,
    redirectTo: null,
    data,
  });
}
