import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { personFromRow } from '../../../src/adapters/mirror/person.ts';
import { isNamedAlike, recognizeDatabase } from '../../../src/adapters/mirror/project-database.ts';
import type { UpstreamPeople } from '../../../src/adapters/mirror/upstream-people.ts';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { openTestDatabase } from '../../support/database.ts';

/** A project as its API shows it, whose people are the rows of a database. */
function projectOn(database: Database): UpstreamPeople {
  const read = async (condition: string, parameters: unknown[]) => {
    const rows = await database.query<{ person: object }>(
      `select to_jsonb(users) as person from auth.users ${condition}`,
      parameters,
    );
    return rows.map(({ person }) => personFromRow(person)!);
  };
  return {
    find: async (id) => (await read('where id = $1', [id]))[0] ?? null,
    page: async (number, size) => ({
      people: await read('order by created_at desc limit $1 offset $2', [size, (number - 1) * size]),
      unreadable: [],
      total: null,
    }),
  };
}

const addPerson = async (database: Database, id = randomUUID()) => {
  await database.query(
    `insert into auth.users (id, email, created_at, updated_at, last_sign_in_at)
     values ($1, $2, '2026-01-01', '2026-01-02', '2026-01-02')`,
    [id, `${id}@example.com`],
  );
  return id;
};

const UNNAMED = { isNamedAlike: false, wantsReplica: false };

describe('recognizeDatabase', () => {
  let own: Database;
  let copy: Database;
  beforeEach(async () => {
    [own, copy] = [await openTestDatabase('pglite'), await openTestDatabase('pglite')];
    onTestFinished(async () => {
      await own.close();
      await copy.close();
    });
    const id = await addPerson(own);
    await addPerson(copy, id);
  });

  test('takes the project’s own database for that', async () => {
    await addPerson(own);
    expect(await recognizeDatabase(own, projectOn(own), UNNAMED)).toBe('own');
  });

  test.each([
    ['somebody has signed up since', (database: Database) => addPerson(database)],
    [
      'somebody has signed in since',
      (database: Database) => database.query('update auth.users set last_sign_in_at = now()'),
    ],
    [
      'somebody was changed since',
      (database: Database) => database.query('update auth.users set updated_at = now()'),
    ],
    ['somebody was deleted since', (database: Database) => database.query('delete from auth.users')],
  ])('takes a copy for another: %s', async (_what, change) => {
    await change(own);
    expect(await recognizeDatabase(copy, projectOn(own), UNNAMED)).toBe('other');
  });

  test('asks once more before it takes the project’s own database for another: somebody may just be deleted', async () => {
    const { find, page } = projectOn(own);
    let isDeleted = true;
    const project = {
      page,
      find: async (id: string) => {
        if (!isDeleted) return find(id);
        isDeleted = false;
        await own.query('delete from auth.users where id = $1', [id]);
        return null;
      },
    };
    await addPerson(own);
    expect(await recognizeDatabase(own, project, UNNAMED)).toBe('own');
  });

  test('takes a replica that Limen keeps for another, however alike it is', async () => {
    await copy.query("insert into limen.replica (project_url, since) values ('https://x.example', now())");
    expect(await recognizeDatabase(copy, projectOn(own), UNNAMED)).toBe('other');
  });

  test('takes a database that another one writes into for another: what is replicated fires no trigger', async () => {
    await own.query("insert into pg_subscription_rel values (1, 'auth.users'::regclass, 'r', null)");
    onTestFinished(async () => void (await own.query('delete from pg_subscription_rel')));
    expect(await recognizeDatabase(own, projectOn(own), UNNAMED)).toBe('other');
  });

  test('cannot know while there is nobody, unless the addresses say it', async () => {
    await own.query('delete from auth.users');
    expect(await recognizeDatabase(own, projectOn(own), UNNAMED)).toBe('unknown');
    expect(await recognizeDatabase(own, projectOn(own), { ...UNNAMED, isNamedAlike: true })).toBe('own');
  });
});

test.each([
  ['postgres://postgres:x@db.abcdefghijklmnopqrst.supabase.co:5432/postgres', true],
  ['postgres://postgres.abcdefghijklmnopqrst:x@aws-0-eu-west-1.pooler.supabase.com:5432/postgres', true],
  ['postgres://postgres:x@db.bbbbbbbbbbbbbbbbbbbb.supabase.co:5432/postgres', false],
  ['postgres://postgres.abcdefghijklmnopqrst:x@db.example.com:5432/postgres', false],
  ['postgres://postgres:x@db.abcdefghijklmnopqrst.supabase.co.example.com/postgres', false],
])('%s belongs to the project by its name: %s', (url, isAlike) => {
  expect(isNamedAlike('https://abcdefghijklmnopqrst.supabase.co', { kind: 'postgres', url })).toBe(isAlike);
});
