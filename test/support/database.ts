/** Databases for tests: copies of one that is already migrated, emptied and used again within a test file. */
import { randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { inject } from 'vitest';
import type { Database } from '../../src/adapters/postgres/database.ts';
import { openPGlite } from '../../src/adapters/postgres/pglite.ts';
import { openPostgres } from '../../src/adapters/postgres/postgres.ts';
import { onServer, withDatabase } from './server.ts';

type OnStatement = (sql: string) => void;

/** A copy that nobody uses at the moment, with the listener that its next user puts in. */
interface Copy {
  kind: 'pglite' | 'postgres';
  database: Database;
  listener: { current: OnStatement };
}

const idle: Copy[] = [];

/** A migrated, empty database with the `auth` schema, for one user at a time. `close` gives it back. */
export async function openTestDatabase(mode: string, onStatement: OnStatement = () => {}): Promise<Database> {
  const kind = mode === 'postgres' ? 'postgres' : 'pglite';
  const index = idle.findIndex((copy) => copy.kind === kind);
  const copy = index < 0 ? await openCopy(kind) : idle.splice(index, 1)[0]!;
  copy.listener.current = onStatement;
  return {
    ...copy.database,
    async close() {
      copy.listener.current = () => {};
      await empty(copy.database);
      idle.push(copy);
    },
  };
}

async function openCopy(kind: 'pglite' | 'postgres'): Promise<Copy> {
  const listener: Copy['listener'] = { current: () => {} };
  const onStatement: OnStatement = (sql) => listener.current(sql);
  const database =
    kind === 'postgres' ? await openPostgresCopy(onStatement) : await openPGliteCopy(onStatement);
  return { kind, database, listener };
}

/** A copy for whoever will not leave it as it was. */
export async function openPGliteCopy(onStatement: OnStatement = () => {}): Promise<Database> {
  const loadDataDir = await openAsBlob(inject('pgliteDump'));
  return openPGlite({ dataDir: null, loadDataDir, onStatement });
}

/** The run drops what begins with the name of its template. */
async function openPostgresCopy(onStatement: OnStatement): Promise<Database> {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) throw new Error('TEST_DATABASE_URL names no server.');
  const template = inject('postgresTemplate');
  const name = `${template}_${randomUUID().slice(0, 8)}`;
  await onServer(url, `create database ${name} template ${template}`);
  return openPostgres({ url: withDatabase(url, name), onStatement });
}

/** Rows are deleted, where there are any: to truncate would make a new file for every table and every index. */
async function empty(database: Database): Promise<void> {
  const tables = await database.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname in ('auth', 'limen') and tablename not in ('migrations', 'schema_migrations')`,
  );
  const filled = await database.query<{ name: string }>(
    tables
      .map(({ name }) => `select '${name}' as name where exists (select from ${name})`)
      .join(' union all '),
  );
  await database.transaction(async (tx) => {
    // Some are append-only, by triggers, and none is to refer to what is gone already.
    await tx.query('set local session_replication_role = replica');
    for (const { name } of filled) await tx.query(`delete from ${name}`);
  });
}
