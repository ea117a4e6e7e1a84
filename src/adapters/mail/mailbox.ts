/** Where mails and text messages go that nobody sends: a table for development to look into, shared by all processes on the database. */
import type { Clock } from '../../identity/clock.ts';
import type { Database } from '../postgres/database.ts';
import { type Delivery, type QueuedMessage, UndeliverableError } from './delivery.ts';
import type { MailMessage, TextMessage } from './message.ts';
import type { MailRenderer } from './templates/renderer.ts';

export interface MailboxEntry {
  readonly id: string;
  readonly channel: string;
  readonly to: string;
  readonly template: string;
  readonly subject: string;
  readonly text: string;
  readonly code: string | null;
  readonly link: string | null;
  readonly sentAt: Date;
}

export interface Mailbox extends Delivery {
  /** The newest first; to one recipient, or to all. */
  list(to: string | null): Promise<MailboxEntry[]>;
  /** Null: no such mail, or a text message. */
  htmlOf(id: string): Promise<string | null>;
  /** Changes whenever something came. */
  version(): Promise<string>;
}

/** How many are kept. */
const CAPACITY = 200;

export interface MailboxOptions {
  database: Database;
  clock: Clock;
  renderer: MailRenderer;
}

export function createMailbox({ database, clock, renderer }: MailboxOptions): Mailbox {
  return {
    async send(message) {
      if (message.channel === 'hook') throw new UndeliverableError('The mailbox takes what people are sent.');
      const { subject, html, text } = await rendered(renderer, message);
      const link = 'link' in message ? message.link : null;
      await database.query(
        `insert into limen.mailbox (id, channel, recipient, template, subject, html, text, code, link, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do nothing`,
        [
          message.id,
          message.channel,
          message.to,
          message.template,
          subject,
          html,
          text,
          message.code,
          link,
          clock(),
        ],
      );
      await database.query(
        `delete from limen.mailbox where sequence <= (
           select sequence from limen.mailbox order by sequence desc offset $1 limit 1)`,
        [CAPACITY],
      );
    },

    list: (to) =>
      database.query<MailboxEntry & object>(
        `select id, channel, recipient as "to", template, subject, text, code, link, created_at as "sentAt"
         from limen.mailbox where $1::text is null or lower(recipient) = lower($1) order by sequence desc`,
        [to],
      ),

    async htmlOf(id) {
      const [row] = await database.query<{ html: string | null }>(
        'select html from limen.mailbox where id::text = $1',
        [id],
      );
      return row?.html ?? null;
    },

    async version() {
      const [row] = await database.query<{ newest: number; count: number }>(
        'select coalesce(max(sequence), 0) as newest, count(*) as count from limen.mailbox',
      );
      return `${row?.newest}-${row?.count}`;
    },
  };
}

async function rendered(
  renderer: MailRenderer,
  message: QueuedMessage<MailMessage | TextMessage>,
): Promise<{ subject: string; html: string | null; text: string }> {
  if (message.channel === 'email') return renderer.renderMail(message);
  const text = await renderer.renderText(message);
  return { subject: text, html: null, text };
}
