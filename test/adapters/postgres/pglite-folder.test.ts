import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openAsBlob, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { DataDirLockedError } from '../../../src/adapters/postgres/data-dir-lock.ts';
import { openDatabase } from '../../../src/adapters/postgres/open-database.ts';
import { openPGlite } from '../../../src/adapters/postgres/pglite.ts';

const PGLITE = new URL('../../../src/adapters/postgres/pglite.ts', import.meta.url);

/** What a process runs to stand on a copy of the migrated database, with the `fsync` of Node in its hands. */
const PREAMBLE = `
  import fs, { openAsBlob } from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  const [module, dataDir, dump] = process.argv.slice(1);
  const disk = { syncs: 0, isBroken: false };
  const { fsyncSync } = fs;
  fs.fsyncSync = (descriptor) => {
    disk.syncs += 1;
    if (disk.isBroken) throw Object.assign(new Error('EIO'), { code: 'EIO' });
    fsyncSync(descriptor);
  };
  syncBuiltinESMExports();
  const { openPGlite } = await import(module);
  const database = await openPGlite({ dataDir, loadDataDir: await openAsBlob(dump) });
  await database.query('create table public.notes (id int)');
  const insert = (id) => database.transaction((tx) => tx.query('insert into public.notes values ($1)', [id]));
`;

describe('a database in a folder', () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = join(mkdtempSync(join(tmpdir(), 'limen-folder-')), 'data');
  });
  afterEach(() => rmSync(join(dataDir, '..'), { recursive: true }));

  const run = (program: string) =>
    spawn(process.execPath, [
      '--input-type=module',
      '-e',
      `${PREAMBLE}${program}`,
      PGLITE.href,
      dataDir,
      inject('pgliteDump'),
    ]);

  /** Quicker than a new database. */
  const openCopy = async () => openPGlite({ dataDir, loadDataDir: await openAsBlob(inject('pgliteDump')) });

  test('has every acknowledged write after its process was killed', async () => {
    const writer = run(`for (let id = 1; ; id++) { await insert(id); process.stdout.write(id + '\\n'); }`);
    let output = '';
    for await (const chunk of writer.stdout) {
      output += chunk;
      if (output.split('\n').length > 200) break;
    }
    writer.kill('SIGKILL');
    if (writer.signalCode === null) await once(writer, 'exit');
    const acknowledged = Number(output.split('\n').at(-2));

    const database = await openDatabase({ kind: 'pglite', dataDir });
    const [row] = await database.query<{ highest: number; count: number }>(
      'select max(id) as highest, count(*) as count from public.notes',
    );
    expect(acknowledged).toBeGreaterThanOrEqual(200);
    // More may have been committed than was read here.
    expect(row!.highest).toBeGreaterThanOrEqual(acknowledged);
    expect(row!.count).toBe(row!.highest);
    await database.close();
  });

  test('asks the disk once for each commit', async () => {
    const writer = run(`
      const before = disk.syncs;
      for (let id = 1; id <= 10; id++) await insert(id);
      process.stdout.write(String(disk.syncs - before));
      await database.close();
    `);
    const [syncs] = await once(writer.stdout, 'data');
    expect(Number(syncs)).toBeGreaterThanOrEqual(10);
    await once(writer, 'exit');
  });

  test('acknowledges nothing that the disk refuses, and ends the process', async () => {
    const writer = run(`
      disk.isBroken = true;
      await insert(1).then(() => process.stdout.write('acknowledged'), () => {});
      await insert(2);
    `);
    let [output, errors] = ['', ''];
    writer.stdout.on('data', (chunk) => {
      output += chunk;
    });
    writer.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const [exitCode] = await once(writer, 'close');
    expect(output).toBe('');
    expect(errors).toContain('could not write its log');
    expect(exitCode).toBe(1);

    const database = await openDatabase({ kind: 'pglite', dataDir });
    await database.query('insert into public.notes values (3)');
    await database.close();
  });

  test('keeps its data from start to start, where nobody else can read them', async () => {
    const first = await openCopy();
    await first.query('create table public.notes (id int)');
    await first.close();
    expect(statSync(join(dataDir, 'postgres')).mode & 0o077).toBe(0);
    const second = await openDatabase({ kind: 'pglite', dataDir });
    expect(await second.query('select * from public.notes')).toEqual([]);
    await second.close();
  });

  test('begins again after a first start that was cut short', async () => {
    const first = await openCopy();
    await first.close();
    expect(existsSync(join(dataDir, 'initializing'))).toBe(false);

    writeFileSync(join(dataDir, 'initializing'), '');
    rmSync(join(dataDir, 'postgres', 'global'), { recursive: true });
    const database = await openDatabase({ kind: 'pglite', dataDir });
    expect(await database.query("select 1 from pg_namespace where nspname = 'auth'")).toEqual([]);
    await database.close();
    expect(existsSync(join(dataDir, 'initializing'))).toBe(false);
  });

  test('is open to one at a time, and its lock is given back when it closes or does not open', async () => {
    await (await openCopy()).close();
    const database = await openDatabase({ kind: 'pglite', dataDir });
    await expect(openDatabase({ kind: 'pglite', dataDir })).rejects.toThrow(DataDirLockedError);
    await database.close();

    rmSync(join(dataDir, 'postgres', 'global'), { recursive: true });
    for (const attempt of [1, 2]) {
      await expect(openDatabase({ kind: 'pglite', dataDir }), `attempt ${attempt}`).rejects.toThrow(
        /Cannot open the database in/,
      );
    }
  });
});
