/** Both ways to a database, for suites that must hold for either. */
import { randomUUID } from 'node:crypto';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { openPostgres, type PostgresOptions } from '../../../src/adapters/postgres/postgres.ts';
import { openPGliteCopy } from '../../support/database.ts';
import { onServer as askServer } from '../../support/server.ts';

const SERVER = process.env.TEST_DATABASE_URL;

export const hasServer = Boolean(SERVER);

export const DRIVERS = [
  { driver: 'PGlite', isAvailable: true, openEmpty: openEmptyPGlite },
  { driver: 'PostgreSQL', isAvailable: hasServer, openEmpty: openEmptyPostgres },
] as const;

/** Emptying a copy is several times faster than having PGlite make a new database. */
async function openEmptyPGlite(): Promise<Database> {
  const database = await openPGliteCopy();
  await database.query('drop schema auth cascade; drop schema limen cascade');
  return database;
}

/** Dropped when it is closed. */
async function openEmptyPostgres(): Promise<Database> {
  const { url, drop } = await createServerDatabase();
  const database = await openPostgres({ url });
  return {
    ...database,
    async close() {
      await database.close();
      await drop();
    },
  };
}

/** An empty database on the server; `owner` is the name of a role made for it that is no superuser. */
export async function createServerDatabase() {
  const name = `limen_test_${randomUUID().replaceAll('-', '')}`;
  const owner = `${name}_owner`;
  await onServer(`create role ${owner} login`);
  await onServer(`create database ${name} owner ${owner}`);
  const url = new URL(SERVER!);
  url.pathname = `/${name}`;
  const ownerUrl = new URL(url);
  ownerUrl.username = owner;
  return {
    url: url.href,
    ownerUrl: ownerUrl.href,
    owner,
    async drop() {
      await onServer(`drop database ${name} with (force)`);
      await onServer(`drop role ${owner}`);
    },
  };
}

export async function onServer(sql: string): Promise<void> {
  await askServer(SERVER!, sql);
}

/** Several processes' worth of connections to one database. */
export function openInstances(count: number, options: PostgresOptions): Promise<Database[]> {
  return Promise.all(Array.from({ length: count }, () => openPostgres(options)));
}
