/** Mail by SMTP, over connections that are kept for the next one. */
import { createTransport } from 'nodemailer';
import type SMTPPool from 'nodemailer/lib/smtp-pool';
import type SMTPTransport from 'nodemailer/lib/smtp-transport';
import { type Delivery, UndeliverableError } from './delivery.ts';
import type { MailRenderer } from './templates/renderer.ts';

export type SmtpServer =
  | { readonly url: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly auth: { readonly user: string; readonly pass: string } | null;
    };

export interface Sender {
  readonly name: string;
  readonly address: string;
}

export interface SmtpDeliveryOptions {
  server: SmtpServer;
  from: Sender;
  renderer: MailRenderer;
  /** What a step of the conversation may take, and the whole of it. */
  timeoutsMs?: { step: number; whole: number };
}

const TIMEOUTS_MS = { step: 10_000, whole: 45_000 };
/** As many as the outbox sends at a time. */
const MAX_CONNECTIONS = 5;
const SMTPS_PORT = 465;

export function createSmtpDelivery(options: SmtpDeliveryOptions): Delivery {
  const { server, from, renderer, timeoutsMs = TIMEOUTS_MS } = options;
  const transport = createTransport({
    ...connectionOf(server),
    pool: true,
    maxConnections: MAX_CONNECTIONS,
    // A connection that broke may have delivered the mail: when to try again is the outbox's to say.
    maxRequeues: 0,
    connectionTimeout: timeoutsMs.step,
    greetingTimeout: timeoutsMs.step,
    socketTimeout: timeoutsMs.step,
    dnsTimeout: timeoutsMs.step,
  } as SMTPPool.Options);
  // Of connections that break while nobody uses them. Unheard it would end the process.
  transport.on('error', () => {});

  return {
    async send(message) {
      if (message.channel !== 'email') throw new UndeliverableError('SMTP takes mails alone.');
      const { to, id } = message;
      if (!isMailbox(to)) throw new UndeliverableError('The address is none that mail can be sent to.');
      const { subject, html, text, language } = await renderer.renderMail(message);
      const mail = {
        // Objects and an envelope of its own: nothing here is read as a list of addresses.
        from,
        to: { name: '', address: to },
        envelope: { from: from.address, to: [to] },
        messageId: `<${id}@${domainOf(from.address)}>`,
        subject,
        html,
        text,
        headers: {
          'Auto-Submitted': 'auto-generated',
          'X-Auto-Response-Suppress': 'All',
          'Content-Language': language,
        },
        disableFileAccess: true,
        disableUrlAccess: true,
        signal: AbortSignal.timeout(timeoutsMs.whole),
      };
      try {
        await transport.sendMail(mail);
      } catch (error) {
        throw isRefusalOfRecipient(error) ? new UndeliverableError((error as Error).message) : error;
      }
    },
    check: async () => void (await transport.verify()),
    close: () => transport.close(),
  };
}

/** Connects, greets and signs in, and sends nothing. @throws what keeps mail from being sent */
export async function verifySmtp(server: SmtpServer, stepMs = 5000): Promise<void> {
  const transport = createTransport({
    ...connectionOf(server),
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    socketTimeout: stepMs,
    dnsTimeout: stepMs,
  } as SMTPTransport.Options);
  try {
    await transport.verify();
  } finally {
    transport.close();
  }
}

/** With a password the connection must become an encrypted one, unless the address says otherwise. */
function connectionOf(server: SmtpServer): object {
  if ('url' in server) {
    const { username, searchParams } = new URL(server.url);
    const saysItself = searchParams.has('requireTLS') || searchParams.has('ignoreTLS');
    return { url: server.url, ...(!saysItself && { requireTLS: username !== '' }) };
  }
  const { host, port, auth } = server;
  return { host, port, secure: port === SMTPS_PORT, ...(auth && { auth, requireTLS: true }) };
}

/** Whatever else is wrong with it is the servers' to say. */
const isMailbox = (address: string) => /^[^\s@<>,;:"\\\p{Cc}]+@[^\s@<>,;:"\\\p{Cc}]+$/u.test(address);

const domainOf = (address: string) => address.slice(address.lastIndexOf('@') + 1);

/** Of this recipient or of what is in this mail, for good. A refused sender or password is the operator's to mend, and then it is sent. */
function isRefusalOfRecipient(error: unknown): boolean {
  const { responseCode, command } = error as { responseCode?: number; command?: string };
  return responseCode !== undefined && responseCode >= 550 && responseCode < 560 && command === 'RCPT TO';
}
