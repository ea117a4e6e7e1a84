/** SQL of the application's own on people: as `authenticated`, with the claims of a token, as Supabase's database has it. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database, Queryable } from '../../../src/adapters/postgres/database.ts';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import { openPostgres } from '../../../src/adapters/postgres/postgres.ts';
import { findRowSecurity, installRowSecurity } from '../../../src/adapters/postgres/row-security.ts';
import { createServerDatabase, DRIVERS, hasServer } from './drivers.ts';

const ADA = randomUUID();
const GRACE = randomUUID();
const PERMISSION_DENIED = '42501';
const MAY_BECOME_MORE = `select pg_has_role('authenticated', 'service_role', 'member') or
  pg_has_role('authenticated', (select tableowner::text from pg_tables where schemaname = 'auth' and tablename = 'users'), 'member') as may`;

async function addPeople(database: Queryable): Promise<void> {
  for (const [id, name] of [[ADA, 'ada'] as const, [GRACE, 'grace'] as const]) {
    await database.query(
      `insert into auth.users (id, email, encrypted_password, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
       values ($1, $2, 'a hash', '{"role": "member"}', $3, now(), now())`,
      [id, `${name}@example.com`, { display_name: name, role: 'admin' }],
    );
  }
}

/** In a transaction that ends with nothing done. */
async function as<Row extends object>(
  database: Database,
  role: string,
  sub: string | null,
  sql: string,
): Promise<Row[]> {
  let rows: Row[] = [];
  await database
    .transaction(async (tx) => {
      const claims = sub === null ? '' : JSON.stringify({ sub, role });
      await tx.query("select set_config('request.jwt.claims', $1, true)", [claims]);
      await tx.query(`set local role ${role}`);
      rows = await tx.query<Row>(sql);
      throw new Undone();
    })
    .catch((error) => {
      if (!(error instanceof Undone)) throw error;
    });
  return rows;
}

class Undone extends Error {}

describe.each(DRIVERS.filter(({ isAvailable }) => isAvailable))(
  'SQL of an application on $driver',
  ({ openEmpty }) => {
    let database: Database;

    beforeAll(async () => {
      database = await openEmpty();
      await migrate(database, { createAuthSchema: true });
      await installRowSecurity(database);
      await installRowSecurity(database);
      await addPeople(database);
      await database.query(`
      create table public.notes (author uuid not null references auth.users (id) on delete cascade, text text);
      alter table public.notes enable row level security;
      create policy own on public.notes using (author = auth.uid());
      grant all on public.notes to authenticated;
      insert into public.notes values ('${ADA}', 'of Ada'), ('${GRACE}', 'of Grace')`);
    });
    afterAll(() => database.close());

    test('finds everything installed', async () => {
      expect(await findRowSecurity(database)).toEqual({ roles: true, policies: true, view: 'ours' });
    });

    test.each([
      [ADA, 'of Ada'],
      [GRACE, 'of Grace'],
    ])('reads as %s their own row, profile and notes, and nobody else’s', async (id, text) => {
      expect(await as(database, 'authenticated', id, 'select id from auth.users')).toEqual([{ id }]);
      expect(
        await as(database, 'authenticated', id, 'select id, display_name from public.user_profiles'),
      ).toEqual([{ id, display_name: expect.any(String) }]);
      expect(await as(database, 'authenticated', id, 'select text from public.notes')).toEqual([{ text }]);
    });

    test('reads nothing without a person', async () => {
      expect(await as(database, 'authenticated', null, 'select id from public.user_profiles')).toEqual([]);
    });

    test.each([
      ['authenticated', 'select encrypted_password from auth.users'],
      ['authenticated', 'select * from auth.users'],
      ['authenticated', 'select raw_app_meta_data from auth.users'],
      ['authenticated', 'select * from auth.sessions'],
      ['authenticated', 'select * from auth.refresh_tokens'],
      ['authenticated', 'select * from auth.one_time_tokens'],
      ['authenticated', 'select * from limen.signing_keys'],
      ['authenticated', `update auth.users set raw_app_meta_data = '{"role": "admin"}'`],
      ['authenticated', `update auth.users set raw_user_meta_data = '{}' where id = '${ADA}'`],
      ['authenticated', `update public.user_profiles set email = 'eve@example.com' where id = '${GRACE}'`],
      ['authenticated', `insert into auth.users (id) values (gen_random_uuid())`],
      ['authenticated', `delete from auth.users where id = '${ADA}'`],
      ['authenticated', `delete from public.user_profiles where id = '${GRACE}'`],
      ['authenticated', 'create policy mine on auth.users using (true)'],
      ['authenticated', 'alter table auth.users disable row level security'],
      [
        'authenticated',
        'create or replace function auth.uid() returns uuid language sql as $$ select null::uuid $$',
      ],
      ['anon', 'select id from auth.users'],
      ['anon', 'select id from public.user_profiles'],
      ['service_role', 'select encrypted_password from auth.users'],
      ['service_role', `update auth.users set raw_app_meta_data = '{"role": "admin"}'`],
    ])('may not, as %s: %s', async (role, sql) => {
      await expect(as(database, role, ADA, sql)).rejects.toMatchObject({ code: PERMISSION_DENIED });
    });

    test('cannot become a service, or the owner of the tables', async () => {
      const [{ may }] = (await database.query<{ may: boolean }>(MAY_BECOME_MORE)) as [{ may: boolean }];
      expect(may).toBe(false);
    });

    test('is made no administrator by what somebody says of themselves', async () => {
      const [claims] = await as<{ role: string; admin: boolean }>(
        database,
        'authenticated',
        ADA,
        `select auth.role() as role, auth.jwt() -> 'app_metadata' ? 'role' as admin`,
      );
      expect(claims).toMatchObject({ role: 'authenticated', admin: null });
    });

    test('lets services see everybody', async () => {
      expect(await as(database, 'service_role', null, 'select id from public.user_profiles')).toHaveLength(2);
    });

    test('loses the rows of whom the embedded server, or a replica, deletes', async () => {
      await database.query('delete from auth.users where id = $1', [GRACE]);
      expect(await database.query('select text from public.notes')).toEqual([{ text: 'of Ada' }]);
    });
  },
);

