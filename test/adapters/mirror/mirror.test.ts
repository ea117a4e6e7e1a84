/** People of a Supabase elsewhere, in the application's own database: a second Limen, over HTTP, is the Supabase. */
import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { heardIn } from '../../../src/adapters/mirror/heard-people.ts';
import { openMirror } from '../../../src/adapters/mirror/open-mirror.ts';
import { ReplicaError, replicaOf } from '../../../src/adapters/mirror/replica.ts';
import { type SyncOptions, syncPeople } from '../../../src/adapters/mirror/sync.ts';
import type { UpstreamPeople } from '../../../src/adapters/mirror/upstream-people.ts';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { signProjectKey } from '../../../src/adapters/tokens/project-key.ts';
import { type App, createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config/config.ts';
import { listen } from '../../../src/http/server.ts';
import { ServiceUnavailableError } from '../../../src/identity/errors.ts';
import { createLog } from '../../../src/log.ts';
import { openTestDatabase } from '../../support/database.ts';
import { DRIVERS } from '../postgres/drivers.ts';

const PASSWORD = 'correct horse battery staple';
const WEBHOOK_SECRET = 'a secret of forty characters for webhooks';
const log = createLog('silent');

const SIGN_UP = `mutation ($input: SignupInput!) { signup(input: $input) {
  ... on AuthSession { accessToken refreshToken user { id email } } ... on UserError { code } } }`;
const LOG_IN = `mutation ($input: LoginInput!) { login(input: $input) {
  ... on AuthSession { accessToken refreshToken user { id } } ... on UserError { code } } }`;

/** Notes what runs outside transactions. */
const listening = (database: Database, statements: string[]): Database => ({
  ...database,
  query: (sql, parameters) => {
    statements.push(sql);
    return database.query(sql, parameters);
  },
});

interface Person {
  id: string;
  email: string;
  accessToken: string;
}

type Row = Record<string, unknown>;

describe.each(DRIVERS.filter(({ isAvailable }) => isAvailable))(
  'a replica on $driver',
  ({ driver, openEmpty }) => {
    let upstream: App;
    let app: App;
    let replica: Database;
    let admin: ReturnType<typeof createClient>['auth']['admin'];
    const statements: string[] = [];
    let offset = 0;
    const clock = () => new Date(Date.now() + offset);
    const closers: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      upstream = await createApp(
        readConfig({ RATE_LIMITS: 'off', LOG_LEVEL: 'silent', DATA_DIR: ':memory:' }),
        {
          log,
          clock,
          database: await openTestDatabase('pglite'),
        },
      );
      const server = await listen(upstream, { host: '127.0.0.1', port: 0, log });
      const secretKey = await signProjectKey(upstream.keys!, 'service_role', clock, 86_400);
      admin = createClient(server.url, secretKey, { auth: { persistSession: false } }).auth.admin;
      replica = listening(await openEmpty(), statements);
      app = await createApp(
        readConfig({
          RATE_LIMITS: 'off',
          LOG_LEVEL: 'silent',
          SUPABASE_URL: server.url,
          SUPABASE_ANON_KEY: await signProjectKey(upstream.keys!, 'anon', clock, 86_400),
          SUPABASE_SERVICE_ROLE_KEY: secretKey,
          SUPABASE_WEBHOOK_SECRET: WEBHOOK_SECRET,
          MIRROR_PEOPLE: 'on',
        }),
        { log, clock, database: replica },
      );
      // An application's own table, as it is anywhere.
      await replica.query(
        'create table public.notes (author uuid not null references auth.users (id) on delete cascade)',
      );
      closers.push(
        () => app.close(),
        () => server.close(),
        () => upstream.close(),
      );
    });
    afterAll(async () => {
      for (const close of closers) await close();
    });
    beforeEach(() => {
      offset += 10_000;
    });

    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
    async function ask(query: string, variables: object = {}, token?: string): Promise<any> {
      const response = await app.fetch(
        new Request('http://limen.test/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
          body: JSON.stringify({ query, variables }),
        }),
        { remoteAddress: '127.0.0.1' },
      );
      return ((await response.json()) as { data: unknown }).data;
    }

    async function signUp(name: string): Promise<Person> {
      const email = `${name}-${randomUUID().slice(0, 8)}@example.com`;
      const { signup } = await ask(SIGN_UP, { input: { email, password: PASSWORD } });
      return { ...signup.user, accessToken: signup.accessToken };
    }
    const logIn = (email: string) => ask(LOG_IN, { input: { email, password: PASSWORD } });

    const find = async (database: Database, id: string) =>
      (await database.query<Row>('select * from auth.users where id = $1', [id]))[0];
    const rowOf = (id: string) => find(replica, id);
    /** As a database webhook shows it. */
    const recordOf = async (id: string) => JSON.parse(JSON.stringify(await find(upstream.database, id)));
    const consent = (id: string) =>
      replica.query(
        "insert into limen.consents (user_id, purpose, granted, at) values ($1, 'email', true, now())",
        [id],
      );
    const hasConsent = async (id: string) =>
      (await replica.query('select 1 from limen.consents where user_id = $1', [id])).length > 0;
    const hasNote = async (id: string) =>
      (await replica.query('select from public.notes where author = $1', [id])).length > 0;
    const queued = () => replica.query<Row>('select * from limen.mirror_queue');

    test('has whoever signs up, as Supabase has them, without password and tokens, before the answer', async () => {
      const ada = await signUp('ada');
      const { encrypted_password, ...rest } = (await find(upstream.database, ada.id))!;
      expect(encrypted_password).toMatch(/^\$/);
      expect(await rowOf(ada.id)).toEqual({ ...rest, encrypted_password: null });
    });

    test('costs a sign-in one statement, and `me` none', async () => {
      const ada = await signUp('ada');
      statements.length = 0;
      await logIn(ada.email);
      expect(statements.filter((sql) => sql.includes('auth.users'))).toHaveLength(1);
      statements.length = 0;
      await ask('{ me { id } }', {}, ada.accessToken);
      expect(statements).toEqual([]);
    });

    test('follows what people change about themselves, and what is changed about them', async () => {
      const ada = await signUp('ada');
      offset += 10_000;
      await ask(
        'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename } }',
        { input: { displayName: 'Ada L.' } },
        ada.accessToken,
      );
      expect(await rowOf(ada.id)).toMatchObject({ raw_user_meta_data: { display_name: 'Ada L.' } });
      await admin.updateUserById(ada.id, { app_metadata: { roles: ['editor'] }, ban_duration: '1h' });
      await app.mirror!.apply({ before: {}, after: await recordOf(ada.id) });
      expect(await rowOf(ada.id)).toMatchObject({
        raw_app_meta_data: { roles: ['editor'] },
        banned_until: expect.any(Date),
      });
    });

    test('keeps the newer state when an older one arrives late', async () => {
      const ada = await signUp('ada');
      const older = await recordOf(ada.id);
      offset += 10_000;
      await admin.updateUserById(ada.id, { user_metadata: { full_name: 'Ada Lovelace' } });
      await app.mirror!.apply({ before: older, after: await recordOf(ada.id) });
      await app.mirror!.apply({ before: null, after: older });
      expect(await rowOf(ada.id)).toMatchObject({ raw_user_meta_data: { full_name: 'Ada Lovelace' } });
    });

    test('loses whom Supabase deleted, with their rows of the application, and no late message brings them back', async () => {
      const ada = await signUp('ada');
      await replica.query('insert into public.notes values ($1)', [ada.id]);
      await consent(ada.id);
      const record = await recordOf(ada.id);
      await admin.deleteUser(ada.id);
      await app.mirror!.apply({ before: record, after: null });
      expect(await app.mirror!.worker.workOff()).toBe(1);
      expect([await rowOf(ada.id), await hasNote(ada.id), await hasConsent(ada.id)]).toEqual([
        undefined,
        false,
        false,
      ]);
      await app.mirror!.apply({ before: null, after: record });
      expect([await rowOf(ada.id), await queued()]).toEqual([undefined, []]);
    });

    test('forgets what Limen keeps of whom Supabase deleted softly', async () => {
      const ada = await signUp('ada');
      await consent(ada.id);
      offset += 10_000;
      await admin.deleteUser(ada.id, true);
      await app.mirror!.apply({ before: null, after: await recordOf(ada.id) });
      expect((await rowOf(ada.id))?.deleted_at).not.toBeNull();
      expect(await hasConsent(ada.id)).toBe(false);
    });

    // PGlite has one connection.
    test.skipIf(driver === 'PGlite')('nor does a message that arrives in the very moment', async () => {
      const ada = await signUp('ada');
      const askedAt = clock();
      const person = (await app.mirror!.upstream.find(ada.id))!;
      let saving: Promise<string[]> | undefined;
      await replica.transaction(async (tx) => {
        await tx.query('insert into limen.mirror_deletions values ($1, $2)', [ada.id, askedAt]);
        await tx.query('delete from auth.users where id = $1', [ada.id]);
        saving = app.mirror!.people.save([{ ...person, updated_at: clock().toISOString() }], askedAt);
        await expect
          .poll(() =>
            replica.query(
              "select from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'into auth.users as kept'",
            ),
          )
          .toHaveLength(1);
      });
      await saving;
      expect(await rowOf(ada.id)).toBeUndefined();
    });

    test('deletes nobody on hearsay', async () => {
      const ada = await signUp('ada');
      await app.mirror!.apply({ before: await recordOf(ada.id), after: null });
      await app.mirror!.worker.workOff();
      expect(await rowOf(ada.id)).toMatchObject({ email: ada.email });
    });

    test('gives an address to whom it belongs now, and asks again for whom it belonged to', async () => {
      const [ada, grace] = [await signUp('ada'), await signUp('grace')];
      await admin.updateUserById(ada.id, { email: `moved-${ada.email}`, email_confirm: true });
      offset += 10_000;
      await admin.updateUserById(grace.id, { email: ada.email, email_confirm: true });
      await app.mirror!.apply({ before: null, after: await recordOf(grace.id) });
      expect(await rowOf(grace.id)).toMatchObject({ email: ada.email });
      expect(await rowOf(ada.id)).toMatchObject({ email: null });
      await app.mirror!.worker.workOff();
      expect(await rowOf(ada.id)).toMatchObject({ email: `moved-${ada.email}` });
    });

    test('meets by their token whoever signed in elsewhere', async () => {
      const { data } = await admin.createUser({
        email: `${randomUUID()}@example.com`,
        password: PASSWORD,
        email_confirm: true,
      });
      const { id, email } = data.user!;
      const response = await upstream.fetch(
        new Request('http://limen.test/auth/v1/token?grant_type=password', {
          method: 'POST',
          body: JSON.stringify({ email, password: PASSWORD }),
        }),
        { remoteAddress: '127.0.0.1' },
      );
      const { access_token } = (await response.json()) as { access_token: string };
      offset += 10_000;
      expect(await ask('{ me { id } }', {}, access_token)).toEqual({ me: { id } });
      await vi.waitFor(async () => expect(await queued()).toHaveLength(1));
      await app.mirror!.worker.workOff();
      expect(await rowOf(id)).toMatchObject({ email });
    });

    describe('that cannot be written', () => {
      async function without<Result>(tables: string[], work: () => Promise<Result>): Promise<Result> {
        for (const table of tables) await replica.query(`alter table ${table} rename to away`);
        try {
          return await work();
        } finally {
          for (const table of tables) {
            const [schema, name] = table.split('.');
            await replica.query(`alter table ${schema}.away rename to ${name}`);
          }
        }
      }

      test('keeps nobody from signing in, and makes up for it', async () => {
        const ada = await signUp('ada');
        await replica.query('delete from auth.users where id = $1', [ada.id]);
        const { login } = await without(['auth.users'], () => logIn(ada.email));
        expect(login.user.id).toBe(ada.id);
        expect(await queued()).toMatchObject([{ user_id: ada.id }]);
        await app.mirror!.worker.workOff();
        expect([await rowOf(ada.id), await queued()]).toMatchObject([{ email: ada.email }, []]);
      });

      test('waits longer each time, for as long as it takes', async () => {
        const ada = await signUp('ada');
        await app.mirror!.apply({ before: { id: ada.id }, after: null });
        for (const attempts of [1, 2]) {
          await without(['auth.users'], () => app.mirror!.worker.workOff());
          expect(await queued()).toMatchObject([{ attempts, last_error: '42P01' }]);
          expect(await app.mirror!.worker.workOff()).toBe(0);
          offset += 60_000;
        }
        expect(await app.mirror!.worker.workOff()).toBe(1);
      });

      test('nor noted down: the next sign-in makes up for it', async () => {
        const ada = await signUp('ada');
        await replica.query('delete from auth.users where id = $1', [ada.id]);
        const { login } = await without(['auth.users', 'limen.mirror_queue'], () => logIn(ada.email));
        expect([login.user.id, await rowOf(ada.id)]).toEqual([ada.id, undefined]);
        await logIn(ada.email);
        expect(await rowOf(ada.id)).toMatchObject({ email: ada.email });
      });
    });

    test('asks once for somebody who is named fifty times, by however many who work at it', async () => {
      const ada = await signUp('ada');
      const change = { before: { id: ada.id }, after: null };
      await Promise.all(Array.from({ length: 50 }, () => app.mirror!.apply(change)));
      const worked = await Promise.all(Array.from({ length: 5 }, () => app.mirror!.worker.workOff()));
      expect(worked.reduce((sum, count) => sum + count)).toBe(1);
      expect(await queued()).toEqual([]);
    });

    describe('compared as a whole', () => {
      const sync = (options: Partial<SyncOptions> = {}) =>
        syncPeople(
          { database: replica, clock, people: app.mirror!.people, upstream: app.mirror!.upstream },
          { isDryRun: false, allowDeletions: true, restart: false, pageSize: 2, ...options },
        );

      test('is made the same: created, updated by column, deleted and unchanged are told', async () => {
        await sync();
        const people = await Promise.all(['ada', 'grace', 'edsger', 'barbara', 'donald'].map(signUp));
        const [missing, changed, gone] = people as [Person, Person, Person];
        await replica.query('delete from auth.users where id = $1', [missing.id]);
        await replica.query('insert into public.notes values ($1)', [gone.id]);
        offset += 10_000;
        await admin.updateUserById(changed.id, { app_metadata: { tier: 'pro' } });
        await admin.deleteUser(gone.id);
        offset += 10_000;

        const expected = {
          created: 1,
          updated: 1,
          deleted: 1,
          failed: 0,
          columns: { raw_app_meta_data: 1, updated_at: 1 },
        };
        const before = await rowOf(changed.id);
        expect(await sync({ isDryRun: true })).toMatchObject(expected);
        expect([await rowOf(missing.id), await rowOf(changed.id)]).toEqual([undefined, before]);
        expect(await rowOf(gone.id)).toBeDefined();

        expect(await sync()).toMatchObject(expected);
        expect(await rowOf(missing.id)).toMatchObject({ email: missing.email });
        expect(await rowOf(changed.id)).toMatchObject({ raw_app_meta_data: { tier: 'pro' } });
        expect([await rowOf(gone.id), await hasNote(gone.id)]).toEqual([undefined, false]);
        const recorded = await replica.query(
          `select action, actor_id, user_id, details from limen.audit_events
           where request_id = 'limen sync' and (user_id = $1 or user_id is null) order by sequence desc limit 2`,
          [gone.id],
        );
        expect(recorded.reverse()).toEqual([
          {
            action: 'user.deleted',
            actor_id: 'limen',
            user_id: gone.id,
            details: { isSoft: false, reason: 'sync' },
          },
          {
            action: 'people.synced',
            actor_id: 'limen',
            user_id: null,
            details: { created: 1, updated: 1, deleted: 1, failed: 0 },
          },
        ]);
        expect(await sync()).toMatchObject({ created: 0, updated: 0, deleted: 0, failed: 0 });
        expect(await replica.query('select from limen.sync_seen')).toEqual([]);
      });

      test('goes on where it was cut off', async () => {
        for (const name of ['ada', 'grace', 'edsger']) await signUp(name);
        const asked: number[] = [];
        const upstreamPeople = app.mirror!.upstream;
        const until = (last: number) => ({
          ...upstreamPeople,
          page(number: number, size: number) {
            asked.push(number);
            if (number > last) throw new ServiceUnavailableError(1);
            return upstreamPeople.page(number, size);
          },
        });
        const needs = { database: replica, clock, people: app.mirror!.people };
        const options = { isDryRun: false, allowDeletions: false, restart: false, pageSize: 2 };
        const cutOff = syncPeople({ ...needs, upstream: until(1) }, options);
        await expect(cutOff).rejects.toBeInstanceOf(ServiceUnavailableError);
        const report = await syncPeople({ ...needs, upstream: until(1000) }, options);
        expect(asked.slice(0, 4)).toEqual([1, 2, 2, 3]);
        const [all] = await upstream.database.query<Row>('select count(*) as count from auth.users');
        expect(report).toMatchObject({ isResumed: true, compared: all!.count, failed: 0, deleted: 0 });
      });

      test('is not emptied without being told to', async () => {
        const strangers = Array.from({ length: 40 }, () => randomUUID());
        await replica.query(
          `insert into auth.users (id, created_at, updated_at) select id, '2020-01-01', '2020-01-01' from unnest($1::uuid[]) as id`,
          [strangers],
        );
        expect(await sync({ allowDeletions: false })).toMatchObject({ deleted: 0, deletionsRefused: 40 });
        expect(await sync()).toMatchObject({ deleted: 40, deletionsRefused: 0 });
      });

      test('tells whom it could not write, and writes the others', async () => {
        const people = [await signUp('ada'), await signUp('grace')] as const;
        await replica.query('delete from auth.users where id = any($1)', [people.map(({ id }) => id)]);
        await replica.query(
          `alter table auth.users add constraint no_ada check (email <> '${people[0].email}')`,
        );
        const report = await sync();
        await replica.query('alter table auth.users drop constraint no_ada');
        expect(report).toMatchObject({ failed: 1, failures: [{ id: people[0].id, reason: '23514' }] });
        expect(await rowOf(people[1].id)).toMatchObject({ email: people[1].email });
      });
    });

    describe('belongs to one project', () => {
      const start = (env: Record<string, string>) =>
        createApp(readConfig({ LOG_LEVEL: 'silent', DATA_DIR: ':memory:', ...env }), {
          log,
          clock,
          // What fails to start closes its database, and this one is still needed.
          database: { ...replica, close: async () => {} },
        });

      test('and another is refused', async () => {
        const other = start({
          SUPABASE_URL: 'http://127.0.0.1:9',
          SUPABASE_ANON_KEY: 'anon',
          SUPABASE_SERVICE_ROLE_KEY: 'service',
          ...(replica.kind === 'postgres' && { DATABASE_URL: 'postgres://127.0.0.1/unused' }),
          MIRROR_PEOPLE: replica.kind === 'postgres' ? 'auto' : 'off',
        });
        if (replica.kind === 'postgres') await expect(other).rejects.toThrow(/holds the people of http/);
        else expect((await other).mirror).toBeNull();
      });

      test('and `on` does not make it another’s who knows none of its people', async () => {
        const ada = await signUp('ada');
        const openAs = (projectUrl: string, find: UpstreamPeople['find']) =>
          openMirror({
            ...{ database: replica, clock, log, mode: 'on', projectUrl },
            upstream: { ...app.mirror!.upstream, find },
          });
        await expect(openAs('http://other.test', async () => null)).rejects.toThrow(/knows none of/);
        expect(await rowOf(ada.id)).toBeDefined();
        const before = (await replicaOf(replica))!;
        expect(before).not.toContain('other.test');
        expect(await openAs('http://same.test', () => app.mirror!.upstream.find(ada.id))).not.toBeNull();
        expect(await replicaOf(replica)).toBe('http://same.test');
        await openAs(before, () => app.mirror!.upstream.find(ada.id));
      });

      test('and the embedded server does not take its people for its own', async () => {
        await expect(start({})).rejects.toBeInstanceOf(ReplicaError);
      });
    });
  },
);

test('an account that Supabase makes up for a taken address is heard of nowhere', () => {
  const user = {
    id: randomUUID(),
    aud: 'authenticated',
    email: 'ada@example.com',
    created_at: '2026-01-01T00:00:00Z',
  };
  const answer = (path: string, body: object = user) => heardIn({ method: 'POST', path, status: 200, body });
  expect(answer('/auth/v1/signup')).toBeNull();
  expect(answer('/auth/v1/signup', { access_token: 'a', user })).toMatchObject({ person: { id: user.id } });
  expect(answer('/auth/v1/user')).toMatchObject({ kind: 'person', person: { id: user.id } });
  expect(answer('/auth/v1/admin/users', { users: [user] })).toBeNull();
});
