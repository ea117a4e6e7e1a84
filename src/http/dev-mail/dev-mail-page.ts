/** The page of `/dev/mail`, whole in one answer; it asks nothing of any other host, and its policy would not let it. */
import { createHash } from 'node:crypto';
import { runDevMail } from './dev-mail-script.ts';
import { DEV_MAIL_STYLE } from './dev-mail-style.ts';

export interface DevMailPage {
  readonly html: string;
  readonly policy: string;
}

export function createDevMailPage(): DevMailPage {
  const script = `(${runDevMail.toString()})();`;
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(DEV_MAIL_STYLE)}'`,
    "connect-src 'self'",
    "frame-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html: html(script), policy };
}

const hashOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

const html = (script: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Mailbox – Limen</title>
<link rel="icon" href="data:,">
<style>${DEV_MAIL_STYLE}</style>
</head>
<body>
<a class="skip" href="#message">Skip to the message</a>
<header>
  <h1>Mailbox</h1>
  <p>What Limen would have sent. Only in development.</p>
  <label>Recipient <input id="filter" type="search" autocomplete="off" spellcheck="false" placeholder="all"></label>
</header>
<div class="panes">
  <nav aria-label="Messages">
    <ol id="list"></ol>
    <p id="empty" hidden></p>
  </nav>
  <main id="message" tabindex="-1" aria-label="Message">
    <p class="hint">Choose a message to read it.</p>
  </main>
</div>
<p id="status" class="status" role="status" aria-live="polite"></p>
<noscript><p>This page needs JavaScript. The messages are also at <a href="/dev/mail.json">/dev/mail.json</a>.</p></noscript>
<script>${script}</script>
</body>
</html>
`;
