import type { MiddlewareHandler } from 'hono';
import { cors as honoCors } from 'hono/cors';

/** Any page may call, as with Supabase Auth: nothing here reads a cookie, and a page without the token gets nothing by it. */
export const cors: MiddlewareHandler = honoCors({
  origin: '*',
  credentials: true,
  allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  allowHeaders: [
    'Accept',
    'Authorization',
    'Content-Type',
    'X-Client-IP',
    'X-Client-Info',
    'X-JWT-AUD',
    'x-use-cookie',
    'X-Supabase-Api-Version',
    // At Supabase the gateway in front answers preflight requests, and knows this one.
    'apikey',
  ],
  exposeHeaders: ['X-Total-Count', 'Link', 'X-Supabase-Api-Version'],
  maxAge: 600,
});
