/** Two applications on one database: what one of them does, the other enforces with the tokens in use. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import { openChangeFeed } from '../../../src/adapters/postgres/triggers/change-feed.ts';
import { installChangeTriggers } from '../../../src/adapters/postgres/triggers/change-triggers.ts';
import { DRIVERS } from './drivers.ts';

const log = pino({ level: 'silent' });
const ADA = '00000000-0000-4000-8000-00000000000a';
const SESSION = '00000000-0000-4000-8000-0000000000a1';

describe.each(DRIVERS.filter(({ isAvailable }) => isAvailable))(
  'the change feed on $driver',
  ({ openEmpty, driver }) => {
    const closers: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close();
    });

    async function openWithAda(): Promise<Database> {
      const database = await openEmpty();
      closers.push(() => database.close());
      await migrate(database, { createAuthSchema: true });
      expect(await installChangeTriggers(database)).toBe(true);
      await database.query('insert into auth.users (id, raw_app_meta_data) values ($1, $2::jsonb)', [
        ADA,
        {},
      ]);
      await database.query('insert into auth.sessions (id, user_id) values ($1, $2)', [SESSION, ADA]);
      return database;
    }

    async function listen(database: Database) {
      const told: string[] = [];
      const feed = await openChangeFeed({
        database,
        sink: {
          userChanged: (id) => void told.push(`user ${id}`),
          anybodyChanged: () => void told.push('anybody'),
          sessionEnded: (id) => void told.push(`session ${id}`),
        },
        keepSeconds: 900,
        log,
      });
      closers.push(() => feed.close());
      return { feed, told };
    }

    async function until(holds: () => boolean) {
      for (let tries = 0; tries < 200 && !holds(); tries += 1) await sleep(10);
      expect(holds()).toBe(true);
    }

    const setTier = (database: Pick<Database, 'query'>, tier: string) =>
      database.query('update auth.users set raw_app_meta_data = $2::jsonb where id = $1', [ADA, { tier }]);

    test('tells of changes and ended sessions, and not of a sign-in', async () => {
      const database = await openWithAda();
      const { feed, told } = await listen(database);
      await database.query('update auth.users set last_sign_in_at = now(), updated_at = now()');
      await setTier(database, 'pro');
      await until(() => told.length > 0);
      await database.query('delete from auth.sessions');
      await until(() => told.length > 1);
      await database.query('delete from auth.users');
      await until(() => told.length > 2);
      expect(told).toEqual([`user ${ADA}`, `session ${SESSION}`, `user ${ADA}`]);
      expect(feed.isCaughtUp()).toBe(true);
    });

    test('says of a time without triggers that anything may have happened, to anybody', async () => {
      const database = await openWithAda();
      const { told } = await listen(database);
      expect(told).toEqual([]);
      await database.query('alter table auth.users disable trigger limen_user_changed');
      await setTier(database, 'pro');
      await installChangeTriggers(database);
      await until(() => told.length > 0);
      expect(told).toEqual(['anybody']);
      // Whoever starts now hears of it too, and nothing is said where nothing was missing.
      await installChangeTriggers(database);
      expect((await listen(database)).told).toEqual(['anybody']);
    });

    test('tells when a second factor begins or ceases to count, and not of what happens to it otherwise', async () => {
      const database = await openWithAda();
      const { told } = await listen(database);
      await database.query(
        `insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)
         values ($1, $2, 'totp', 'unverified', now(), now()), ($3, $2, 'totp', 'unverified', now(), now())`,
        ['00000000-0000-4000-8000-0000000000f1', ADA, '00000000-0000-4000-8000-0000000000f2'],
      );
      await database.query("delete from auth.mfa_factors where id::text like '%f2'");
      await database.query('update auth.mfa_factors set last_challenged_at = now()');
      expect(await database.query('select 1 from limen.changes')).toEqual([]);
      await database.query("update auth.mfa_factors set status = 'verified'");
      await until(() => told.length > 0);
      await database.query('delete from auth.mfa_factors');
      await until(() => told.length > 1);
      expect(told).toEqual([`user ${ADA}`, `user ${ADA}`]);
    });

    test('begins with what happened before it, as far back as tokens go', async () => {
      const database = await openWithAda();
      await setTier(database, 'pro');
      await database.query("update limen.changes set at = at - interval '20 minutes'");
      await database.query('delete from auth.sessions');
      const { told } = await listen(database);
      expect(told).toEqual([`session ${SESSION}`]);
    });

    test('says nothing of what was rolled back', async () => {
      const database = await openWithAda();
      const { told } = await listen(database);
      await database
        .transaction(async (tx) => {
          await setTier(tx, 'pro');
          throw new Error('no');
        })
        .catch(() => {});
      await sleep(50);
      expect(told).toEqual([]);
    });

    test.runIf(driver === 'PostgreSQL')('misses nothing that commits out of order', async () => {
      const database = await openWithAda();
      const grace = '00000000-0000-4000-8000-00000000000b';
      await database.query('insert into auth.users (id) values ($1)', [grace]);
      const { told } = await listen(database);
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const early = database.transaction(async (tx) => {
        await setTier(tx, 'pro');
        await held;
      });
      await sleep(30);
      await database.query("update auth.users set role = 'later' where id = $1", [grace]);
      await until(() => told.includes(`user ${grace}`));
      release();
      await early;
      await until(() => told.includes(`user ${ADA}`));
      expect(told).toHaveLength(2);
    });

    test.runIf(driver === 'PostgreSQL')(
      'is not caught up while it is cut off, and catches up when it is back',
      async () => {
        const database = await openWithAda();
        const { feed, told } = await listen(database);
        const cut = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query ilike any (array['listen%', '%limen.changes%'])`;
        for (let round = 1; round <= 5; round += 1) {
          await database.query(cut);
          await until(() => !feed.isCaughtUp());
          const id = `00000000-0000-4000-8000-00000000000${round}`;
          await database.query('insert into auth.sessions (id, user_id) values ($1, $2)', [id, ADA]);
          await database.query('delete from auth.sessions where id = $1', [id]);
          await until(() => feed.isCaughtUp());
          // What it knew before is told again: another server's transactions could not be told from those of this one.
          expect(new Set(told).size).toBe(round);
        }
      },
    );
  },
);
