/** The refresh token as a cookie: what its attributes are, and which pages may use it. */
import { parse, serialize } from 'hono/utils/cookie';
import { DeniedError } from '../identity/denial.ts';
import type { SessionCookie } from '../identity/sessions/session-cookie.ts';

export interface SessionCookieSettings {
  readonly sameSite: 'strict' | 'lax' | 'none';
  /** The life of a refresh token that nobody uses. */
  readonly maxAgeSeconds: number;
}

interface Needs {
  readonly sessionCookie: SessionCookieSettings;
  /** Where the outside reaches this Limen. */
  readonly externalUrl: string;
  /** Pages of these may use the cookie too. `*` is none of them: it lets pages call, without cookies. */
  readonly corsOrigins: readonly string[];
}

export interface RequestCookie extends SessionCookie {
  /** For the answer; null when the browser shall keep what it has. */
  readonly setCookie: string | null;
}

/** `__Host-`: browsers take it over TLS only (or from localhost), and no other host of the domain can set it, or be sent it. */
export const SESSION_COOKIE = '__Host-limen-refresh';

/** Browsers keep no cookie for longer (draft-ietf-httpbis-rfc6265bis, 5.5). */
const MAX_AGE_SECONDS = 400 * 86_400;

export function createSessionCookies(needs: Needs): (headers: Headers) => RequestCookie {
  const { sameSite, maxAgeSeconds } = needs.sessionCookie;
  const ownOrigin = new URL(needs.externalUrl).origin;
  const origins = new Set([ownOrigin, ...needs.corsOrigins]);
  const spell = (value: string, maxAge: number) =>
    serialize(SESSION_COOKIE, value, {
      maxAge,
      path: '/',
      httpOnly: true,
      secure: true,
      sameSite,
      // A jar for each site that the page's own is: without it browsers that block third-party cookies drop this one.
      partitioned: sameSite === 'none',
    });

  return (headers) => {
    const held = parse(headers.get('cookie') ?? '', SESSION_COOKIE)[SESSION_COOKIE] || null;
    let setCookie: string | null = null;
    const assertUsable = () => {
      if (!isFrom(origins, headers)) throw new DeniedError('CSRF_REFUSED');
    };
    return {
      get setCookie() {
        return setCookie;
      },
      assertUsable,
      read() {
        // What brings no cookie was not sent to use one: a page's first question, or a program's.
        if (held !== null) assertUsable();
        return held;
      },
      write(refreshToken) {
        assertUsable();
        setCookie = spell(refreshToken, Math.min(maxAgeSeconds, MAX_AGE_SECONDS));
      },
      clear() {
        if (held !== null) setCookie = spell('', 0);
      },
    };
  };
}

/**
 * Browsers name the page's origin in every POST, and no script can change what they say, nor what they say in `Sec-Fetch-Site`: there
 * "same-origin" holds even where a proxy in between answers for another host than the one Limen knows of. `null` is what pages without
 * an origin send, sandboxed frames among them.
 */
function isFrom(origins: ReadonlySet<string>, headers: Headers): boolean {
  const origin = headers.get('origin');
  if (origin === null || origin === 'null') return false;
  return origins.has(origin) || headers.get('sec-fetch-site') === 'same-origin';
}
