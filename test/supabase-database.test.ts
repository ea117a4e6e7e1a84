/** In front of a Supabase whose database is Limen's too. As there, the schema `auth` is another role's. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { migrate } from '../src/adapters/postgres/migrations.ts';
import { openPostgres } from '../src/adapters/postgres/postgres.ts';
import { CHANGE_TRIGGERS } from '../src/adapters/postgres/triggers/change-triggers.ts';
import { signProjectKey } from '../src/adapters/tokens/project-key.ts';
import { type App, createApp } from '../src/app.ts';
import { examine } from '../src/cli/doctor/examination.ts';
import { readConfig } from '../src/config/config.ts';
import { listen } from '../src/http/server.ts';
import { createLog } from '../src/log.ts';
import { whileOwn } from '../src/supabase-database.ts';
import { createServerDatabase, hasServer } from './adapters/postgres/drivers.ts';
import { PASSWORD } from './support/app.ts';
import { openTestDatabase } from './support/database.ts';

const log = createLog(process.env.TEST_LOG_LEVEL ?? 'silent');
const quiet = { RATE_LIMITS: 'off', LOG_LEVEL: 'silent' };

/** @param rights what the role of Limen's may do in `auth`; it owns nothing there */
async function openScene(rights: (role: string) => string) {
  const { url, ownerUrl, owner, drop } = await createServerDatabase();
  const closers: (() => Promise<unknown>)[] = [drop];
  const superuser = await openPostgres({ url });
  await migrate(superuser, { createAuthSchema: true });
  await superuser.query(`drop schema limen cascade; ${rights(owner)}`);
  const limens = await openPostgres({ url: ownerUrl });
  await migrate(limens, { createAuthSchema: false });
  await limens.close();
  const upstream = await createApp(readConfig({ ...quiet, DATABASE_URL: url }), { log, database: superuser });
  // As a Supabase does, which knows nothing of Limen.
  const triggers = await superuser.query<{ name: string; table: string }>(
    `select tgname::text as name, tgrelid::regclass::text as table from pg_trigger join pg_proc on pg_proc.oid = tgfoid
     where pronamespace = 'limen'::regnamespace and tgrelid::regclass::text like 'auth.%'`,
  );
  for (const { name, table } of triggers) await superuser.query(`drop trigger ${name} on ${table}`);
  const server = await listen(upstream, { host: '127.0.0.1', port: 0, log });
  const keyOf = (role: 'anon' | 'service_role') =>
    signProjectKey(upstream.keys!, role, () => new Date(), 3600);
  const serviceKey = await keyOf('service_role');
  const env = {
    ...quiet,
    DATABASE_URL: ownerUrl,
    SUPABASE_URL: server.url,
    SUPABASE_ANON_KEY: await keyOf('anon'),
    SUPABASE_SERVICE_ROLE_KEY: serviceKey,
  };
  const { admin } = createClient(server.url, serviceKey, { auth: { persistSession: false } }).auth;
  async function addPerson(name: string, appMetadata: object = {}) {
    const email = `${name}-${randomUUID().slice(0, 8)}@example.com`;
    const { data } = await admin.createUser({
      email,
      password: PASSWORD,
      email_confirm: true,
      app_metadata: appMetadata,
    });
    return { id: data.user!.id, email };
  }
  const root = await addPerson('root', { role: 'admin' });
  const app = await createApp(readConfig(env), { log });
  closers.unshift(
    () => app.close(),
    () => server.close(),
    () => upstream.close(),
  );
  return {
    app,
    env,
    admin,
    superuser,
    root,
    addPerson,
    close: async () => {
      for (const closer of closers) await closer();
    },
  };
}

async function ask(app: App, query: string, token?: string, userAgent = 'Firefox/132.0') {
  const response = await app.fetch(
    new Request('http://limen.test/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': userAgent,
        ...(token && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ query }),
    }),
    { remoteAddress: '127.0.0.1' },
  );
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
  return (await response.json()) as { data: any; errors?: any[] };
}

async function logIn(app: App, email: string) {
  const { data } = await ask(
    app,
    `mutation { login(input: { email: "${email}", password: "${PASSWORD}" }) { ... on AuthSession { accessToken refreshToken } } }`,
  );
  return data.login as { accessToken: string; refreshToken: string };
}

/** What docs/supabase-database.md gives: less than hosted Supabase does, but for the table that it may keep from triggers. */
function documentedRights(role: string): string {
  const [, sql] = /```sql\n([\s\S]*?)```/.exec(readFileSync('docs/supabase-database.md', 'utf8'))!;
  const rights = sql!
    .replace(/create role limen login bypassrls [^;]*;/, `alter role ${role} bypassrls;`)
    .replaceAll('to limen;', `to ${role};`)
    .replace('on database postgres', `on database ${role.replace(/_owner$/, '')}`);
  return `${rights}; revoke trigger on auth.mfa_factors from ${role}`;
}

