/** The embedded auth server for tests: the real one, on both kinds of database, with a clock held still and nothing mocked. */

import { randomUUID } from 'node:crypto';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { pino } from 'pino';
import type { HookTargets } from '../../src/adapters/hooks/hook.ts';
import { createHookCaller } from '../../src/adapters/hooks/hook-caller.ts';
import { createAttemptLimiter } from '../../src/adapters/limits/attempt-limiter.ts';
import { createRefusalBudget } from '../../src/adapters/limits/refusal-budget.ts';
import { createOutbox } from '../../src/adapters/mail/outbox.ts';
import type { ProviderSettings } from '../../src/adapters/oauth/provider-settings.ts';
import { createOAuthProviders } from '../../src/adapters/oauth/providers.ts';
import { createPasswordHasher } from '../../src/adapters/passwords/hasher.ts';
import { createAuditRecorder } from '../../src/adapters/postgres/audit/audit-recorder.ts';
import type { Database } from '../../src/adapters/postgres/database.ts';
import { migrate } from '../../src/adapters/postgres/migrations.ts';
import { openPostgres } from '../../src/adapters/postgres/postgres.ts';
import { openDatabaseSigningKeys } from '../../src/adapters/tokens/database-signing-keys.ts';
import { signProjectKey } from '../../src/adapters/tokens/project-key.ts';
import { type AuthServer, createAuthServer } from '../../src/auth-server/auth-server.ts';
import type { AuthServerNeeds, AuthServerSettings, Caller } from '../../src/auth-server/protocol/needs.ts';
import { newClient } from '../../src/identity/client.ts';
import { createServerDatabase, hasServer } from '../adapters/postgres/drivers.ts';
import { openTestDatabase } from '../support/database.ts';
import { messagesTo } from '../support/messages.ts';

export const DATABASES = ['PGlite', ...(hasServer ? ['PostgreSQL' as const] : [])] as (
  | 'PGlite'
  | 'PostgreSQL'
)[];

export const PASSWORD = 'correct horse battery staple';
export const ISSUER = 'https://auth.example.com/auth/v1';

/** Firebase's own published example: this password, these parameters. */
export const FIREBASE = {
  password: 'user1password',
  hash:
    '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==' +
    '$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
};

export interface Answer {
  status: number;
  headers: Headers;
  // Tests look into answers of every shape.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  body: any;
}

export interface Ask {
  method?: string;
  token?: string;
  json?: unknown;
  /** Sent as it is, instead of `json`. */
  raw?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  caller?: Partial<Caller>;
}

export type TestServer = Awaited<ReturnType<typeof openAuthServer>>;

export async function openAuthServer(
  kind: 'PGlite' | 'PostgreSQL',
  options: { settings?: Partial<AuthServerSettings>; limited?: boolean; providers?: ProviderSettings[] } = {},
) {
  const statements: string[] = [];
  const { database, close } = await openDatabase(kind, (sql) => statements.push(sql));
  const clock = testClock();
  const keys = await openDatabaseSigningKeys({ database, clock: clock.now });
  const changed: string[] = [];
  const ended: string[] = [];
  const logged: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) });
  const needs = {
    database,
    keys,
    passwords: createPasswordHasher({ scheme: 'argon2id' }),
    clock: clock.now,
    changes: {
      userChanged: (id: string) => void changed.push(id),
      sessionEnded: (id: string) => void ended.push(id),
    },
    attempts: createAttemptLimiter({ database: null, enabled: options.limited ?? false }),
    audit: createAuditRecorder({
      database,
      budget: createRefusalBudget(clock.now),
      log: pino({ level: 'silent' }),
    }),
    outbox: createOutbox({ clock: clock.now, onWake: () => {} }),
    hooks: createHookCaller({ targets: {}, database, clock: clock.now, log }),
    oauth: createOAuthProviders(options.providers ?? []),
    log,
  };
  const settings: AuthServerSettings = {
    issuer: ISSUER,
    siteUrl: 'https://app.example.com',
    redirectAllowList: [],
    accessTokenTtlSeconds: 900,
    refreshTokenTtlSeconds: 7 * 86_400,
    emailConfirmation: false,
    signupEnabled: true,
    anonymousUsersEnabled: false,
    secureEmailChange: true,
    phone: { enabled: false, autoconfirm: false, codeTtlSeconds: 60, codeLength: 6 },
    passwordRules: { scheme: 'argon2id', minCharacters: 8, requiredCharacters: [] },
    sessions: {
      timeboxSeconds: null,
      inactivityTimeoutSeconds: null,
      isSinglePerUser: false,
      reuseIntervalSeconds: 10,
    },
    requireCurrentPassword: false,
    codes: { length: 6, ttlSeconds: 3600, links: 'page', requireReauthentication: false },
    mfa: { isTotpEnrollEnabled: true, totpIssuer: 'Limen', maxEnrolledFactors: 10, challengeTtlSeconds: 300 },
    impersonation: null,
    manualLinking: false,
    linkingNeedsProof: true,
    factorsNeedProof: false,
    passkeys: {
      rpId: 'example.com',
      rpOrigins: ['https://app.example.com'],
      rpName: 'Example',
      challengeTtlSeconds: 300,
    },
    ...options.settings,
  };
  const server = createAuthServer({ ...needs, settings });
  const serviceKey = await signProjectKey(keys, 'service_role', clock.now, 86_400 * 365);

  const asking = askingOf(server);

  /** An unmodified supabase-js client whose requests come here. */
  function supabase(key = 'anon'): SupabaseClient {
    return createClient('http://limen.test', key, {
      auth: { persistSession: false, autoRefreshToken: false, experimental: { recoveryCodes: true } },
      global: { fetch: (input, init) => server.fetch(new Request(input, init), callerOf()) },
    });
  }

  return {
    server,
    ...asking,
    needs: { ...needs, settings },
    /** The same database and keys, with other settings. */
    withSettings: (other: Partial<AuthServerSettings>) =>
      askingOf(createAuthServer({ ...needs, settings: { ...settings, ...other } })),
    /** The same database and keys, with hooks. */
    withHooks: (targets: HookTargets, other: Partial<AuthServerSettings> = {}) =>
      askingOf(
        createAuthServer({
          ...needs,
          hooks: createHookCaller({ targets, database, clock: clock.now, log }),
          settings: { ...settings, ...other },
        }),
      ),
    /** The same database and keys, with something else put in between. */
    withNeeds: (other: Partial<AuthServerNeeds>) =>
      askingOf(createAuthServer({ ...needs, settings, ...other })),
    supabase,
    messagesTo: (recipient: string) => messagesTo(database, recipient),
    serviceKey,
    keys,
    database: database as Database,
    clock,
    changed,
    ended,
    logged,
    /** Somebody new, with an address of their own. */
    async newPerson(more: object = {}) {
      const email = newAddress();
      const { body } = await asking.signUp(email, more);
      return {
        email,
        id: body.user.id as string,
        accessToken: body.access_token as string,
        refreshToken: body.refresh_token as string,
        sessionId: claimsOf(body.access_token).session_id as string,
      };
    },
    async statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
      statements.length = 0;
      await work();
      return [...statements];
    },
    async rows(sql: string, parameters: unknown[] = []) {
      return database.query<Record<string, unknown>>(sql, parameters);
    },
    close,
  };
}

