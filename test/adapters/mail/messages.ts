/** Messages to send, and those who send them. */
import { randomUUID } from 'node:crypto';
import type { QueuedMessage } from '../../../src/adapters/mail/delivery.ts';
import type { MailMessage, MailTemplate, Message } from '../../../src/adapters/mail/message.ts';
import { createOutbox } from '../../../src/adapters/mail/outbox.ts';
import {
  createMailRenderer,
  type MailRendererOptions,
} from '../../../src/adapters/mail/templates/renderer.ts';
import type { Database } from '../../../src/adapters/postgres/database.ts';

export const SITE = { name: 'Example', url: 'https://app.example.com' };

export function mail(template: MailTemplate, about: Partial<MailMessage> = {}): MailMessage {
  return {
    channel: 'email',
    template,
    to: 'ada@example.com',
    userId: randomUUID(),
    locale: null,
    code: '123456',
    tokenHash: 'a-token',
    link: 'https://id.example.com/auth/v1/verify?token=a-token&type=signup',
    redirectTo: 'https://app.example.com/welcome',
    data: {},
    ...about,
  };
}

export const queued = <Kind extends Message>(message: Kind): QueuedMessage<Kind> => ({
  ...message,
  id: randomUUID(),
});

/** As whoever causes them does it: in a transaction. */
export async function addToOutbox(
  database: Database,
  clock: () => Date,
  ...messages: Message[]
): Promise<void> {
  const outbox = createOutbox({ clock, onWake: () => {} });
  await database.transaction(async (tx) => {
    for (const message of messages) await outbox.add(tx, message);
  });
}

export const createTestRenderer = (options: Partial<MailRendererOptions> = {}) =>
  createMailRenderer({ site: SITE, overrides: null, metadataOf: async () => ({}), ...options });