describe.skipIf(!hasServer)('with the rights that the docs ask for', () => {
  let scene: Awaited<ReturnType<typeof openScene>>;
  beforeAll(async () => {
    scene = await openScene(documentedRights);
  });
  afterAll(() => scene.close());

  test('a demotion at Supabase holds here at once, and so do a ban and a deletion', async () => {
    const { app, admin, addPerson } = scene;
    const eve = await addPerson('eve', { role: 'admin' });
    const { accessToken } = await logIn(app, eve.email);
    const users = '{ users(first: 1) { edges { node { id } } } }';
    expect((await ask(app, users, accessToken)).data.users.edges).toHaveLength(1);
    expect((await ask(app, '{ viewer { freshness { source } } }', accessToken)).data.viewer).toEqual({
      freshness: { source: 'DATABASE' },
    });
    await admin.updateUserById(eve.id, { app_metadata: { role: null } });
    await expect
      .poll(async () => (await ask(app, users, accessToken)).errors?.[0].extensions.code)
      .toBe('FORBIDDEN');
    const again = await logIn(app, eve.email);
    await admin.updateUserById(eve.id, { ban_duration: '1h' });
    const me = async () => (await ask(app, '{ me { id } }', again.accessToken)).errors?.[0].extensions.code;
    await expect.poll(me).toBe('UNAUTHENTICATED');
  });

  test('operators find people by any filter, and see who came when', async () => {
    const { app, root, addPerson } = scene;
    const ada = await addPerson('ada', { tier: 'pro' });
    const { accessToken } = await logIn(app, root.email);
    const { data } = await ask(
      app,
      `{ users(filter: { emailPrefix: "${ada.email.slice(0, 8)}", tier: "pro" }) { totalCount edges { node { id } } }
         userStats(range: { from: "2026-01-01T00:00:00Z", to: "2026-03-01T00:00:00Z" }, interval: MONTH) { __typename } }`,
      accessToken,
    );
    expect(data.users).toEqual({ totalCount: 1, edges: [{ node: { id: ada.id } }] });
    expect(data.userStats.__typename).not.toBe('NotSupportedError');
  });

  test('people see and end their sessions; operators end all of them, and those of whose factors they reset', async () => {
    const { app, root, addPerson, superuser } = scene;
    const ada = await addPerson('ada');
    const [phone, tablet] = [await logIn(app, ada.email), await logIn(app, ada.email)];
    const { data } = await ask(
      app,
      '{ sessions { ... on SessionList { sessions { id isCurrent userAgent } } } }',
      phone.accessToken,
    );
    expect(data.sessions.sessions).toMatchObject([
      { isCurrent: false, userAgent: 'Firefox/132.0' },
      { isCurrent: true },
    ]);
    const other = data.sessions.sessions[0].id;
    await ask(app, `mutation { revokeSession(input: { id: "${other}" }) { __typename } }`, phone.accessToken);
    expect((await ask(app, '{ me { id } }', tablet.accessToken)).errors?.[0].extensions.code).toBe(
      'UNAUTHENTICATED',
    );
    const { accessToken } = await logIn(app, root.email);
    const revoked = await ask(
      app,
      `mutation { revokeUserSessions(input: { userId: "${ada.id}" }) { ... on UserSessionsRevoked { sessionsRevoked } } }`,
      accessToken,
    );
    expect(revoked.data.revokeUserSessions).toEqual({ sessionsRevoked: 1 });
    expect((await ask(app, '{ me { id } }', phone.accessToken)).errors?.[0].extensions.code).toBe(
      'UNAUTHENTICATED',
    );
    const refresh = `mutation { refreshSession(input: { refreshToken: "${phone.refreshToken}" }) { ... on UserError { code } } }`;
    expect((await ask(app, refresh)).data.refreshSession.code).toBe('INVALID_REFRESH_TOKEN');
    await logIn(app, ada.email);
    const reset = await ask(
      app,
      `mutation { resetMfa(input: { userId: "${ada.id}" }) { ... on MfaReset { sessionsEnded } } }`,
      accessToken,
    );
    expect(reset.data.resetMfa).toEqual({ sessionsEnded: 1 });
    const recorded = await superuser.query<{ action: string }>(
      `select action from limen.audit_events where user_id = $1 and actor_id = $2 and outcome = 'success' order by sequence`,
      [ada.id, root.id],
    );
    expect(recorded.map(({ action }) => action)).toEqual([
      'session.ended',
      'session.ended',
      'user.mfa_reset',
    ]);
  });

  test('reads Supabase’s own audit log', async () => {
    const { app, root, superuser } = scene;
    await superuser.query(
      `insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
       values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), $1, now(), '192.0.2.7')`,
      [{ action: 'login', actor_id: root.id, log_type: 'account' }],
    );
    const { accessToken } = await logIn(app, root.email);
    const { data } = await ask(
      app,
      '{ auditEvents(filter: { source: SUPABASE }) { edges { node { action userId } } } }',
      accessToken,
    );
    expect(data.auditEvents.edges).toEqual([{ node: { action: 'login', userId: root.id } }]);
  });

  test('somebody deletes their account, and nothing of it stays in Limen’s tables', async () => {
    const { app, addPerson, superuser } = scene;
    const ada = await addPerson('ada');
    const { accessToken } = await logIn(app, ada.email);
    await ask(
      app,
      'mutation { completeOnboarding(input: { emailConsent: true }) { __typename } }',
      accessToken,
    );
    const { data } = await ask(
      app,
      `mutation { deleteAccount(input: { currentPassword: "${PASSWORD}" }) { __typename } }`,
      accessToken,
    );
    expect(data.deleteAccount.__typename).toBe('AccountDeleted');
    expect((await ask(app, '{ me { id } }', accessToken)).errors?.[0].extensions.code).toBe(
      'UNAUTHENTICATED',
    );
    expect(
      await superuser.query(
        'select (select count(*) from auth.users where id = $1) as people, (select count(*) from limen.consents where user_id = $1) as consents',
        [ada.id],
      ),
    ).toEqual([{ people: 0, consents: 0 }]);
  });

  test('doctor says whose database it is, and which table tells nothing', async () => {
    const findings = (await examine(scene.env)).filter(({ part }) => part === 'auth schema');
    expect(findings.map(({ level, what }) => `${level}: ${what}`)).toEqual([
      `ok: the own one of ${scene.env.SUPABASE_URL}: people are read here, and their sessions ended`,
      'warn: does not tell of changes to auth.mfa_factors',
    ]);
  });

  test('a trigger that somebody turned off is turned on again by the next start, and doctor says so before', async () => {
    const { env, superuser } = scene;
    await superuser.query('alter table auth.users disable trigger limen_user_changed');
    const before = await examine(env);
    expect(before.map(({ what }) => what)).toContain(
      'does not tell of changes to auth.mfa_factors, auth.users',
    );
    await (await createApp(readConfig(env), { log })).close();
    const [trigger] = await superuser.query(
      "select tgenabled::text as state from pg_trigger where tgname = 'limen_user_changed'",
    );
    expect(trigger).toEqual({ state: 'O' });
  });

  test('a trigger that an older release put there, and meant something else by, is replaced by the next start', async () => {
    const { env, superuser } = scene;
    const definition = () =>
      superuser.query(
        "select pg_get_triggerdef(oid) as trigger from pg_trigger where tgname = 'limen_user_changed'",
      );
    const [ours] = await definition();
    const { calls } = CHANGE_TRIGGERS.limen_user_changed!;
    await superuser.query(
      `create or replace trigger limen_user_changed after update on auth.users for each row execute function limen.${calls}('older')`,
    );
    await (await createApp(readConfig(env), { log })).close();
    expect(await definition()).toEqual([ours]);
  });

  test('what happened while a trigger was off holds from the next start on, on every instance', async () => {
    const { app, env, admin, addPerson, superuser } = scene;
    const eve = await addPerson('eve', { role: 'admin' });
    const { accessToken } = await logIn(app, eve.email);
    await superuser.query('alter table auth.users disable trigger limen_user_changed');
    await admin.updateUserById(eve.id, { app_metadata: { role: null } });
    const starting = await createApp(readConfig(env), { log });
    try {
      for (const each of [starting, app])
        await expect
          .poll(
            async () =>
              (await ask(each, '{ users(first: 1) { edges { node { id } } } }', accessToken)).errors?.[0]
                .extensions.code,
          )
          .toBe('FORBIDDEN');
    } finally {
      await starting.close();
    }
  });
});

