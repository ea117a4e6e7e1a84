/** Databases for tests: cheap copies of one that is already migrated. */
import { randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { Client } from 'pg';
import { inject } from 'vitest';
import type { Database } from '../../src/adapters/postgres/database.ts';
import { openPGlite } from '../../src/adapters/postgres/pglite.ts';
import { openPostgres } from '../../src/adapters/postgres/postgres.ts';

type OnStatement = (sql: string) => void;

/** A migrated database of its own, with the `auth` schema. On PostgreSQL it is dropped when it is closed. */
export async function openTestDatabase(mode: string, onStatement?: OnStatement): Promise<Database> {
  if (mode === 'postgres') return openPostgresCopy(onStatement);
  const loadDataDir = await openAsBlob(inject('pgliteDump'));
  return openPGlite({ dataDir: null, loadDataDir, ...(onStatement && { onStatement }) });
}

async function openPostgresCopy(onStatement?: OnStatement): Promise<Database> {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) throw new Error('TEST_DATABASE_URL names no server.');
  const name = `limen_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(url, `create database ${name} template ${inject('postgresTemplate')}`);
  const address = new URL(url);
  address.pathname = `/${name}`;
  const database = await openPostgres({ url: address.href, ...(onStatement && { onStatement }) });
  return {
    ...database,
    async close() {
      await database.close();
      await onServer(url, `drop database ${name} with (force)`);
    },
  };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new Client(url);
  await client.connect();
  await client.query(sql);
  await client.end();
}
