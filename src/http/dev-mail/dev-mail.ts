/** `/dev/mail`, in development: what was sent, for people as a page and for scripts as JSON. Never mounted in production. */
import { Hono, type MiddlewareHandler } from 'hono';
import type { HttpEnv } from '../http-env.ts';
import { isLocalCaller } from '../local-caller.ts';
import { createDevMailPage } from './dev-mail-page.ts';

export interface DevMessage {
  readonly id: string;
  /** `email` or `sms`. */
  readonly channel: string;
  readonly to: string;
  readonly template: string;
  /** Of a text message: the text. */
  readonly subject: string;
  readonly text: string;
  readonly code: string | null;
  readonly link: string | null;
  readonly sentAt: Date;
}

export interface DevMailbox {
  /** The newest first; to one recipient, or to all. */
  list(to: string | null): Promise<DevMessage[]>;
  /** Null: no such mail, or a text message. */
  htmlOf(id: string): Promise<string | null>;
  /** Changes whenever something came. */
  version(): Promise<string>;
}

/** No script, no form, nothing of this origin; links open a window of their own. Pictures may come from where the template says. */
const MAIL_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data: https: http:',
  "form-action 'none'",
  "frame-ancestors 'self'",
  'sandbox allow-popups allow-popups-to-escape-sandbox',
].join('; ');

export function serveDevMail(mailbox: DevMailbox): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  const page = createDevMailPage();

  app.use('/mail/*', refuseStrangers);
  app.use('/mail.json', refuseStrangers);

  app.get('/mail', (context) => {
    context.header('Content-Security-Policy', page.policy);
    return context.html(page.html);
  });

  app.get('/mail.json', async (context) => {
    const etag = `"${await mailbox.version()}"`;
    context.header('ETag', etag);
    if (context.req.header('if-none-match') === etag) return context.body(null, 304);
    const to = context.req.query('to');
    const messages = await mailbox.list(to === undefined ? null : recipientOf(to));
    return context.json({ messages: messages.map((message) => ({ ...message, html: htmlPathOf(message) })) });
  });

  app.get('/mail/:id', async (context) => {
    const html = await mailbox.htmlOf(withoutNul(context.req.param('id')));
    if (html === null) return context.notFound();
    context.header('Content-Security-Policy', MAIL_POLICY);
    context.header('X-Frame-Options', 'SAMEORIGIN');
    return context.html(opensWindows(html));
  });

  return app;
}

const refuseStrangers: MiddlewareHandler<HttpEnv> = async (context, next) => {
  context.header('Cache-Control', 'no-store');
  if (isLocalCaller(context.req.raw, context.env.remoteAddress)) return next();
  const message = 'The mailbox of development is for this machine and its own network.';
  return context.json({ code: 'FORBIDDEN', message }, 403);
};

/** As recipients are kept. A plus sign that nobody escaped arrives as a space, which no address has; numbers are kept without theirs. */
const recipientOf = (to: string) =>
  withoutNul(to)
    .replaceAll(' ', '+')
    .replace(/^\+(?=\d+$)/, '');

/** PostgreSQL takes no text with a NUL. What stands in its place is in nothing that is kept. */
const withoutNul = (text: string) => text.replaceAll('\0', '\uFFFD');

/** Null where there is nothing but text. */
const htmlPathOf = ({ id, channel }: DevMessage) => (channel === 'email' ? `/dev/mail/${id}` : null);

/** The frame is no place for the pages that links lead to. */
function opensWindows(html: string): string {
  const base = '<base target="_blank">';
  return /<head[^>]*>/i.test(html) ? html.replace(/<head[^>]*>/i, (head) => head + base) : base + html;
}
