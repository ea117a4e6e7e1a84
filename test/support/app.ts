/**
 * The real application for tests: real schema, real auth server, a real Postgres, a clock held still. `LIMEN_TEST_MODE` says on what:
 * `pglite` (in memory), `postgres` (a database of its own on TEST_DATABASE_URL), or `supabase` (a second Limen, over HTTP, as its Supabase);
 * with LIMEN_TEST_SHARED, on the Supabase's own database.
 */
import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { onTestFinished } from 'vitest';
import type { Database } from '../../src/adapters/postgres/database.ts';
import { signProjectKey } from '../../src/adapters/tokens/project-key.ts';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { openTestDatabase } from './database.ts';
import { messagesTo } from './messages.ts';

export const MODE = (process.env.LIMEN_TEST_MODE ?? 'pglite') as 'pglite' | 'postgres' | 'supabase';

/** Whether it is in front of a Supabase whose database is its own too. */
export const IS_SHARED = MODE === 'supabase' && process.env.LIMEN_TEST_SHARED === 'on';

/** Whether the rows of people are where Limen can read them. */
export const SEES_ROWS = MODE !== 'supabase' || IS_SHARED;

export const PASSWORD = 'correct horse battery staple';

export interface GraphQLAnswer {
  status: number;
  headers: Headers;
  // Tests look into answers of every shape.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  data: any;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  errors: any[] | undefined;
}

export interface TestAppOptions {
  /** Variables on top of the defaults; in Supabase mode those of the embedded server go to the upstream. */
  env?: Record<string, string>;
}

export interface TestPerson {
  /** Asks as this person. */
  (query: string, variables?: Record<string, unknown>): Promise<GraphQLAnswer>;
  id: string;
  email: string;
  accessToken: string;
  refreshToken: string;
  sessionId: string;
}

const EMBEDDED_ONLY = new Set([
  'MFA_TOTP_ENROLL_ENABLED',
  'EMAIL_CONFIRMATION',
  'ACCESS_TOKEN_TTL',
  'REFRESH_TOKEN_TTL',
  'PASSWORD_HASH',
  'DISABLE_SIGNUP',
  'EXTERNAL_ANONYMOUS_USERS_ENABLED',
  'EXTERNAL_PHONE_ENABLED',
  'MAILER_SECURE_EMAIL_CHANGE_ENABLED',
  'SMS_AUTOCONFIRM',
  'JWT_SECRET',
  'JWT_KEYS',
  'REDIRECT_ALLOW_LIST',
  'MAILER_OTP_LENGTH',
  'MAILER_OTP_EXP',
  'MAIL_LINKS',
  'SECURITY_MANUAL_LINKING_ENABLED',
  'SECURITY_FACTORS_REQUIRE_REAUTHENTICATION',
  'PASSKEYS_ENABLED',
  'IMPERSONATION_ENABLED',
  'IMPERSONATION_TTL',
]);

/** A provider's variables are named by it. */
const isEmbeddedOnly = (name: string) =>
  EMBEDDED_ONLY.has(name) || /^(HOOK|SESSIONS|EXTERNAL|OIDC)_/.test(name);

export type TestApp = Awaited<ReturnType<typeof createTestApp>>;

