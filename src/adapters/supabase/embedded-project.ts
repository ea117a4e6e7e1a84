/** The embedded auth server, called in the process: supabase-js speaks the same protocol, and no socket is opened. */
import type { Client } from '../../identity/client.ts';
import type { Project } from './call.ts';

export interface EmbeddedServer {
  fetch(request: Request, caller: Client & { via: 'process' }): Promise<Response>;
}

export function embeddedProject(server: EmbeddedServer, publicUrl: string): Project {
  return {
    url: 'http://embedded.invalid',
    publicUrl,
    // The embedded server asks for no project key.
    publishableKey: 'none',
    timeoutMs: 30_000,
    send: (request, client) => server.fetch(request, { ...client, via: 'process' }),
  };
}
