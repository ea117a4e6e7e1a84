/** Where people may be sent with what signs them in: nowhere but to the application, and where the operator says. */
import { globToRegExp } from './glob.ts';

export interface RedirectSettings {
  /** The application: where people go who ask for no place, or for one that is not allowed. */
  siteUrl: string;
  /** Globs: see `globToRegExp`. */
  redirectAllowList: readonly string[];
}

/** Longer ones nobody has, and a glob takes its time. */
const MAX_LENGTH = 2048;
/** A browser runs these, or shows them as a page of their own. */
const NEVER = new Set(['javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'about:']);

/** The place asked for, where it is allowed; the application where it is not, or none is. */
export function redirectTarget(settings: RedirectSettings, requested: string | null | undefined): string {
  return requested && isAllowed(settings, requested) ? new URL(requested).href : settings.siteUrl;
}

function isAllowed({ siteUrl, redirectAllowList }: RedirectSettings, requested: string): boolean {
  const url = requested.length <= MAX_LENGTH ? URL.parse(requested) : null;
  // What stands before an @ looks like a host to a reader, and to a glob.
  if (!url || NEVER.has(url.protocol) || url.username || url.password) return false;
  if (isOnSite(url, new URL(siteUrl))) return true;
  if (isIpAddress(url.hostname) && !isLoopback(url.hostname)) return false;
  url.hash = '';
  const spellings = [url.href, ...(url.pathname === '/' ? [url.href.replace(/\/(?=\?|$)/, '')] : [])];
  return redirectAllowList.some((glob) => spellings.some((text) => globToRegExp(glob).test(text)));
}

/** Programs on a desktop listen on any port of the loopback (RFC 8252, section 7.3). */
function isOnSite(url: URL, site: URL): boolean {
  if (url.protocol !== site.protocol || url.hostname !== site.hostname) return false;
  return url.port === site.port || isLoopback(url.hostname);
}

/** `URL` writes every spelling of an IPv4 address with four numbers, and an IPv6 address in brackets. */
const isIpAddress = (hostname: string) => hostname.startsWith('[') || /^\d+(?:\.\d+){3}$/.test(hostname);

const isLoopback = (hostname: string) =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
