/** The composition root: adapters behind the rules, rules behind the schema, the schema behind HTTP. */
import type { Logger } from 'pino';
import { openAccounts } from './accounts.ts';
import type { Hooks } from './adapters/hooks/hook.ts';
import { createHookCaller } from './adapters/hooks/hook-caller.ts';
import { createAttemptLimiter } from './adapters/limits/attempt-limiter.ts';
import { createRefusalBudget } from './adapters/limits/refusal-budget.ts';
import { type Mail, openMail } from './adapters/mail/mail.ts';
import type { OutboxWorker } from './adapters/mail/outbox-worker.ts';
import type { Mirror } from './adapters/mirror/mirror.ts';
import { meetingPeople, mirroringChanges, openMirror } from './adapters/mirror/open-mirror.ts';
import { assertNoReplica, wantsReplica } from './adapters/mirror/replica.ts';
import { createOAuthProviders } from './adapters/oauth/providers.ts';
import { createPasswordHasher } from './adapters/passwords/hasher.ts';
import { checkPassword, type PasswordRules } from './adapters/passwords/password-policy.ts';
import { installActivityTriggers } from './adapters/postgres/activity-triggers.ts';
import { createAuditLog } from './adapters/postgres/audit-reader.ts';
import { createAuditRecorder } from './adapters/postgres/audit-recorder.ts';
import { type AuditSealer, createAuditSealer } from './adapters/postgres/audit-sealer.ts';
import { openChangeFeed, SILENCE_MS } from './adapters/postgres/change-feed.ts';
import { installChangeTriggers } from './adapters/postgres/change-triggers.ts';
import type { Database } from './adapters/postgres/database.ts';
import type { DeletionWorker } from './adapters/postgres/deletion-worker.ts';
import {
  installTrigrams,
  keepDirectoryIndexes,
  trigramSchema,
} from './adapters/postgres/directory-indexes.ts';
import { migrate } from './adapters/postgres/migrations.ts';
import { openDatabase } from './adapters/postgres/open-database.ts';
import { createRoleHolders } from './adapters/postgres/role-holders.ts';
import { installRowSecurity } from './adapters/postgres/row-security.ts';
import { ENDLESS, type SessionLife } from './adapters/postgres/session-store.ts';
import { createSignInChallenges } from './adapters/postgres/sign-in-challenges.ts';
import { createUpstreamChanges, tellingOthers } from './adapters/postgres/told-changes.ts';
import { createUserDirectory } from './adapters/postgres/user-directory.ts';
import { createUserIds } from './adapters/postgres/user-ids.ts';
import { createUserStats } from './adapters/postgres/user-stats.ts';
import { installWebhookTriggers } from './adapters/postgres/webhook-triggers.ts';
import { createSupabaseBackend } from './adapters/supabase/auth-backend.ts';
import { embeddedProject } from './adapters/supabase/embedded-project.ts';
import { remoteProject } from './adapters/supabase/remote-project.ts';
import { createUpstreamPeople } from './adapters/supabase/upstream-people.ts';
import { createConfiguredSigningKeys } from './adapters/tokens/configured-signing-keys.ts';
import { openDatabaseSigningKeys } from './adapters/tokens/database-signing-keys.ts';
import { signProjectKey } from './adapters/tokens/project-key.ts';
import { createRemoteKeys } from './adapters/tokens/remote-keys.ts';
import type { SigningKeys, VerifyingKeys } from './adapters/tokens/signing-keys.ts';
import { createTokenVerifier } from './adapters/tokens/token-verifier.ts';
import type { WebhookWorker } from './adapters/webhooks/webhook-worker.ts';
import { openWebhooks } from './adapters/webhooks/webhooks.ts';
import { type AuthServer, createAuthServer } from './auth-server/auth-server.ts';
import { channelsOfHooks } from './auth-server/hooks/hook-delivery.ts';
import { createAccountEraser } from './auth-server/users/erased-account.ts';
import type { Config, EmbeddedConfig } from './config/config.ts';
import type { SupabaseAuthConfig } from './config/supabase.ts';
import { createContextFactory } from './context.ts';
import { createHttpApp, type HttpApp } from './http/http-app.ts';
import type { EraseAccount } from './identity/account-deletion.ts';
import type { AttemptLimiter } from './identity/attempts.ts';
import type { AuditRecorder } from './identity/audit-event.ts';
import type { AuthBackend } from './identity/auth-backend.ts';
import { type ChangeLog, createChangeLog } from './identity/changes.ts';
import type { Client } from './identity/client.ts';
import type { Clock } from './identity/clock.ts';
import { WeakPasswordError } from './identity/errors.ts';
import type { Freshness } from './identity/freshness.ts';
import type { PasswordPolicy } from './identity/password-policy.ts';
import type { Exclusively } from './identity/role.ts';
import type { UserDirectory } from './identity/user-directory.ts';
import { schema } from './schema/schema.ts';

