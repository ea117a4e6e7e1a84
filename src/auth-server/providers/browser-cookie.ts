/**
 * Ties a sign-in to the browser that began it, where nothing else does: without PKCE whoever opens a callback is signed in by it, and
 * an attacker would let others open one of the attacker's own. The cookie is no credential: it says which browser this is, for minutes.
 */
import { getCookie, setCookie } from 'hono/cookie';
import type { Call } from '../protocol/endpoint.ts';
import { randomSecret, STATE_TTL_SECONDS } from './oauth-flow.ts';

interface CookieNeeds {
  /** The public address of the auth server. */
  issuer: string;
  /** See `OAuthProvider`: a form of another site brings only cookies that say so. */
  answersByForm: boolean;
}

/** The secret of this browser, which it has or gets. */
export function markBrowser(call: Call, needs: CookieNeeds): string {
  const secret = browserSecret(call, needs) ?? randomSecret();
  const secure = isSecure(needs);
  setCookie(call, nameOf(needs), secret, {
    path: '/',
    httpOnly: true,
    secure,
    sameSite: needs.answersByForm && secure ? 'None' : 'Lax',
    maxAge: STATE_TTL_SECONDS,
  });
  return secret;
}

export function browserSecret(call: Call, needs: CookieNeeds): string | null {
  const secret = getCookie(call, nameOf(needs)) ?? '';
  return /^[\w-]{43}$/.test(secret) ? secret : null;
}

const isSecure = ({ issuer }: CookieNeeds) => issuer.startsWith('https:');

/** `__Host-` keeps neighbours on other subdomains from setting it (RFC 6265bis, section 4.1.3.2). */
const nameOf = (needs: CookieNeeds) =>
  `${isSecure(needs) ? '__Host-' : ''}limen-oauth${needs.answersByForm ? '-form' : ''}`;