const callerOf = (caller: Partial<Caller> = {}): Caller => ({
  ...newClient({ address: '192.0.2.7', userAgent: 'test/1', requestId: 'request-1' }),
  via: 'socket',
  ...caller,
});

/** What succeeds and changes nothing that is worth a row. */
const UNRECORDED =
  /^((GET|HEAD) .*|POST \/token\?grant_type=refresh_token|POST \/logout.*|POST \/factors\/[^/]+\/challenge|POST \/passkeys\/\w+\/options|PUT \/user)$/;

/** Every test of the protocol is a test of the audit log too. */
function assertRecorded(request: Request, response: Response, { trail }: Caller): void {
  const { pathname, search } = new URL(request.url);
  const name = `${request.method} ${pathname.replace('/auth/v1', '')}${search}`;
  if (response.status >= 400 || UNRECORDED.test(name) || trail.successes + trail.refusals > 0) return;
  throw new Error(`Nothing was recorded: ${name}`);
}

function askingOf(server: AuthServer) {
  /** Speaks the newer version of the API, unless told otherwise. */
  async function ask(path: string, { method, token, json, raw, headers, caller }: Ask = {}): Promise<Answer> {
    const body = raw ?? (json === undefined ? undefined : JSON.stringify(json));
    const request = new Request(`http://limen.test/auth/v1${path}`, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        'x-supabase-api-version': '2024-01-01',
        ...(token && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    });
    const asking = callerOf(caller);
    const response = await server.fetch(request, asking);
    assertRecorded(request, response, asking);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text,
    };
  }

  const signUp = (email: string, more: object = {}) =>
    ask('/signup', { json: { email, password: PASSWORD, ...more } });
  const signIn = (email: string, password = PASSWORD) =>
    ask('/token?grant_type=password', { json: { email, password } });
  const refresh = (token: string) =>
    ask('/token?grant_type=refresh_token', { json: { refresh_token: token } });

  return { ask, signUp, signIn, refresh };
}

export const newAddress = (name = 'somebody') => `${name}-${randomUUID().slice(0, 12)}@example.com`;

// biome-ignore lint/suspicious/noExplicitAny: tests look into claims of every shape
export function claimsOf(token: string): any {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

async function openDatabase(kind: 'PGlite' | 'PostgreSQL', onStatement: (sql: string) => void) {
  if (kind === 'PGlite') {
    const database = await openTestDatabase('pglite', onStatement);
    return { database, close: () => database.close() };
  }
  const { url, drop } = await createServerDatabase();
  const database = await openPostgres({ url, onStatement });
  await migrate(database, { createAuthSchema: true });
  return {
    database,
    async close() {
      await database.close();
      await drop();
    },
  };
}

/** The same database, in which something else happens right before the first statement of that kind. */
export function interrupted(database: Database, before: RegExp, happens: () => Promise<unknown>): Database {
  let hasHappened = false;
  return {
    ...database,
    async query<Row extends object>(sql: string, parameters?: readonly unknown[]) {
      if (!hasHappened && before.test(sql)) {
        hasHappened = true;
        await happens();
      }
      return database.query<Row>(sql, parameters);
    },
  };
}

/** Starts at the real time, since supabase-js compares with it, and then moves only when told. */
function testClock() {
  let offset = 0;
  const start = Date.now();
  return {
    now: () => new Date(start + offset),
    advance(seconds: number) {
      offset += seconds * 1000;
    },
  };
}
