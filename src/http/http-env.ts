import type { Client } from '../identity/client.ts';

/** What Hono carries through one request. */
export interface HttpEnv {
  Bindings: { remoteAddress: string };
  Variables: {
    requestId: string;
    client: Client;
    /** Set by the GraphQL endpoint, for the log; null where there is none. */
    operationName?: string | null;
  };
}
