import type { Client } from '../identity/client.ts';

/** What comes with a request, beside itself. */
export interface GraphQLCall {
  readonly client: Client;
  /** Told once the document is parsed; null for an operation without a name. */
  readonly onOperation: (name: string | null) => void;
}
