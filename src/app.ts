/** The composition root: adapters behind the rules, rules behind the schema, the schema behind HTTP. */
import type { Logger } from 'pino';
import { openAccounts } from './accounts.ts';
import { createRefusalBudget } from './adapters/limits/refusal-budget.ts';
import type { Mirror } from './adapters/mirror/mirror.ts';
import { meetingPeople, mirroringChanges } from './adapters/mirror/open-mirror.ts';
import { noteProjectDatabase } from './adapters/mirror/project-database.ts';
import { assertNoReplica } from './adapters/mirror/replica.ts';
import { checkPassword, type PasswordRules } from './adapters/passwords/password-policy.ts';
import { createAuditLog } from './adapters/postgres/audit/audit-reader.ts';
import { createAuditRecorder } from './adapters/postgres/audit/audit-recorder.ts';
import { type AuditSealer, createAuditSealer } from './adapters/postgres/audit/audit-sealer.ts';
import { canRead } from './adapters/postgres/auth-schema/people-access.ts';
import type { Database } from './adapters/postgres/database.ts';
import { migrate } from './adapters/postgres/migrations.ts';
import { openDatabase } from './adapters/postgres/open-database.ts';
import { createUserStats } from './adapters/postgres/people/user-stats.ts';
import { installRowSecurity } from './adapters/postgres/row-security.ts';
import { installActivityTriggers } from './adapters/postgres/triggers/activity-triggers.ts';
import { openChangeFeed, SILENCE_MS } from './adapters/postgres/triggers/change-feed.ts';
import { installChangeTriggers } from './adapters/postgres/triggers/change-triggers.ts';
import { createUpstreamChanges, tellingOthers } from './adapters/postgres/triggers/told-changes.ts';
import { installWebhookTriggers } from './adapters/postgres/triggers/webhook-triggers.ts';
import type { SigningKeys } from './adapters/tokens/signing-keys.ts';
import { createTokenVerifier } from './adapters/tokens/token-verifier.ts';
import type { WebhookWorker } from './adapters/webhooks/webhook-worker.ts';
import { openWebhooks } from './adapters/webhooks/webhooks.ts';
import type { Worker } from './adapters/workers/worker.ts';
import type { Config } from './config/config.ts';
import { createContextFactory } from './context.ts';
import { embeddedAuth } from './embedded-auth.ts';
import { createHttpApp, type HttpApp } from './http/http-app.ts';
import type { AuthBackend } from './identity/auth-backend.ts';
import { createChangeLog } from './identity/changes.ts';
import type { Client } from './identity/client.ts';
import type { Clock } from './identity/clock.ts';
import { WeakPasswordError } from './identity/errors.ts';
import type { Freshness } from './identity/freshness.ts';
import type { Exclusively } from './identity/role.ts';
import type { PasswordPolicy } from './identity/sign-in/password-policy.ts';
import { openLimits } from './limits.ts';
import { schema } from './schema/schema.ts';
import { supabaseAuth } from './supabase-auth.ts';
import { findSupabaseDatabase, whileOwn } from './supabase-database.ts';

export interface App extends HttpApp {
  readonly database: Database;
  /** Whether people live in it, by the embedded server or in Supabase's own. */
  readonly hasPeople: boolean;
  /** Acts for a client of the app's choosing: what the start and the commands use. */
  readonly authFor: (client: Client) => AuthBackend;
  /** Null in Supabase mode, where others hold the keys. */
  readonly keys: SigningKeys | null;
  /** What goes on beside the requests, those below among it. The app starts none of it by itself. */
  readonly workers: readonly Pick<Worker, 'start' | 'stop'>[];
  /** Who sends what waits in the outbox. Null in Supabase mode, where Supabase mails. */
  readonly mail: Worker | null;
  /** Who tells other services. */
  readonly webhooks: WebhookWorker;
  /** Who seals what was recorded. */
  readonly audit: AuditSealer;
  /** Who keeps Supabase's people in this database. Null where nobody is mirrored. */
  readonly mirror: Mirror | null;
  /** Who carries out the deletions that are due. */
  readonly deletions: Worker;
  /** Stops the workers, too. */
  close(): Promise<void>;
}

export interface AppOptions {
  log: Logger;
  clock?: Clock;
  /** Sees every SQL statement before it runs. */
  onStatement?: (sql: string) => void;
  /** Instead of the database of the configuration. */
  database?: Database;
}

