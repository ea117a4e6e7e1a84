/** What one GraphQL request carries: who is asking, and the services that act on their behalf. */
import DataLoader from 'dataloader';
import { createGraphQLError } from 'graphql-yoga';
import { InvalidTokenError, type TokenVerifier } from './identity/access-token.ts';
import type { Account, AccountRecord } from './identity/account.ts';
import type { UserStats } from './identity/administration/user-stats.ts';
import type { AttemptLimiter } from './identity/attempts.ts';
import type { AuditLog } from './identity/audit/audit.ts';
import type { AuditRecorder } from './identity/audit/audit-event.ts';
import type { AuthBackend } from './identity/auth-backend.ts';
import type { ChangeLog } from './identity/changes.ts';
import type { Client } from './identity/client.ts';
import type { Clock } from './identity/clock.ts';
import { ServiceUnavailableError } from './identity/errors.ts';
import type { Freshness } from './identity/freshness.ts';
import { identify } from './identity/identify.ts';
import type { AccountDeletionStore, EraseAccount } from './identity/own-account/account-deletion.ts';
import type { PersonExporter } from './identity/own-account/person-export.ts';
import type { PersonFactStore, PersonFacts } from './identity/own-account/person-facts.ts';
import { createRecordLoader } from './identity/record-loader.ts';
import type { Exclusively } from './identity/role.ts';
import type { SessionCookie } from './identity/sessions/session-cookie.ts';
import type { SessionStore } from './identity/sessions/session-record.ts';
import type { PasswordPolicy } from './identity/sign-in/password-policy.ts';
import { actorOf, impersonatorOf, type Viewer } from './identity/viewer.ts';
import type { Webhooks } from './identity/webhooks/webhooks.ts';

/** What the whole process shares. */
export interface SharedServices {
  readonly attempts: AttemptLimiter;
  readonly audit: AuditRecorder;
  readonly auditLog: AuditLog;
  readonly changes: ChangeLog;
  readonly tokens: TokenVerifier;
  readonly exclusively: Exclusively;
  readonly clock: Clock;
  readonly passwordPolicy: PasswordPolicy;
  readonly webhooks: Webhooks;
  readonly freshness: Freshness;
  /** Null where Limen does not see who comes and goes. */
  readonly stats: UserStats | null;
  /** Null: out of reach. */
  readonly sessions: SessionStore | null;
  readonly facts: PersonFactStore;
  readonly exporter: PersonExporter;
  readonly deletions: AccountDeletionStore;
  readonly eraseAccount: EraseAccount;
  readonly deletionGraceDays: number;
}

export interface Services extends SharedServices {
  readonly auth: AuthBackend;
  readonly client: Client;
  readonly sessionCookie: SessionCookie;
  /** Loads what an access token does not carry, once per account and request. */
  readonly recordOf: (account: Account) => Promise<AccountRecord>;
  /** Loads what Limen itself keeps about people: one query for all that a request asks about. */
  readonly factsOf: (account: Account) => Promise<PersonFacts>;
}

export interface Context {
  readonly viewer: Viewer;
  readonly services: Services;
}

export interface ContextInput {
  readonly authorization: string | null;
  readonly client: Client;
  readonly sessionCookie: SessionCookie;
}

export type CreateContext = (input: ContextInput) => Promise<Context>;

export function createContextFactory(
  shared: SharedServices,
  authFor: (client: Client) => AuthBackend,
  onRefusedToken: (reason: string, client: Client) => void,
): CreateContext {
  return async ({ authorization, client: stranger, sessionCookie }) => {
    try {
      const viewer = await identify({ ...shared, auth: authFor(stranger) }, authorization);
      const client = { ...stranger, actor: actorOf(viewer), impersonator: impersonatorOf(viewer) };
      const auth = authFor(client);
      const recordOf = createRecordLoader(auth, viewer);
      const factsOf = createFactLoader(shared.facts);
      return { viewer, services: { ...shared, auth, client, sessionCookie, recordOf, factsOf } };
    } catch (error) {
      if (error instanceof InvalidTokenError) {
        onRefusedToken(error.reason, stranger);
        throw createGraphQLError(
          'The access token is not valid, or no longer. Refresh the session or log in.',
          {
            extensions: {
              code: 'UNAUTHENTICATED',
              http: { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } },
            },
          },
        );
      }
      if (error instanceof ServiceUnavailableError) {
        throw createGraphQLError('The session cannot be checked at the moment.', {
          extensions: {
            code: error.code,
            http: { status: 503, headers: { 'Retry-After': String(error.retryAfterSeconds) } },
          },
        });
      }
      throw error;
    }
  };
}

const NO_FACTS: PersonFacts = { onboardedAt: null, emailConsentAt: null, deletesAt: null };

function createFactLoader(facts: PersonFactStore): (account: Account) => Promise<PersonFacts> {
  const loader = new DataLoader<string, PersonFacts>(async (ids) => {
    const found = await facts.read(ids);
    return ids.map((id) => found.get(id) ?? NO_FACTS);
  });
  return ({ id }) => loader.load(id);
}