describe.skipIf(!hasServer)('with fewer rights', () => {
  test('it starts, works by the protocol alone, and says what is missing', async () => {
    const scene = await openScene(
      (role) => `grant usage on schema auth to ${role}; grant all on all tables in schema auth to ${role}`,
    );
    const { app, root, env } = scene;
    try {
      const { accessToken } = await logIn(app, root.email);
      const { data } = await ask(
        app,
        '{ me { id } sessions { __typename } viewer { freshness { source } } }',
        accessToken,
      );
      expect(data).toEqual({
        me: { id: root.id },
        sessions: { __typename: 'NotSupportedError' },
        viewer: { freshness: { source: 'OWN_WRITES' } },
      });
      for (const query of [
        '{ users(filter: { tier: "pro" }) { totalCount } }',
        '{ auditEvents(filter: { source: SUPABASE }) { edges { node { id } } } }',
      ]) {
        const { errors } = await ask(app, query, accessToken);
        expect(errors?.[0].extensions.code).toBe('NOT_SUPPORTED');
      }
      const findings = (await examine(env)).filter(({ part }) => part === 'auth schema');
      expect(findings).toMatchObject([
        { level: 'warn', what: expect.stringContaining('auth.users, auth.identities, auth.mfa_factors') },
      ]);
    } finally {
      await scene.close();
    }
  });
});

