/** Migrates one database for each run of the suite; every test then starts from a copy of it. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/adapters/postgres/migrations.ts';
import { openPGlite } from '../../src/adapters/postgres/pglite.ts';
import { openPostgres } from '../../src/adapters/postgres/postgres.ts';
import { onServer, withDatabase } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A file that `loadDataDir` reads. */
    pgliteDump: string;
    /** The name of a database to copy; empty without a server. */
    postgresTemplate: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'limen-test-'));
  const dump = join(folder, 'migrated.tar');
  const pglite = await openPGlite({ dataDir: null });
  await migrate(pglite, { createAuthSchema: true });
  writeFileSync(dump, Buffer.from(await (await pglite.dumpDataDir()).arrayBuffer()));
  await pglite.close();
  project.provide('pgliteDump', dump);

  const url = project.name === 'postgres' ? process.env.TEST_DATABASE_URL : undefined;
  const template = url ? `limen_test_${randomUUID().slice(0, 8)}` : '';
  if (url) {
    await onServer(url, `create database ${template}`);
    const database = await openPostgres({ url: withDatabase(url, template) });
    await migrate(database, { createAuthSchema: true });
    await database.close();
  }
  project.provide('postgresTemplate', template);

  return async () => {
    rmSync(folder, { recursive: true, force: true });
    if (!url) return;
    const like = `select datname as name from pg_database where datname like '${template}%'`;
    for (const { name } of await onServer<{ name: string }>(url, like)) {
      await onServer(url, `drop database ${name} with (force)`);
    }
  };
}
