import type { Call } from './endpoint.ts';

/** Where a caller wants the link of a mail to lead: supabase-js says so in the query. Null where it does not. */
export const redirectTo = (call: Call): string | null => call.req.query('redirect_to') || null;
