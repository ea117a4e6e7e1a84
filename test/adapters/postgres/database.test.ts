import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Database, UNIQUE_VIOLATION } from '../../../src/adapters/postgres/database.ts';
import { DRIVERS } from './drivers.ts';

describe.each(DRIVERS.filter(({ isAvailable }) => isAvailable))('a database on $driver', ({ openEmpty }) => {
  let database: Database;

  beforeAll(async () => {
    database = await openEmpty();
  });
  afterAll(() => database.close());
  beforeEach(() =>
    database.query(
      'drop schema if exists t cascade; create schema t; create table t.notes (id int primary key)',
    ),
  );

  const ids = async () =>
    (await database.query<{ id: number }>('select id from t.notes order by id')).map(({ id }) => id);

  describe('values', () => {
    test('times are UTC whatever the column, the offset and the time zone of this machine', async () => {
      const at = new Date('2026-03-29T01:30:00.123Z');
      await database.query('create table t.times (zoned timestamptz, zoneless timestamp, day date)');
      await database.query('insert into t.times values ($1, $2, $3)', [at, at, at]);
      expect(await database.query('select *, zoneless::text as text from t.times')).toEqual([
        { zoned: at, zoneless: at, day: new Date('2026-03-29T00:00:00Z'), text: '2026-03-29 01:30:00.123' },
      ]);
      await database.transaction(async (tx) => {
        await tx.query("set local timezone = 'Asia/Kathmandu'");
        expect(await tx.query('select zoned from t.times')).toEqual([{ zoned: at }]);
      });
    });

    test('a time without end is the last one that a Date can hold', async () => {
      const [row] = await database.query<{ at: Date }>("select 'infinity'::timestamptz as at");
      expect(row!.at.getTime()).toBe(8.64e15);
    });

    test('bigint is a number, json is parsed, bytea is a Uint8Array, inet and uuid are text', async () => {
      const bytes = new Uint8Array([0, 255, 10]);
      const json = { list: [1, 'two', null], nested: { yes: true }, text: 'ü\u{1f600}' };
      const uuid = '8a0a6d2c-7d3f-4c1e-9a55-0d1a5a0c0001';
      const [row] = await database.query(
        `select $1::bigint as big, $2::jsonb as jsonb, $2::json as json, $3::bytea as bytes, $4::inet as ip, $5::uuid as id,
           $6::text[] as list, $7::boolean as flag, $8::text as nothing`,
        [1_234_567_890_123, json, bytes, '::1', uuid, ['a"b', '{c}', ''], true, null],
      );
      expect(row).toEqual({
        big: 1_234_567_890_123,
        jsonb: json,
        json,
        bytes,
        ip: '::1',
        id: uuid,
        list: ['a"b', '{c}', ''],
        flag: true,
        nothing: null,
      });
      expect(row!.bytes).not.toBeInstanceOf(Buffer);
    });

    test('a JSON array goes as JSON text, and as a JavaScript array not at all', async () => {
      expect(await database.query('select $1::jsonb as list', ['[1,"two"]'])).toEqual([{ list: [1, 'two'] }]);
      await expect(database.query('select $1::jsonb', [['two']])).rejects.toThrow();
    });

    test('without parameters several statements may be given, and the last one answers', async () => {
      expect(await database.query('insert into t.notes values (1); select id from t.notes')).toEqual([
        { id: 1 },
      ]);
    });
  });

  describe('errors', () => {
    test('a violated constraint is told by code and name, and without the values', async () => {
      await database.query(`create table t.secrets (hash text, length int not null,
        constraint secrets_hash_key unique (hash))`);
      await database.query('insert into t.secrets values ($1, 1)', ['$argon2id$secret']);
      const repeated = await database
        .query('insert into t.secrets values ($1, 1)', ['$argon2id$secret'])
        .catch((error: unknown) => error);
      expect(repeated).toMatchObject({ code: UNIQUE_VIOLATION, constraint: 'secrets_hash_key' });

      const incomplete = await database
        .query('insert into t.secrets values ($1, null)', ['$argon2id$secret'])
        .catch((error: unknown) => error);
      for (const error of [repeated, incomplete] as Error[]) {
        expect(JSON.stringify({ ...error, message: error.message })).not.toContain('argon2id');
      }
    });
  });

  describe('transaction', () => {
    test('commits what it did and answers what it was given', async () => {
      const result = await database.transaction(async (tx) => {
        await tx.query('insert into t.notes values ($1)', [1]);
        return 'done';
      });
      expect(result).toBe('done');
      expect(await ids()).toEqual([1]);
    });

    test('leaves nothing behind when its work fails', async () => {
      const failure = new Error('changed my mind');
      const attempt = database.transaction(async (tx) => {
        await tx.query('insert into t.notes values (1)');
        throw failure;
      });
      await expect(attempt).rejects.toBe(failure);
      expect(await ids()).toEqual([]);
    });

    test('does not pretend to have committed when a failed statement was overlooked', async () => {
      const attempt = database.transaction(async (tx) => {
        await tx.query('insert into t.notes values (1)');
        await tx.query('insert into t.notes values (1)').catch(() => {});
      });
      await expect(attempt).rejects.toThrow();
      expect(await ids()).toEqual([]);
    });

    test('is not joined by queries from outside, nor seen by them before it ends', async () => {
      const { promise: written, resolve: hasWritten } = Promise.withResolvers<void>();
      const transaction = database.transaction(async (tx) => {
        await tx.query('insert into t.notes values (1)');
        hasWritten();
        await tx.query('select 1');
        throw new Error('rolled back');
      });
      await written;
      await Promise.all([
        expect(transaction).rejects.toThrow('rolled back'),
        database.query('insert into t.notes values (2)'),
      ]);
      expect(await ids()).toEqual([2]);
    });
  });

  describe('exclusively', () => {
    test('lets one at a time run under a name, in order, and others under other names', async () => {
      const events: string[] = [];
      const work = (name: string, label: string) =>
        database.exclusively(name, async () => {
          events.push(`${label} in`);
          await database.query('select 1');
          events.push(`${label} out`);
        });
      await Promise.all([work('roles', '1'), work('roles', '2'), work('roles', '3')]);
      expect(events).toEqual(['1 in', '1 out', '2 in', '2 out', '3 in', '3 out']);

      await database.exclusively('roles', () => database.exclusively('keys', async () => {}));
    });

    test('goes on after work that failed, and hands its error and its result through', async () => {
      await expect(database.exclusively('roles', () => Promise.reject(new Error('no')))).rejects.toThrow(
        'no',
      );
      expect(await database.exclusively('roles', async () => 'yes')).toBe('yes');
    });
  });
});
