/** What waits in the outbox. */
import type { MailMessage, Message } from '../../src/adapters/mail/message.ts';
import type { Database } from '../../src/adapters/postgres/database.ts';

/** Any kind of message, with what any of them may have. */
export type SentMessage = Message & Partial<MailMessage>;

/**
 * For an address or a number, the newest first, by the transaction where the clock stands still: rows take the places of those that are gone.
 * Nothing is sent unless a test sends it.
 */
export async function messagesTo(database: Database, recipient: string): Promise<SentMessage[]> {
  const rows = await database.query<{ payload: SentMessage }>(
    `select payload from limen.outbox where recipient = $1 and payload is not null
     order by created_at desc, xmin::text::bigint desc, ctid desc`,
    [recipient],
  );
  return rows.map(({ payload }) => payload);
}
