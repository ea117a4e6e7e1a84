/** How mail is sent, and what it says. */
import { z } from 'zod';
import { onOff, type Values, type Wrong } from './values.ts';

export interface MailConfig {
  /** Null: no mail leaves; outside production it is kept for `/dev/mail`. */
  readonly smtp:
    | { readonly url: string }
    | {
        readonly host: string;
        readonly port: number;
        readonly auth: { readonly user: string; readonly pass: string } | null;
      }
    | null;
  readonly from: { readonly name: string; readonly address: string };
  /** What mails call the application. */
  readonly siteName: string;
  /** A folder; null: all as it is built in. */
  readonly templates: string | null;
  /** Whether people are told of what changed in how their account is secured. */
  readonly notices: boolean;
}

const ADDRESS = /^[^\s@<>,;:"\\]+@[^\s@<>,;:"\\]+$/;
const NAMED_ADDRESS = /^(?:"?([^"<>]*?)"?\s*<([^<>]+)>|([^<>]+))$/;
/** A header is one line. */
const CONTROL = /\p{Cc}/u;

const sender = z.string().transform((text, context) => {
  const [, name = '', inBrackets, alone] = NAMED_ADDRESS.exec(text.trim()) ?? [];
  const address = (inBrackets ?? alone ?? '').trim();
  if (ADDRESS.test(address) && !CONTROL.test(name)) return { name: name.trim(), address };
  context.addIssue('an address like id@example.com, or with a name: Example <id@example.com>');
  return z.NEVER;
});

const smtpUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  return url !== null && /^smtps?:$/.test(url.protocol) && url.hostname !== '';
}, 'an address like smtp://user:password@mail.example.com:587, or smtps://');

export const mailVariables = {
  SMTP_URL: smtpUrl.optional(),
  SMTP_HOST: z.string().optional(),
  SMTP_PORT: z.coerce.number('a number').int().min(1, 'at least 1').max(65_535, 'at most 65535').default(587),
  SMTP_USER: z.string().optional(),
  SMTP_PASS: z.string().optional(),
  SMTP_ADMIN_EMAIL: sender.optional(),
  SMTP_SENDER_NAME: z
    .string()
    .refine((text) => !CONTROL.test(text), 'on one line')
    .optional(),
  MAIL_FROM: sender.optional(),
  MAIL_TEMPLATES: z.string().optional(),
  MAIL_NOTICES: onOff.default(true),
};

type MailValues = Values<typeof mailVariables>;

/** @param siteUrl the application's address */
export function mailConfig(env: MailValues, siteUrl: string): MailConfig {
  const { hostname, host } = new URL(siteUrl);
  const from = env.MAIL_FROM ?? env.SMTP_ADMIN_EMAIL ?? { name: '', address: `no-reply@${hostname}` };
  const name = env.SMTP_SENDER_NAME || from.name;
  return {
    smtp: smtpServer(env),
    from: { ...from, name },
    siteName: name || host,
    templates: env.MAIL_TEMPLATES ?? null,
    notices: env.MAIL_NOTICES,
  };
}

function smtpServer(env: MailValues): MailConfig['smtp'] {
  if (env.SMTP_URL) return { url: env.SMTP_URL };
  if (!env.SMTP_HOST) return null;
  const auth = env.SMTP_USER ? { user: env.SMTP_USER, pass: env.SMTP_PASS ?? '' } : null;
  return { host: env.SMTP_HOST, port: env.SMTP_PORT, auth };
}

/** Whether there is a server to send mail by. */
export const sendsMail = (env: MailValues, wrong: Wrong) =>
  Boolean(env.SMTP_URL || env.SMTP_HOST) || wrong.has('SMTP_URL');

export function mailProblems(env: MailValues): string[] {
  const problems: string[] = [];
  if (env.SMTP_URL && env.SMTP_HOST) problems.push('SMTP_URL and SMTP_HOST: one of the two says it all');
  if (env.SMTP_USER && !env.SMTP_PASS) problems.push('SMTP_PASS: missing, while SMTP_USER is given');
  return problems;
}

export function mailProblemsInProduction(env: MailValues, wrong: Wrong): string[] {
  const isGiven = (name: 'MAIL_FROM' | 'SMTP_ADMIN_EMAIL') => Boolean(env[name]) || wrong.has(name);
  if (!sendsMail(env, wrong) || isGiven('MAIL_FROM') || isGiven('SMTP_ADMIN_EMAIL')) return [];
  return ['MAIL_FROM (or SMTP_ADMIN_EMAIL): production needs the address that mail comes from'];
}
