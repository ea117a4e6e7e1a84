import type { Client } from '../identity/client.ts';
import type { OperationSummary } from './graphql/graphql-call.ts';

/** What Hono carries through one request. */
export interface HttpEnv {
  Bindings: { remoteAddress: string };
  Variables: {
    requestId: string;
    client: Client;
    /** Of a GraphQL request, for the log. */
    summary?: OperationSummary;
  };
}