export async function createApp(config: Config, options: AppOptions): Promise<App> {
  const { log, clock = () => new Date(), onStatement } = options;
  const database =
    options.database ?? (await openDatabase(config.database, onStatement ? { onStatement } : {}));
  // Whatever goes wrong later: one connection left open, and the process never ends.
  const opened = new AsyncDisposableStack();
  opened.defer(() => database.close());
  try {
    const project =
      config.auth.kind === 'supabase'
        ? await findSupabaseDatabase(config, config.auth, { database, log })
        : null;
    const { unknown } = await migrate(database, { createAuthSchema: project === null || project.mayMirror });
    if (project) await noteProjectDatabase(database, project.isOwn ? project.url : null, clock());
    else await assertNoReplica(database, config.mirrorPeople);
    const hasPeople = project === null || project.isOwn;
    await installRowSecurity(database);
    if (unknown.length > 0) log.warn({ migrations: unknown }, 'a newer Limen has migrated this database');
    const attempts = openLimits(config, database, log);
    const { accessTokenTtlSeconds } = config.auth;
    const heard = createChangeLog(clock, accessTokenTtlSeconds);
    // Elsewhere what happens at Supabase is not in this database, or not all of it.
    const isTold = hasPeople && (await installChangeTriggers(database));
    if (hasPeople && !isTold)
      log.warn('no triggers tell of what changes in auth: see limen doctor for the rights they take');
    const webhooks = openWebhooks({ database, clock, log, settings: config.webhooks });
    const listening = await openChangeFeed({
      database,
      sink: heard,
      keepSeconds: accessTokenTtlSeconds,
      others: { limen_webhooks: webhooks.worker.wake },
      log,
    });
    const feed = project?.isOwn ? whileOwn(listening, project, log) : listening;
    opened.defer(() => feed.close());
    heard.follow(feed, isTold);
    const changes = isTold ? heard : tellingOthers(heard, database, log);
    const silent = hasPeople ? await installWebhookTriggers(database) : null;
    const writesEvents = (table: string) => silent !== null && !silent.includes(table);
    const audit = createAuditRecorder({ database, budget: createRefusalBudget(clock), log });
    const shared = { database, attempts, changes, audit, clock, log };
    const stats =
      isTold && (await installActivityTriggers(database)) ? createUserStats(database, clock) : null;
    await stats?.prune();
    const pruning = setInterval(
      () => void stats?.prune().catch((error) => log.warn({ error }, 'old activity stays')),
      DAY_MS,
    ).unref();
    opened.defer(() => clearInterval(pruning));
    const auth =
      config.auth.kind === 'embedded'
        ? await embeddedAuth(config, config.auth, shared)
        : await supabaseAuth(config, config.auth, project!, shared);
    const exclusively: Exclusively = (name, work) => database.exclusively(name, work);
    const accounts = await openAccounts({
      ...shared,
      hasPeople,
      exclusively,
      authFor: auth.authFor,
      outbox: auth.mail?.outbox ?? null,
      eraseAccount: auth.eraseAccount,
      config,
    });

    const verifier = createTokenVerifier({
      keys: auth.keys,
      issuer: auth.issuer,
      audience: 'authenticated',
      clock,
    });
    const tokens = meetingPeople(verifier, auth.mirror);
    const createContext = createContextFactory(
      {
        attempts,
        audit,
        auditLog: createAuditLog(database, {
          hasSupabaseLog: hasPeople && (await canRead(database, ['audit_log_entries'])),
        }),
        changes,
        tokens,
        clock,
        webhooks: webhooks.services,
        freshness: freshnessOf(config, isTold),
        stats,
        exclusively,
        ...accounts.services,
        passwordPolicy: passwordPolicyFor(
          config.auth.kind === 'embedded' ? config.auth.passwordRules : SUPABASE_PASSWORD_RULES,
        ),
      },
      auth.authFor,
      (reason, { requestId }) => log.info({ requestId, reason }, 'access token refused'),
    );
    const sealer = createAuditSealer({ database, retentionDays: config.audit.retentionDays, clock, log });
    const http = createHttpApp({
      schema,
      createContext,
      authServer: auth.server,
      mailbox: auth.mail?.mailbox ?? null,
      supabaseWebhook: auth.webhookSecret
        ? {
            secret: auth.webhookSecret,
            changes: mirroringChanges(createUpstreamChanges(database, { writesEvents }), auth.mirror),
          }
        : null,
      readiness: { database: async () => void (await database.query('select 1')), auth: auth.isReady },
      settings: { ...config.http, sessionCookie: config.sessionCookie, production: config.production },
      log,
    });
    const mail = auth.mail?.worker ?? null;
    const workers: Pick<Worker, 'start' | 'stop'>[] = [webhooks.worker, sealer, accounts.deletionWorker];
    if (mail) workers.push(mail);
    if (auth.mirror) workers.push(auth.mirror.worker);
    opened.defer(async () => void (await Promise.all(workers.map((worker) => worker.stop()))));
    return {
      ...http,
      database,
      hasPeople,
      authFor: auth.authFor,
      keys: auth.signingKeys,
      workers,
      mail,
      webhooks: webhooks.worker,
      audit: sealer,
      mirror: auth.mirror,
      deletions: accounts.deletionWorker,
      close: () => opened.disposeAsync(),
    };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

/** @param isTold whether triggers tell of everything */
function freshnessOf({ auth }: Config, isTold: boolean): Freshness {
  if (isTold) return { source: 'database', boundSeconds: SILENCE_MS / 1000 };
  const hasWebhooks = auth.kind === 'supabase' && auth.webhookSecret !== null;
  // Supabase does not send again what did not arrive.
  return { source: hasWebhooks ? 'webhooks' : 'own-writes', boundSeconds: auth.accessTokenTtlSeconds };
}

const DAY_MS = 86_400_000;

/** Supabase stores bcrypt, which sees no more than 72 bytes; what else it asks for it says itself. */
const SUPABASE_PASSWORD_RULES: PasswordRules = { scheme: 'bcrypt', minCharacters: 8, requiredCharacters: [] };

function passwordPolicyFor(rules: PasswordRules): PasswordPolicy {
  return {
    assertStrong(password, email) {
      const problem = checkPassword(password, { email, rules });
      if (problem) throw new WeakPasswordError(problem.message, problem.reasons);
    },
  };
}
