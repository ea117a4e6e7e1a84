import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ForeignAuthSchemaError } from '../../../src/adapters/postgres/auth-schema/auth-schema.ts';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { MigrationChangedError, migrate } from '../../../src/adapters/postgres/migrations.ts';
import { openPostgres } from '../../../src/adapters/postgres/postgres.ts';
import { readSqlFiles } from '../../../src/adapters/postgres/sql-files.ts';
import { createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config/config.ts';
import { createLog } from '../../../src/log.ts';
import { readCatalogue } from './catalogue.ts';
import { createServerDatabase, DRIVERS, hasServer, openInstances } from './drivers.ts';

const log = createLog('silent');

const OWN = (await readSqlFiles('migrations')).map(({ name }) => name);

const hasTable = async (database: Database, name: string) => {
  const [row] = await database.query<{ found: boolean }>('select to_regclass($1) is not null as found', [
    name,
  ]);
  return row!.found;
};

describe.each(DRIVERS.filter(({ isAvailable }) => isAvailable))('migrate on $driver', ({ openEmpty }) => {
  let database: Database;

  beforeEach(async () => {
    database = await openEmpty();
  });
  afterEach(() => database.close());

  test('makes everything in an empty database, and the second time nothing', async () => {
    const first = await migrate(database, { createAuthSchema: true });
    expect(first).toEqual({ applied: ['auth_schema', ...OWN], unknown: [] });
    expect(await hasTable(database, 'auth.users')).toBe(true);
    expect(await hasTable(database, 'limen.signing_keys')).toBe(true);
    expect(await migrate(database, { createAuthSchema: true })).toEqual({ applied: [], unknown: [] });
  });

  test('leaves the auth schema out where others hold the people, until it is asked for', async () => {
    const { applied } = await migrate(database, { createAuthSchema: false });
    expect(applied).toEqual(OWN);
    expect(await hasTable(database, 'auth.users')).toBe(false);
    expect((await migrate(database, { createAuthSchema: true })).applied).toEqual(['auth_schema']);
  });

  test('refuses a database on which another text of a migration ran, and changes nothing', async () => {
    await migrate(database, { createAuthSchema: false });
    await database.query(`update limen.migrations set checksum = 'other' where version = 1`);
    const attempt = migrate(database, { createAuthSchema: true });
    await expect(attempt).rejects.toThrow(MigrationChangedError);
    await expect(attempt).rejects.toMatchObject({ migration: '0001_signing_keys' });
    expect(await hasTable(database, 'auth.users')).toBe(false);
  });

  test('names what a newer Limen has run, and goes on', async () => {
    await migrate(database, { createAuthSchema: true });
    await database.query(`insert into limen.migrations values (9999, '9999_of_tomorrow', 'x')`);
    expect(await migrate(database, { createAuthSchema: true })).toEqual({
      applied: [],
      unknown: ['9999_of_tomorrow'],
    });
  });

  test('uses an auth schema that others made, and alters nothing in it', async () => {
    await migrate(database, { createAuthSchema: true });
    await database.query(`
      drop schema limen cascade;
      alter table auth.users add column from_tomorrow text;
      alter type auth.factor_type add value 'recovery_code';
      insert into auth.schema_migrations values ('20990101000000')`);
    const before = await readCatalogue(database);
    const { applied } = await migrate(database, { createAuthSchema: true });
    expect(applied).toEqual(OWN);
    expect(await readCatalogue(database)).toEqual(before);
  });

  test('refuses an auth schema that lacks what the auth server needs, names it, and changes nothing', async () => {
    await database.query(`
      create schema auth;
      create table auth.users (id uuid primary key, email text)`);
    const before = await readCatalogue(database);
    const error = await migrate(database, { createAuthSchema: true }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ForeignAuthSchemaError);
    const { missing } = error as ForeignAuthSchemaError;
    expect(missing).toEqual(expect.arrayContaining(['users.encrypted_password', 'sessions.user_id']));
    expect(missing).not.toContain('users.email');
    expect(await readCatalogue(database)).toEqual(before);
    expect(await hasTable(database, 'limen.migrations')).toBe(false);
  });
});

describe.runIf(hasServer)('migrate on a server', () => {
  let server: Awaited<ReturnType<typeof createServerDatabase>>;

  beforeEach(async () => {
    server = await createServerDatabase();
  });
  afterEach(() => server.drop());

  test('makes everything once when six instances start together', async () => {
    const instances = await openInstances(6, { url: server.url, poolSize: 1, statementTimeoutMs: 1000 });
    const results = await Promise.all(
      instances.map((instance) => migrate(instance, { createAuthSchema: true })),
    );
    expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 0, 0, 0, OWN.length + 1]);
    await Promise.all(instances.map((instance) => instance.close()));
  });

  test('needs no superuser, only the owner of the database, and no search path', async () => {
    const database = await openPostgres({ url: `${server.ownerUrl}?options=-c%20search_path%3D` });
    await migrate(database, { createAuthSchema: true });
    await database.query(
      `insert into auth.users (id, email) values ('8a0a6d2c-7d3f-4c1e-9a55-0d1a5a0c0001', 'ada@example.com')`,
    );
    expect(await database.query('select email from auth.users')).toEqual([{ email: 'ada@example.com' }]);
    await database.close();
  });

  test('refuses an auth schema whose rows this role would not see', async () => {
    const owner = await openPostgres({ url: server.url });
    await migrate(owner, { createAuthSchema: true });
    await owner.query(`
      drop schema limen cascade;
      grant usage on schema auth to ${server.owner};
      grant all on all tables in schema auth to ${server.owner}`);
    const database = await openPostgres({ url: server.ownerUrl });
    const attempt = migrate(database, { createAuthSchema: true });
    await expect(attempt).rejects.toThrow(ForeignAuthSchemaError);
    await expect(attempt).rejects.toMatchObject({
      missing: expect.arrayContaining([expect.stringContaining('users')]),
    });
    await Promise.all([database.close(), owner.close()]);
  });

  describe('for a role that owns nothing', () => {
    let owner: Database;
    let service: Database;
    beforeEach(async () => {
      owner = await openPostgres({ url: server.url });
      service = await openPostgres({ url: server.ownerUrl });
      await owner.query(`alter database "${new URL(server.url).pathname.slice(1)}" owner to postgres`);
    });
    afterEach(async () => {
      await Promise.all([owner.close(), service.close()]);
    });
    const start = () => migrate(service, { createAuthSchema: true });

    test('works with the rights that docs/audit.md gives, and could alter no event', async () => {
      await (await createApp(readConfig({ LOG_LEVEL: 'silent', DATABASE_URL: server.url }), { log })).close();
      const [, sql] = /```sql\n([\s\S]*?)```/.exec(readFileSync('docs/audit.md', 'utf8'))!;
      await owner.query(sql!.replace('create role', 'alter role').replaceAll('limen_service', server.owner));
      expect(await start()).toEqual({ applied: [], unknown: [] });
      const app = await createApp(readConfig({ LOG_LEVEL: 'silent', DATABASE_URL: server.ownerUrl }), {
        log,
      });
      await app.audit.sealDue();
      await app.close();
      await expect(service.query('update limen.audit_events set code = null')).rejects.toMatchObject({
        code: '42501',
      });
    });

    test('names the tables that it may not work on', async () => {
      await migrate(owner, { createAuthSchema: true });
      await owner.query(`
        alter role ${server.owner} bypassrls;
        grant usage on schema auth, limen to ${server.owner};
        grant select, insert, update, delete on all tables in schema auth, limen to ${server.owner};
        revoke delete on limen.outbox from ${server.owner}`);
      await expect(start()).rejects.toMatchObject({ name: 'SchemaAccessError', missing: ['limen.outbox'] });
      await owner.query(
        `grant all on limen.outbox to ${server.owner}; revoke insert on auth.sessions from ${server.owner}`,
      );
      await expect(start()).rejects.toBeInstanceOf(ForeignAuthSchemaError);
    });

    test('asks for the owner where there is something to be run', async () => {
      await migrate(owner, { createAuthSchema: true });
      await owner.query(`
        delete from limen.migrations where version = 106;
        grant usage on schema auth, limen to ${server.owner};
        grant select, insert, update, delete on all tables in schema auth, limen to ${server.owner}`);
      await expect(start()).rejects.toMatchObject({
        name: 'SchemaAccessError',
        message: expect.stringContaining('0106'),
      });
    });

    test('and where there is no schema yet that it could make', async () => {
      await expect(start()).rejects.toMatchObject({ name: 'SchemaAccessError' });
    });
  });
});
