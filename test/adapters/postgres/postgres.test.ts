import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { openPostgres } from '../../../src/adapters/postgres/postgres.ts';
import { createServerDatabase, hasServer, onServer } from './drivers.ts';

describe.runIf(hasServer)('openPostgres', () => {
  let server: Awaited<ReturnType<typeof createServerDatabase>>;
  let database: Database;

  beforeAll(async () => {
    server = await createServerDatabase();
    database = await openPostgres({ url: server.url, poolSize: 2 });
    await database.query('create table notes (id int)');
  });
  afterAll(async () => {
    await database.close();
    await server.drop();
  });

  const killConnections = () =>
    onServer(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(server.url).pathname.slice(1)}'`,
    );

  test('outlives connections that the server kills while they are idle', async () => {
    await Promise.all([database.query('select 1'), database.query('select 1')]);
    await killConnections();
    await sleep(100);
    expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
  });

  test('outlives connections that the server kills within a transaction, of which nothing remains', async () => {
    const attempt = database.transaction(async (tx) => {
      await tx.query('insert into notes values (1)');
      await killConnections();
      await sleep(100);
      await tx.query('insert into notes values (2)');
    });
    await expect(attempt).rejects.toThrow();
    expect(await database.query('select * from notes')).toEqual([]);
  });

  test('cancels a statement that runs too long, and goes on', async () => {
    const hasty = await openPostgres({ url: server.url, poolSize: 1, statementTimeoutMs: 50 });
    await expect(hasty.query('select pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
    await expect(hasty.transaction((tx) => tx.query('select pg_sleep(5)'))).rejects.toMatchObject({
      code: '57014',
    });
    expect(await hasty.query('select 1 as one')).toEqual([{ one: 1 }]);
    await hasty.close();
  });

  test('runs exclusive work of two instances one after the other, with no connection of the pool held', async () => {
    const [one, other] = await Promise.all([
      openPostgres({ url: server.url, poolSize: 1 }),
      openPostgres({ url: server.url, poolSize: 1 }),
    ]);
    let running = 0;
    const work = (instance: Database) =>
      instance.exclusively('roles', async () => {
        running += 1;
        expect(running).toBe(1);
        await instance.query('select pg_sleep(0.02)');
        running -= 1;
      });
    await Promise.all([one, other, one, other].map(work));
    await Promise.all([one.close(), other.close()]);
  });

  test('lets others run exclusive work when the connection that held the lock breaks', async () => {
    const work = database.exclusively('roles', async () => {
      await killConnections();
      return 'done';
    });
    expect(await work).toBe('done');
    await sleep(100);
    expect(await database.exclusively('roles', async () => 'next')).toBe('next');
  });

  test('says at once when nobody can be reached', async () => {
    await expect(openPostgres({ url: 'postgres://limen@127.0.0.1:1/limen' })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });
});
