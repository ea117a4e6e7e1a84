import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import { readCatalogue } from './catalogue.ts';
import { DRIVERS } from './drivers.ts';

/** Read from a database that Supabase Auth itself has set up. */
const contract = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../contract/auth-schema.json'), 'utf8'),
);

const WITHOUT_ROW_SECURITY = [
  'custom_oauth_providers',
  'oauth_authorizations',
  'oauth_client_states',
  'oauth_clients',
  'oauth_consents',
  'webauthn_challenges',
  'webauthn_credentials',
];

describe.each(DRIVERS.filter(({ isAvailable }) => isAvailable))(
  'the auth schema on $driver',
  ({ openEmpty }) => {
    let database: Database;

    beforeAll(async () => {
      database = await openEmpty();
      await migrate(database, { createAuthSchema: true });
    });
    afterAll(() => database.close());

    test("has Supabase Auth's tables: columns, constraints and unique indexes by name and definition", async () => {
      const { tables } = await readCatalogue(database);
      expect(tables).toEqual(contract.tables);
    });

    test("keeps the columns in Supabase Auth's order", async () => {
      const { tables } = await readCatalogue(database);
      const order = (all: Record<string, { columns: object }>) =>
        Object.entries(all).map(([table, { columns }]) => [table, Object.keys(columns)]);
      expect(order(tables)).toEqual(order(contract.tables));
    });

    test("has Supabase Auth's enums, values in order", async () => {
      expect((await readCatalogue(database)).enums).toEqual(contract.enums);
    });

    test("records Supabase Auth's migrations, so that it runs none of them again", async () => {
      const rows = await database.query<{ version: string }>(
        'select version from auth.schema_migrations order by version collate "C"',
      );
      expect(rows.map(({ version }) => version)).toEqual(contract.migrationVersions);
    });

    test('has row level security without policies, on the tables where Supabase Auth has it', async () => {
      const rows = await database.query<{ relname: string; secured: boolean; policies: number }>(
        `select relname, relrowsecurity as secured,
         (select count(*)::int from pg_policy where polrelid = pg_class.oid) as policies
       from pg_class where relnamespace = 'auth'::regnamespace and relkind = 'r' order by relname`,
      );
      expect(rows.filter(({ secured }) => !secured).map(({ relname }) => relname)).toEqual(
        WITHOUT_ROW_SECURITY,
      );
      expect(rows.filter(({ policies }) => policies > 0)).toEqual([]);
    });

    test('tells policies who is asking, from either form of the claims', async () => {
      const who = 'select auth.uid() as uid, auth.role() as role, auth.email() as email, auth.jwt() as jwt';
      const sub = '8a0a6d2c-7d3f-4c1e-9a55-0d1a5a0c0001';
      const claims = { sub, role: 'authenticated', email: 'ada@example.com' };
      await database.transaction(async (tx) => {
        expect(await tx.query(who)).toEqual([{ uid: null, role: null, email: null, jwt: null }]);
        await tx.query("select set_config('request.jwt.claims', $1, true)", [JSON.stringify(claims)]);
        expect(await tx.query(who)).toEqual([
          { uid: sub, role: claims.role, email: claims.email, jwt: claims },
        ]);
        await tx.query("select set_config('request.jwt.claim.role', 'service_role', true)");
        expect(await tx.query('select auth.role() as role')).toEqual([{ role: 'service_role' }]);
      });
    });
  },
);
