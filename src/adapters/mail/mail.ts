/** All that mails, put together: the outbox, who works on it, and in development the mailbox. */
import type { Logger } from 'pino';
import type { Clock } from '../../identity/clock.ts';
import type { Database } from '../postgres/database.ts';
import type { Worker } from '../workers/worker.ts';
import { type Delivery, deliverByChannel } from './delivery.ts';
import { createMailbox, type Mailbox } from './mailbox.ts';
import type { Message } from './message.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createOutboxWorker } from './outbox-worker.ts';
import { readMetadata } from './person-metadata.ts';
import type { Sender, SmtpServer } from './smtp-delivery.ts';
import { createMailRenderer, type MailRenderer } from './templates/renderer.ts';
import { readTemplateFolder } from './templates/template-folder.ts';

export interface MailSettings {
  /** Null: no mail leaves. */
  smtp: SmtpServer | null;
  from: Sender;
  siteName: string;
  siteUrl: string;
  /** A folder of the operator's own; null: none. */
  templates: string | null;
  notices: boolean;
  /** How long a code or a link holds. */
  codeTtlSeconds: number;
  /** Outside production what nobody sends is kept to be looked at. */
  hasMailbox: boolean;
}

export interface MailNeeds {
  database: Database;
  clock: Clock;
  log: Logger;
  settings: MailSettings;
  /** Channels that a hook of the operator's takes, before anything else would. */
  byHook?: Partial<Record<Message['channel'], Delivery>>;
}

export interface Mail {
  readonly outbox: Outbox;
  readonly worker: Worker;
  /** Null in production. */
  readonly mailbox: Mailbox | null;
}

/** @throws {MailTemplatesError} */
export async function openMail({ database, clock, log, settings, byHook = {} }: MailNeeds): Promise<Mail> {
  const { smtp, siteName, siteUrl, templates, notices, codeTtlSeconds, hasMailbox } = settings;
  const renderer = createMailRenderer({
    site: { name: siteName, url: siteUrl },
    overrides: templates === null ? null : await readTemplateFolder(templates),
    metadataOf: (userId) => readMetadata(database, userId),
  });
  const mailbox = hasMailbox ? createMailbox({ database, clock, renderer }) : null;
  const delivery = deliverByChannel({
    email: byHook.email ?? (smtp ? await smtpDelivery(smtp, settings.from, renderer) : mailbox),
    sms: byHook.sms ?? mailbox,
    hook: byHook.hook ?? null,
  });
  const worker = createOutboxWorker({ database, delivery, clock, log, codeTtlSeconds });
  return { outbox: createOutbox({ clock, onWake: worker.wake, notices }), worker, mailbox };
}

/** Loaded only where it is used. */
async function smtpDelivery(server: SmtpServer, from: Sender, renderer: MailRenderer): Promise<Delivery> {
  const { createSmtpDelivery } = await import('./smtp-delivery.ts');
  return createSmtpDelivery({ server, from, renderer });
}