interface Worker {
  start(): void;
  /** Resolves when nothing is under way any more. A second time, nothing happens. */
  stop(): Promise<void>;
}

export interface App extends HttpApp {
  readonly database: Database;
  /** Acts for a client of the app's choosing: what the start and the commands use. */
  readonly authFor: (client: Client) => AuthBackend;
  /** Null in Supabase mode, where others hold the keys. */
  readonly keys: SigningKeys | null;
  /** What goes on beside the requests, those below among it. The app starts none of it by itself. */
  readonly workers: readonly Worker[];
  /** Who sends what waits in the outbox. Null in Supabase mode, where Supabase mails. */
  readonly mail: OutboxWorker | null;
  /** Who tells other services. */
  readonly webhooks: WebhookWorker;
  /** Who seals what was recorded. */
  readonly audit: AuditSealer;
  /** Who keeps Supabase's people in this database. Null where nobody is mirrored. */
  readonly mirror: Mirror | null;
  /** Who carries out the deletions that are due. */
  readonly deletions: DeletionWorker;
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
  try {
    const isEmbedded = config.auth.kind === 'embedded';
    const mayMirror = !isEmbedded && (await wantsReplica(database, config.mirrorPeople));
    const { unknown } = await migrate(database, { createAuthSchema: isEmbedded || mayMirror });
    if (isEmbedded) await assertNoReplica(database, config.mirrorPeople);
    await installRowSecurity(database);
    if (unknown.length > 0) log.warn({ migrations: unknown }, 'a newer Limen has migrated this database');
    const attempts = createAttemptLimiter({
      database,
      enabled: config.rateLimits,
      limits:
        config.auth.kind === 'embedded'
          ? { sms: { attempts: 1, seconds: config.auth.phone.maxFrequencySeconds } }
          : {},
    });
    const { accessTokenTtlSeconds } = config.auth;
    const heard = createChangeLog(clock, accessTokenTtlSeconds);
    // What happens at Supabase is not in this database, or not all of it.
    const isTold = config.auth.kind === 'embedded' && (await installChangeTriggers(database));
    const feed = await openChangeFeed({ database, sink: heard, keepSeconds: accessTokenTtlSeconds, log });
    heard.follow(feed, isTold);
    const changes = isTold ? heard : tellingOthers(heard, database, log);
    if (config.auth.kind === 'embedded') await installWebhookTriggers(database);
    const webhooks = openWebhooks({ database, clock, log, settings: config.webhooks });
    const audit = createAuditRecorder({ database, budget: createRefusalBudget(clock), log });
    const shared = { database, attempts, changes, audit, clock, log };
    const stats =
      isTold && (await installActivityTriggers(database)) ? createUserStats(database, clock) : null;
    await stats?.prune();
    const pruning = setInterval(
      () => void stats?.prune().catch((error) => log.warn({ error }, 'old activity stays')),
      DAY_MS,
    ).unref();
    const auth =
      config.auth.kind === 'embedded'
        ? await embeddedAuth(config, config.auth, shared)
        : await supabaseAuth(config, config.auth, mayMirror, shared);
    const exclusively: Exclusively = (name, work) => database.exclusively(name, work);
    const accounts = await openAccounts({
      ...shared,
      hasPeople: config.auth.kind === 'embedded',
      exclusively,
      authFor: auth.authFor,
      outbox: auth.mail?.outbox ?? null,
      eraseAccount: auth.eraseAccount,
      sessionLife: sessionLifeOf(config),
      deletionGraceDays: config.account.deletionGraceDays,
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
        auditLog: createAuditLog(database),
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
            changes: mirroringChanges(createUpstreamChanges(database), auth.mirror),
          }
        : null,
      readiness: { database: async () => void (await database.query('select 1')), auth: auth.isReady },
      settings: { ...config.http, sessionCookie: config.sessionCookie, production: config.production },
      log,
    });
    const mail = auth.mail?.worker ?? null;
    const workers: Worker[] = [webhooks.worker, sealer, accounts.deletionWorker];
    if (mail) workers.push(mail);
    if (auth.mirror) workers.push(auth.mirror.worker);
    return {
      ...http,
      database,
      authFor: auth.authFor,
      keys: auth.signingKeys,
      workers,
      mail,
      webhooks: webhooks.worker,
      audit: sealer,
      mirror: auth.mirror,
      deletions: accounts.deletionWorker,
      async close() {
        clearInterval(pruning);
        await Promise.all(workers.map((worker) => worker.stop()));
        await feed.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
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

function sessionLifeOf({ auth }: Config): SessionLife {
  if (auth.kind === 'supabase') return ENDLESS;
  const { timeboxSeconds, inactivityTimeoutSeconds } = auth.sessions;
  const inactivitySeconds = Math.min(
    auth.refreshTokenTtlSeconds,
    inactivityTimeoutSeconds ?? Number.POSITIVE_INFINITY,
  );
  return { timeboxSeconds, inactivitySeconds };
}

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

interface Shared {
  database: Database;
  attempts: AttemptLimiter;
  changes: ChangeLog;
  audit: AuditRecorder;
  clock: Clock;
  log: Logger;
}

/** Where passwords are checked, and who signs. */
interface Auth {
  authFor: (client: Client) => AuthBackend;
  keys: VerifyingKeys;
  signingKeys: SigningKeys | null;
  issuer: string | null;
  server: AuthServer | null;
  mail: Mail | null;
  /** What Supabase's webhooks bring along; null where none come. */
  webhookSecret: string | null;
  mirror: Mirror | null;
  /** Null where only the protocol can delete. */
  eraseAccount: EraseAccount | null;
  isReady: () => Promise<void>;
}

/** The embedded server takes its own project key in the process; it lives only as long as a call may take. */
const PROCESS_KEY_TTL_SECONDS = 60;

async function mailOf(
  config: Config,
  { siteUrl, issuer, codes }: EmbeddedConfig,
  hooks: Hooks,
  { database, clock, log }: Shared,
): Promise<Mail> {
  const hasMailbox = !config.production;
  const settings = { ...config.mail, siteUrl, hasMailbox, codeTtlSeconds: codes.ttlSeconds };
  if (!config.mail.smtp && !hasMailbox && !hooks.isOn('send_email'))
    log.warn('no mail can be sent: SMTP_URL is not set');
  const byHook = channelsOfHooks({ hooks, database, clock, issuer });
  return openMail({ database, clock, log, settings, byHook });
}

async function embeddedAuth(config: Config, auth: EmbeddedConfig, shared: Shared): Promise<Auth> {
  const { database, clock } = shared;
  const hooks = createHookCaller({ ...shared, targets: auth.hooks });
  const mail = await mailOf(config, auth, hooks, shared);
  const keys =
    auth.jwtKeys || auth.jwtSecret
      ? await createConfiguredSigningKeys(auth)
      : await openDatabaseSigningKeys({ database, clock });
  const passwords = createPasswordHasher({ scheme: auth.passwordRules.scheme });
  const { outbox } = mail;
  const server = createAuthServer({
    ...shared,
    keys,
    passwords,
    outbox,
    hooks,
    oauth: createOAuthProviders(auth.oauth.providers),
    settings: {
      ...auth,
      manualLinking: auth.oauth.manualLinking,
      linkingNeedsProof: auth.oauth.linkingNeedsProof,
    },
  });
  const authFor = createSupabaseBackend({
    project: embeddedProject(server, auth.issuer.replace(/\/auth\/v1$/, '')),
    secretKey: () => signProjectKey(keys, 'service_role', clock, PROCESS_KEY_TTL_SECONDS),
    checksPasswordFirst: true,
    hasAnotherWithRole: createRoleHolders(database, clock),
    findUserId: createUserIds(database),
    signInChallenges: createSignInChallenges(database, clock, { ownsSessions: true }),
    directory: await openUserDirectory(shared),
  });
  const isReady = async () => void (await keys.current());
  const erase = createAccountEraser({ ...shared, outbox });
  return {
    authFor,
    keys,
    signingKeys: keys,
    issuer: auth.issuer,
    server,
    mail,
    mirror: null,
    eraseAccount: ({ client }, { id }) => erase(client, id),
    webhookSecret: null,
    isReady,
  };
}

/** A search finds what it can: without `pg_trgm` beginnings of words, without the indexes the same, slowly. */
async function openUserDirectory({ database, clock, log }: Shared): Promise<UserDirectory> {
  await installTrigrams(database);
  const { missing } = await keepDirectoryIndexes(database);
  if (missing.length > 0)
    log.warn(
      { missing },
      'the directory lacks indexes, and is slow with many people: run `limen directory index`',
    );
  return createUserDirectory(database, clock, await trigramSchema(database));
}

const SUPABASE_TIMEOUT_MS = 5000;
/** A thousand people take longer than one, and nobody waits for them. */
const PAGE_TIMEOUT_MS = 30_000;

/** @param mayMirror whether there is, or may be, a replica of the project's people in the database */
async function supabaseAuth(
  { mirrorPeople }: Config,
  config: SupabaseAuthConfig,
  mayMirror: boolean,
  { database, clock, log }: Shared,
): Promise<Auth> {
  const secretKey = async () => config.secretKey;
  const silent = remoteProject({ ...config, timeoutMs: SUPABASE_TIMEOUT_MS });
  const mirror = mayMirror
    ? await openMirror({
        database,
        clock,
        log,
        mode: mirrorPeople,
        projectUrl: config.url,
        // The mirror itself asks without being heard.
        upstream: createUpstreamPeople({ ...silent, timeoutMs: PAGE_TIMEOUT_MS }, secretKey),
      })
    : null;
  const authFor = createSupabaseBackend({
    project: mirror ? { ...silent, listen: mirror.listen } : silent,
    secretKey,
    checksPasswordFirst: false,
    hasAnotherWithRole: null,
    findUserId: null,
    signInChallenges: createSignInChallenges(database, clock, { ownsSessions: false }),
    directory: null,
  });
  const keys = createRemoteKeys({
    jwksUrl: `${config.url}/auth/v1/.well-known/jwks.json`,
    jwtSecret: config.jwtSecret,
    fetch,
    clock,
    timeoutMs: SUPABASE_TIMEOUT_MS,
  });
  // With the secret key, so that a wrong one is found out here and not by the first administrator.
  const isReady = async () => {
    const response = await fetch(`${config.url}/auth/v1/admin/users?page=1&per_page=1`, {
      headers: { apikey: config.secretKey, authorization: `Bearer ${config.secretKey}` },
      redirect: 'error',
      signal: AbortSignal.timeout(SUPABASE_TIMEOUT_MS),
    });
    await response.body?.cancel();
    if (response.status === 401 || response.status === 403)
      throw new Error('The secret key of Supabase is refused.');
    if (!response.ok) throw new Error(`Supabase Auth answered ${response.status}.`);
  };
  return {
    authFor,
    keys,
    signingKeys: null,
    issuer: config.issuer,
    server: null,
    mail: null,
    eraseAccount: null,
    webhookSecret: config.webhookSecret,
    mirror,
    isReady,
  };
}