/** In front of a Supabase, on a copy of its database: that of Ada, with her two sessions. */
async function openCopy(env: Record<string, string> = {}) {
  const upstream = await createApp(readConfig({ ...quiet, DATA_DIR: ':memory:' }), {
    log,
    database: await openTestDatabase('pglite'),
  });
  const server = await listen(upstream, { host: '127.0.0.1', port: 0, log });
  const database = await openTestDatabase('pglite');
  onTestFinished(async () => {
    await server.close();
    await upstream.close();
  });
  const keyOf = (role: 'anon' | 'service_role') =>
    signProjectKey(upstream.keys!, role, () => new Date(), 3600);
  const signUp = `mutation { signup(input: { email: "ada@example.com", password: "${PASSWORD}" }) { __typename } }`;
  await ask(upstream, signUp);
  const [phone, tablet] = [
    await logIn(upstream, 'ada@example.com'),
    await logIn(upstream, 'ada@example.com'),
  ];
  for (const table of ['users', 'sessions']) {
    const [columns] = await database.query<{ names: string }>(
      `select string_agg(attname, ', ') as names from pg_attribute
       where attrelid = 'auth.${table}'::regclass and attnum > 0 and attgenerated = ''`,
    );
    const rows = await upstream.database.query<{ rows: string }>(
      `select jsonb_agg(to_jsonb(${table}))::text as rows from auth.${table}`,
    );
    await database.query(
      `insert into auth.${table} (${columns!.names})
       select ${columns!.names} from jsonb_populate_recordset(null::auth.${table}, $1::jsonb)`,
      [rows[0]!.rows],
    );
  }
  const app = async () => {
    const config = readConfig({
      ...quiet,
      DATA_DIR: ':memory:',
      SUPABASE_URL: server.url,
      SUPABASE_ANON_KEY: await keyOf('anon'),
      SUPABASE_SERVICE_ROLE_KEY: await keyOf('service_role'),
      ...env,
    });
    const opened = await createApp(config, { log, database });
    onTestFinished(() => opened.close());
    return opened;
  };
  return { upstream, database, phone, tablet, app };
}

describe('on a copy of its database', () => {
  test('no session is said to be over that goes on at Supabase', async () => {
    const { upstream, phone, tablet, app } = await openCopy();
    await logIn(upstream, 'ada@example.com');
    const opened = await app();
    expect((await ask(opened, '{ sessions { __typename } }', phone.accessToken)).data.sessions).toEqual({
      __typename: 'NotSupportedError',
    });
    const { session_id } = JSON.parse(Buffer.from(tablet.accessToken.split('.')[1]!, 'base64url').toString());
    const { data } = await ask(
      opened,
      `mutation { revokeSession(input: { id: "${session_id}" }) { __typename } }`,
      phone.accessToken,
    );
    expect(data.revokeSession.__typename).toBe('NotSupportedError');
  });

  test('whoever asks for a replica gets one, though nothing has happened since they were alike', async () => {
    const { app } = await openCopy({ MIRROR_PEOPLE: 'on' });
    expect(await app()).toMatchObject({ hasPeople: false, mirror: expect.anything() });
  });
});

test('a database that shows to be a copy later on is believed no more, and once it is put right it is again', async () => {
  let isCopy = false;
  const feed = { isCaughtUp: () => true, close: async () => {} };
  const isStillOwn = async () => !isCopy;
  const watched = whileOwn(feed, { isStillOwn }, log, 5);
  expect(watched.isCaughtUp()).toBe(true);
  isCopy = true;
  await expect.poll(() => watched.isCaughtUp()).toBe(false);
  isCopy = false;
  await expect.poll(() => watched.isCaughtUp()).toBe(true);
  await watched.close();
});