describe.skipIf(!hasServer)('where the role may not make others', () => {
  test('installs nothing, and says what is missing', async () => {
    const server = await createServerDatabase();
    const database = await openPostgres({ url: server.ownerUrl });
    try {
      await migrate(database, { createAuthSchema: true });
      await installRowSecurity(database);
      // The roles belong to the whole server, where another database may have made them.
      const { roles, policies, view } = await findRowSecurity(database);
      expect([policies, view]).toEqual(roles ? [true, 'ours'] : [false, 'missing']);
    } finally {
      await database.close();
      await server.drop();
    }
  });

  test('does nothing where `auth.users` is another role’s, and starts all the same', async () => {
    const server = await createServerDatabase();
    const owner = await openPostgres({ url: server.url });
    const database = await openPostgres({ url: server.ownerUrl });
    try {
      await migrate(owner, { createAuthSchema: true });
      await owner.query(`
        do $$ begin create role authenticated nologin; exception when duplicate_object then null; end $$;
        do $$ begin create role anon nologin; exception when duplicate_object then null; end $$;
        do $$ begin create role service_role nologin; exception when duplicate_object then null; end $$;
        grant usage on schema auth, limen to ${server.owner};
        grant all on all tables in schema auth, limen to ${server.owner}`);
      await installRowSecurity(database);
      expect(await findRowSecurity(database)).toMatchObject({ policies: false, view: 'missing' });
    } finally {
      await database.close();
      await owner.close();
      await server.drop();
    }
  });

  test('says so where policies do not hold, because row level security is off', async () => {
    const server = await createServerDatabase();
    const database = await openPostgres({ url: server.url });
    try {
      await migrate(database, { createAuthSchema: true });
      await installRowSecurity(database);
      await database.query('alter table auth.users disable row level security');
      expect(await findRowSecurity(database)).toMatchObject({ policies: false });
    } finally {
      await database.close();
      await server.drop();
    }
  });

  test('touches no `auth` schema that Limen did not make, and no `user_profiles` of the application', async () => {
    const server = await createServerDatabase();
    const database = await openPostgres({ url: server.url });
    try {
      await database.query('create schema auth; create table auth.users (id uuid primary key)');
      await migrate(database, { createAuthSchema: false });
      await installRowSecurity(database);
      expect(await findRowSecurity(database)).toMatchObject({ policies: false, view: 'missing' });
      await database.query(
        'drop schema auth cascade; drop schema limen cascade; create table public.user_profiles (id uuid)',
      );
      await migrate(database, { createAuthSchema: true });
      await installRowSecurity(database);
      expect(await findRowSecurity(database)).toMatchObject({ policies: true, view: 'taken' });
    } finally {
      await database.close();
      await server.drop();
    }
  });
});
