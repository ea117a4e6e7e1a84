/** What people do with their own accounts, put together: sessions, what is kept about them, and the end. */
import type { Logger } from 'pino';
import type { Outbox } from './adapters/mail/outbox.ts';
import { canEndSessions } from './adapters/postgres/auth-schema/people-access.ts';
import type { Database } from './adapters/postgres/database.ts';
import { createAccountDeletions } from './adapters/postgres/people/account-deletions.ts';
import { createDeletionWorker } from './adapters/postgres/people/deletion-worker.ts';
import { openPersonExporter } from './adapters/postgres/people/person-exporter.ts';
import { createPersonFacts } from './adapters/postgres/people/person-facts.ts';
import { createSessionStore, ENDLESS, type SessionLife } from './adapters/postgres/people/session-store.ts';
import { installPersonTriggers } from './adapters/postgres/triggers/person-triggers.ts';
import type { Worker } from './adapters/workers/worker.ts';
import type { Config } from './config/config.ts';
import type { SharedServices } from './context.ts';
import type { AuditRecorder } from './identity/audit/audit-event.ts';
import type { AuthBackend } from './identity/auth-backend.ts';
import { type Client, ownClient } from './identity/client.ts';
import type { Clock } from './identity/clock.ts';
import { carryOutDeletion, type EraseAccount } from './identity/own-account/account-deletion.ts';
import type { Exclusively } from './identity/role.ts';

interface AccountsOptions {
  database: Database;
  clock: Clock;
  log: Logger;
  exclusively: Exclusively;
  authFor: (client: Client) => AuthBackend;
  audit: AuditRecorder;
  /** Whether people live in this database. */
  hasPeople: boolean;
  /** Null where others mail. */
  outbox: Outbox | null;
  /** Null where only the protocol can delete. */
  eraseAccount: EraseAccount | null;
  config: Config;
}

interface Accounts {
  readonly services: Pick<
    SharedServices,
    'sessions' | 'facts' | 'exporter' | 'deletions' | 'eraseAccount' | 'deletionGraceDays'
  >;
  /** Not started. */
  readonly deletionWorker: Worker;
}

export async function openAccounts(options: AccountsOptions): Promise<Accounts> {
  const { database, clock, log, audit, exclusively, config } = options;
  const isNoted = options.hasPeople && (await installPersonTriggers(database));
  // A copy of Supabase's database knows sessions too, and to end them there ends nothing.
  const canEnd = options.hasPeople && (await canEndSessions(database));
  const facts = createPersonFacts(database, clock, { isNoted });
  const eraseAccount: EraseAccount =
    options.eraseAccount ??
    (async ({ auth, client }, { id }) => {
      const isGone = await auth.users.delete(id, 'hard');
      await facts.forget(id);
      const details = { isSoft: false };
      if (isGone) await audit.record(client, { action: 'user.deleted', userId: id, details });
    });
  const deletions = createAccountDeletions({ database, clock, outbox: options.outbox });
  const needs = { deletions, facts, eraseAccount, exclusively };
  return {
    services: {
      sessions: canEnd ? createSessionStore(database, clock, sessionLifeOf(config)) : null,
      facts,
      exporter: await openPersonExporter(database),
      deletions,
      eraseAccount,
      deletionGraceDays: config.account.deletionGraceDays,
    },
    deletionWorker: createDeletionWorker({
      deletions,
      carryOut: (userId) => {
        const client = ownClient('deletion');
        return carryOutDeletion({ ...needs, client, auth: options.authFor(client) }, userId);
      },
      clock,
      log,
    }),
  };
}

function sessionLifeOf({ auth }: Config): SessionLife {
  if (auth.kind === 'supabase') return ENDLESS;
  const { timeboxSeconds, inactivityTimeoutSeconds } = auth.sessions;
  const inactivitySeconds = Math.min(
    auth.refreshTokenTtlSeconds,
    inactivityTimeoutSeconds ?? Number.POSITIVE_INFINITY,
  );
  return { timeboxSeconds, inactivitySeconds };
}