/** Closed when the test that asked for it has finished; in a `beforeAll`, pass it on to `afterAll` yourself by `keep`. */
export async function createTestApp(options: TestAppOptions & { keep?: boolean } = {}) {
  const clock = createTestClock();
  const statements: string[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent');

  async function start(env: Record<string, string>, of?: App) {
    const config = readConfig({ RATE_LIMITS: 'off', LOG_LEVEL: 'silent', DATA_DIR: ':memory:', ...env });
    const database = of
      ? { ...of.database, close: async () => {} }
      : await openTestDatabase(config.auth.kind === 'embedded' ? MODE : 'pglite', (sql) =>
          statements.push(sql),
        );
    const app = await createApp(config, { log, clock: clock.now, database });
    closers.push(() => app.close());
    return app;
  }

  let embedded: App;
  let app: App;
  if (MODE === 'supabase') {
    const entries = Object.entries(options.env ?? {});
    embedded = await start({
      // As Supabase, which knows no such rule.
      SECURITY_LINKING_REQUIRE_REAUTHENTICATION: 'off',
      ...Object.fromEntries(entries.filter(([name]) => isEmbeddedOnly(name))),
    });
    const upstream = await listen(embedded, { host: '127.0.0.1', port: 0, log });
    closers.unshift(() => upstream.close());
    const keys = embedded.keys!;
    const { database } = embedded;
    if (IS_SHARED) await addSomebody(database);
    app = await start(
      {
        SUPABASE_URL: upstream.url,
        SUPABASE_ANON_KEY: await signProjectKey(keys, 'anon', clock.now, 86_400 * 365),
        SUPABASE_SERVICE_ROLE_KEY: await signProjectKey(keys, 'service_role', clock.now, 86_400 * 365),
        ...Object.fromEntries(entries.filter(([name]) => !isEmbeddedOnly(name))),
      },
      IS_SHARED ? embedded : undefined,
    );
    if (IS_SHARED) await database.query('delete from auth.users where id = $1', [SOMEBODY]);
  } else {
    embedded = await start(options.env ?? {});
    app = embedded;
  }
  // Tokens from the second of the start are looked up once, and no test means to begin there.
  clock.advance(2);
  const serviceKey = await signProjectKey(embedded.keys!, 'service_role', clock.now, 86_400 * 365);

  async function send(request: Request, remoteAddress = '127.0.0.1'): Promise<Response> {
    return app.fetch(request, { remoteAddress });
  }

  async function graphql(
    query: string,
    variables: Record<string, unknown> = {},
    { token, headers = {} }: { token?: string; headers?: Record<string, string> } = {},
  ): Promise<GraphQLAnswer> {
    const response = await send(
      new Request('http://limen.test/graphql', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
      }),
    );
    const body = (await response.json()) as { data?: unknown; errors?: unknown[] };
    return { status: response.status, headers: response.headers, data: body.data, errors: body.errors };
  }

  function person(session: {
    accessToken: string;
    refreshToken: string;
    user: { id: string; email: string };
  }): TestPerson {
    const { accessToken, refreshToken, user } = session;
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString());
    const ask = (query: string, variables?: Record<string, unknown>) =>
      graphql(query, variables, { token: accessToken });
    return Object.assign(ask, { ...user, accessToken, refreshToken, sessionId: claims.session_id as string });
  }

  /** Signs up somebody new. The name is only a beginning: everybody gets an address of their own. */
  async function signUp(name: string): Promise<TestPerson> {
    const email = `${name}-${randomUUID().slice(0, 8)}@example.com`;
    const { data } = await graphql(SIGN_UP, { input: { email, password: PASSWORD } });
    return person(data.signup);
  }

  async function logIn(email: string, password = PASSWORD): Promise<TestPerson> {
    const { data } = await graphql(LOG_IN, { input: { email, password } });
    return person(data.login);
  }

  /** What an operator does with the project's secret key: supabase-js, unmodified, against `/auth/v1`. */
  const admin = createClient('http://limen.test', serviceKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    global: {
      fetch: async (input, init) => embedded.fetch(new Request(input, init), { remoteAddress: '127.0.0.1' }),
    },
  }).auth.admin;

  /** Signs up, and gives the grants before signing in, so that the token holds them. */
  async function signUpWith(name: string, appMetadata: object): Promise<TestPerson> {
    const { id, email } = await signUp(name);
    await admin.updateUserById(id, { app_metadata: appMetadata });
    // A token of the seconds after a change is looked up once: clocks may differ by so much.
    clock.advance(6);
    return logIn(email);
  }

  async function close() {
    for (const closer of closers.splice(0)) await closer();
  }
  if (!options.keep) onTestFinished(close);

  return {
    app,
    graphql,
    send,
    person,
    signUp,
    signUpWith,
    logIn,
    admin,
    serviceKey,
    clock,
    /** The database with the `auth` schema. */
    database: embedded.database as Database,
    /** The one of Limen's own tables: another in Supabase mode. */
    ownDatabase: app.database as Database,
    /** Runs work and answers the SQL statements that ran meanwhile, transaction brackets left out. */
    async statementsDuring(work: () => Promise<unknown>): Promise<string[]> {
      statements.length = 0;
      await work();
      return statements.filter((sql) => !/^\s*(begin|commit|rollback)/i.test(sql));
    },
    /** Sends nothing unless told to. */
    mail: embedded.mail!,
    /** What browsers reach as the auth server, wherever Limen itself is. */
    atAuthServer: (request: Request) => embedded.fetch(request, { remoteAddress: '127.0.0.1' }),
    messagesTo: (recipient: string) => messagesTo(embedded.database, recipient),
    close,
  };
}

const SOMEBODY = randomUUID();

/** By whom a start knows that the database is Supabase's own. */
async function addSomebody(database: Database): Promise<void> {
  await database.query(
    `insert into auth.users (instance_id, id, aud, role, email, created_at, updated_at,
       confirmation_token, recovery_token, email_change_token_new, email_change)
     values ('00000000-0000-0000-0000-000000000000', $1, 'authenticated', 'authenticated', 'somebody@example.com', now(), now(), '', '', '', '')`,
    [SOMEBODY],
  );
}

const SIGN_UP = `mutation ($input: SignupInput!) {
  signup(input: $input) { ... on AuthSession { accessToken refreshToken user { id email } } ... on UserError { code } }
}`;

const LOG_IN = `mutation ($input: LoginInput!) {
  login(input: $input) { ... on AuthSession { accessToken refreshToken user { id email } } ... on UserError { code } }
}`;

/** Starts at the real time, since supabase-js compares with it, and then moves only when told. */
function createTestClock() {
  let offset = 0;
  const start = Date.now();
  return {
    now: () => new Date(start + offset),
    advance: (seconds: number) => {
      offset += seconds * 1000;
    },
  };
}
