/** What is told by sending a browser on: in the address, where the application's script reads it. */
import type { ProtocolError } from './protocol-error.ts';

/** A code in the query, for whoever has its verifier. */
export const redirectWithCode = (target: string, code: string): Response =>
  redirect(target, { query: { code } });

/** The session in the fragment, which browsers send to no server. */
export function redirectWithSession(target: string, session: Record<string, unknown>): Response {
  const { access_token, token_type, expires_in, expires_at, refresh_token } = session;
  const { provider_token, provider_refresh_token } = session;
  const parts = {
    access_token,
    expires_at,
    expires_in,
    provider_refresh_token,
    provider_token,
    refresh_token,
    token_type,
  };
  return redirect(target, { fragment: parts });
}

/** In both places, for scripts of either flow. */
export function redirectWithError(target: string, error: RedirectError): Response {
  const parts = { error: error.error, error_code: error.code, error_description: error.description };
  return redirect(target, { query: parts, fragment: parts });
}

export interface RedirectError {
  /** Of OAuth (RFC 6749, section 4.1.2.1). */
  error: string;
  /** Of Supabase Auth; undefined where it has none. */
  code?: string | undefined;
  description: string;
}

export const asRedirectError = ({ status, code, message }: ProtocolError): RedirectError => ({
  error: OAUTH_ERRORS[status] ?? 'invalid_request',
  code,
  description: message,
});

const OAUTH_ERRORS: Record<number, string> = {
  401: 'unauthorized_client',
  403: 'access_denied',
  422: 'access_denied',
  500: 'server_error',
};

function redirect(
  target: string,
  { query = {}, fragment }: { query?: Record<string, unknown>; fragment?: Record<string, unknown> },
): Response {
  const url = new URL(target);
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, String(value));
  // The empty `sb` tells supabase-js apart what is meant for it.
  if (fragment) url.hash = `${parametersOf(fragment)}&sb=`;
  return new Response(null, {
    status: 302,
    headers: { location: url.href, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  });
}

function parametersOf(parts: Record<string, unknown>): URLSearchParams {
  const given = Object.entries(parts).filter(([, value]) => value);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
}
