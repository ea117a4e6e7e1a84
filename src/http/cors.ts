import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';

/** What Supabase Auth shows to scripts, and what the GraphQL side adds. */
const EXPOSED_HEADERS = [
  'X-Total-Count',
  'Link',
  'X-Supabase-Api-Version',
  'X-Sb-Error-Code',
  'X-Request-Id',
  'Retry-After',
  'WWW-Authenticate',
];

const ALLOWED_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

const PREFLIGHT_SECONDS = 600;

/**
 * Lets pages of these origins call; `*` lets any, but then without credentials. Whatever headers they ask to send are allowed: clients
 * add new ones (`apikey`, `x-client-info`, tracing), and what protects is the list of origins.
 */
export function allowOrigins(origins: readonly string[]): MiddlewareHandler {
  if (origins.includes('*')) {
    return cors({
      origin: '*',
      allowMethods: ALLOWED_METHODS,
      exposeHeaders: EXPOSED_HEADERS,
      maxAge: PREFLIGHT_SECONDS,
    });
  }
  const allow = cors({
    origin: [...origins],
    credentials: true,
    allowMethods: ALLOWED_METHODS,
    exposeHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_SECONDS,
  });
  const refuse = cors({ origin: [], allowMethods: [] });
  return (context, next) =>
    origins.includes(context.req.header('origin') ?? '') ? allow(context, next) : refuse(context, next);
}
