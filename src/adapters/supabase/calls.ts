/** Calls to Supabase Auth on behalf of one client, as somebody. */
import type { SupabaseClient } from '@supabase/supabase-js';
import type { Client } from '../../identity/client.ts';
import { type Answer, call, type Project, type Transport } from './call.ts';

export type Auth = SupabaseClient['auth'];
type Work<A> = (auth: Auth) => Promise<A>;
type Answered<A> = Promise<A & { transport: Transport }>;

/** Each may reject with `ServiceUnavailableError`: see `call`. */
export interface Calls {
  /** @param codeVerifier of the code that is exchanged, if one is */
  asAnybody<A extends Answer>(work: Work<A>, codeVerifier?: string): Answered<A>;
  asPerson<A extends Answer>(
    accessToken: string,
    work: Work<A>,
    headers?: Readonly<Record<string, string>>,
  ): Answered<A>;
  /** With the project's secret key. */
  asAdmin<A extends Answer>(work: Work<A>): Answered<A>;
}

/** @param secretKey the secret (or `service_role`) key, for what only an administrator may do. */
export function createCalls(project: Project, secretKey: () => Promise<string>, client: Client): Calls {
  return {
    asAnybody: (work, codeVerifier) => call(project, client, { ...(codeVerifier && { codeVerifier }) }, work),
    asPerson: (accessToken, work, headers = {}) => call(project, client, { accessToken, headers }, work),
    asAdmin: async (work) => call(project, client, { key: await secretKey() }, work),
  };
}
