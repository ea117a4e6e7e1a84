/**
 * The page that a mailed link opens. Mail scanners open links before people do, so opening one uses nothing up: the button sends a form,
 * and that does. The page looks nothing up, so it is the same for a link that holds and for one that does not.
 */
import { createHash } from 'node:crypto';
import { LANGUAGES, preferredLanguage } from './link-page-texts.ts';

export interface LinkPage {
  token: string;
  type: string;
  /** As the link had it; sent on with the form. Empty without one. */
  redirectTo: string;
  /** Where the person ends up: `redirectTo` as far as it is allowed. */
  target: string;
  /** The header, or null. */
  acceptLanguage: string | null;
}

export function linkPage(page: LinkPage): Response {
  const language = preferredLanguage(page.acceptLanguage);
  return new Response(html(page, language), { headers: headersOf(page) });
}

/** What every answer on the way of a link has: it holds a credential, or is about one. */
export const LINK_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-robots-tag': 'noindex',
};

const STYLE = `
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; }
main { box-sizing: border-box; max-width: 28rem; padding: 2rem 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
button { font: inherit; font-weight: 600; min-height: 3rem; padding: 0 1.5rem; border: 0; border-radius: .5rem; background: #1a4fd6; color: #fff; cursor: pointer; }
button:focus-visible { outline: 3px solid currentColor; outline-offset: 3px; }
.aside { margin-top: 2rem; font-size: .9375rem; }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

function headersOf({ target }: LinkPage): Record<string, string> {
  return {
    ...LINK_HEADERS,
    'content-type': 'text/html; charset=utf-8',
    vary: 'accept-language',
    'content-security-policy': [
      "default-src 'none'",
      `style-src 'sha256-${STYLE_HASH}'`,
      // Browsers hold a form to this through the redirects that answer it, so it names where the person ends up too.
      `form-action 'self' ${sourceOf(target)}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-frame-options': 'DENY',
  };
}

/** As a source of a Content-Security-Policy: an origin, or the scheme of an application's own. */
function sourceOf(target: string): string {
  const { origin, protocol } = new URL(target);
  return origin === 'null' ? protocol : origin;
}

function html({ token, type, redirectTo, target }: LinkPage, language: string): string {
  const texts = LANGUAGES[language]!;
  const heading = ownText(texts.heading, type);
  const { host, protocol } = new URL(target);
  const hidden = Object.entries({ token, type, redirect_to: redirectTo })
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`)
    .join('\n');
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(heading)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(heading)}</h1>
<p id="goes-to">${escaped(texts.goesTo(host || protocol))}</p>
<form method="post">
${hidden}
<button type="submit" aria-describedby="goes-to">${escaped(ownText(texts.button, type))}</button>
</form>
<p class="aside">${escaped(texts.notAsked)}</p>
</main>
</body>
</html>
`;
}

function ownText(texts: Record<string, string> & { other: string }, type: string): string {
  return Object.hasOwn(texts, type) ? (texts[type] ?? texts.other) : texts.other;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
