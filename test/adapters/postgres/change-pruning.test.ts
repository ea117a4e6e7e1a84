import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Database, Queryable } from '../../../src/adapters/postgres/database.ts';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import {
  pruneOldChanges,
  pruneRepeatedChanges,
} from '../../../src/adapters/postgres/triggers/change-pruning.ts';
import { DRIVERS } from './drivers.ts';

const ADA = randomUUID();
const GRACE = randomUUID();

const snapshotOf = async (db: Queryable) =>
  (await db.query<{ now: string }>('select pg_current_snapshot()::text as now'))[0]!.now;

async function change(db: Queryable, userId: string, times = 1): Promise<void> {
  for (let time = 0; time < times; time += 1)
    await db.query("insert into limen.changes (kind, user_id) values ('user', $1)", [userId]);
}

const kept = (db: Queryable) =>
  db.query('select kind, user_id, sequence from limen.changes order by sequence');

describe.each(DRIVERS.filter(({ isAvailable }) => isAvailable))(
  'changes on $driver',
  ({ driver, openEmpty }) => {
    async function open(): Promise<Database> {
      const database = await openEmpty();
      onTestFinished(() => database.close());
      await migrate(database, { createAuthSchema: false });
      return database;
    }

    test('are kept for each person once, the newest, and for each session that ended', async () => {
      const database = await open();
      await change(database, ADA, 5);
      await change(database, GRACE, 1);
      for (let time = 0; time < 2; time += 1)
        await database.query(
          "insert into limen.changes (kind, user_id, session_id) values ('session', $1, $2)",
          [ADA, randomUUID()],
        );
      const snapshot = await snapshotOf(database);
      await pruneRepeatedChanges(database, snapshot);
      expect(await kept(database)).toHaveLength(8);
      await change(database, ADA, 2);
      await pruneRepeatedChanges(database, snapshot);
      // Of the last two either may be heard of before the other, until the next time.
      expect((await kept(database)).map(({ kind, user_id }) => [kind, user_id])).toEqual([
        ['user', GRACE],
        ['session', ADA],
        ['session', ADA],
        ['user', ADA],
        ['user', ADA],
      ]);
    });

    test.runIf(driver === 'PostgreSQL')(
      'stay where somebody may have heard of the later one alone',
      async () => {
        const database = await open();
        const [begun, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        const slow = database.transaction(async (tx) => {
          await change(tx, ADA);
          begun.resolve();
          await mayCommit.promise;
        });
        await begun.promise;
        const snapshot = await snapshotOf(database);
        await change(database, ADA);
        mayCommit.resolve();
        await slow;
        await pruneRepeatedChanges(database, snapshot);
        expect(await kept(database)).toHaveLength(2);
      },
    );

    test('go when they concern no token in use, some at a time', async () => {
      const database = await open();
      await database.query(
        `insert into limen.changes (kind, user_id, at) select 'user', $1, clock_timestamp() - interval '1 day' from generate_series(1, 10001)`,
        [ADA],
      );
      await change(database, GRACE);
      await pruneOldChanges(database, 3600);
      expect(await kept(database)).toHaveLength(2);
      await pruneOldChanges(database, 3600);
      expect(await kept(database)).toMatchObject([{ user_id: GRACE }]);
    });
  },
);
