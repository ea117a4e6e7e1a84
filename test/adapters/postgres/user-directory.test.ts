/** That each question has an index, shown on a PostgreSQL server with as many people as its planner takes seriously. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertPeople } from '../../../bench/people.ts';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import {
  buildDirectoryIndexes,
  keepDirectoryIndexes,
  trigramSchema,
} from '../../../src/adapters/postgres/people/directory-indexes.ts';
import { createUserDirectory } from '../../../src/adapters/postgres/people/user-directory.ts';
import { openPostgres } from '../../../src/adapters/postgres/postgres.ts';
import type { UserFilter, UserOrderField } from '../../../src/identity/administration/user-directory.ts';
import { userQuery } from '../../../src/identity/administration/user-list.ts';
import { onServer, withDatabase } from '../../support/server.ts';

const SERVER = process.env.TEST_DATABASE_URL;
const PEOPLE = 30_000;
const NAME = `limen_directory_${process.pid}`;

describe.runIf(SERVER)('the directory on PostgreSQL', () => {
  let database: Database;
  let trigrams: string | null;
  beforeAll(async () => {
    await onServer(SERVER!, `create database ${NAME}`);
    database = await openPostgres({ url: withDatabase(SERVER!, NAME), statementTimeoutMs: 0 });
    await migrate(database, { createAuthSchema: true });
    await insertPeople(database, 1, PEOPLE);
    await buildDirectoryIndexes(database, () => {});
    trigrams = await trigramSchema(database);
  }, 60_000);
  afterAll(async () => {
    await database?.close();
    await onServer(SERVER!, `drop database if exists ${NAME} with (force)`);
  });

  async function planOf(filter: UserFilter, search: string | null = null, field?: UserOrderField) {
    let plan = '';
    const explaining: Database = {
      ...database,
      async query(sql, parameters) {
        const lines = await database.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, parameters);
        plan = lines.map((line) => line['QUERY PLAN']).join('\n');
        return [];
      },
    };
    const orderBy = field ? { field, direction: 'ASC' as const } : null;
    await createUserDirectory(explaining, () => new Date(), trigrams).page(
      userQuery({ filter, search, orderBy }),
      { limit: 21, after: undefined, before: undefined, inverted: false },
    );
    return plan;
  }

  const team = { team: 'team-77' };
  const recent = { from: new Date('2026-12-01T00:00:00Z') };
  test.each<[string, UserFilter, string | null, UserOrderField?]>([
    ['created', {}, null],
    ['last_sign_in', {}, null, 'LAST_SIGN_IN_AT'],
    ['email', {}, null, 'EMAIL'],
    ['pkey', { ids: ['c4ca4238-a0b9-2382-0dcc-509a6f75849b'] }, null],
    ['email', { email: 'ada@example.com' }, null],
    ['email', { emailPrefix: 'ada.lovelace10' }, null],
    ['phone', { phone: '417900000005' }, null],
    ['phone', { phonePrefix: '41790000001' }, null],
    ['words', { namePrefix: 'zuse' }, null],
    ['app_metadata', { role: 'admin' }, null],
    ['app_metadata', { tier: 'none' }, null],
    ['app_metadata', { appMetadata: { plan: { name: 'big' } } }, null],
    ['user_metadata', { userMetadata: team }, null],
    ['user_metadata', { onboardingCompleted: true, userMetadata: team }, null],
    ['not_onboarded', { onboardingCompleted: false }, null],
    ['unconfirmed', { confirmed: false }, null],
    ['created', { confirmed: true }, null],
    ['banned', { banned: true }, null],
    ['created', { banned: false }, null],
    ['anonymous', { anonymous: true }, null],
    ['created', { anonymous: false }, null],
    ['created', { createdAt: recent }, null],
    ['last_sign_in', { lastSignInAt: recent }, null, 'LAST_SIGN_IN_AT'],
    ['words', {}, 'lovelase'],
    ['similar', {}, 'lovelase'],
    ['words', {}, 'ada@example.com'],
  ])('%s: an index answers %j, search %j, order %s', async (index, filter, search, field) => {
    const plan = await planOf(filter, search, field);
    expect(plan).toMatch(new RegExp(`Index (Only )?Scan.* (using|on) \\w*${index}`));
    expect(plan).not.toContain('Seq Scan on users');
  });

  test('indexes of a schema that Limen did not make wait until they are asked for, and a broken one is made again', async () => {
    await database.query('drop index auth.limen_users_email_idx');
    await database.query('update limen.migrations set version = -1 where version = 0');
    expect((await keepDirectoryIndexes(database)).missing).toEqual(['limen_users_email_idx']);
    await database.query('create index limen_users_email_idx on auth.users (email)');
    await database.query(
      "update pg_index set indisvalid = false where indexrelid = 'auth.limen_users_email_idx'::regclass",
    );
    const made: string[] = [];
    await buildDirectoryIndexes(database, (name) => made.push(name));
    expect(made).toEqual(['limen_users_email_idx']);
    expect((await keepDirectoryIndexes(database)).missing).toEqual([]);
  });
});
