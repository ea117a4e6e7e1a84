import type { Client } from '../../identity/client.ts';
import type { SessionCookie } from '../../identity/sessions/session-cookie.ts';

/** What of an operation may stand in the log: names of the schema and of its outcomes, never a value. */
export interface OperationSummary {
  /** As the client named it. */
  operation?: string;
  /** The root fields, by the schema's names. */
  fields?: string[];
  /** What came of them: error codes, or types where the client asked for `__typename`. */
  outcomes?: string[];
}

/** What comes with a request, beside itself. */
export interface GraphQLCall {
  readonly client: Client;
  readonly sessionCookie: SessionCookie;
  /** Filled in as the operation goes on. */
  readonly summary: OperationSummary;
}
