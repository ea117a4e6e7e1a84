/** Finding people among a million (`BENCH_PEOPLE`): what a page costs at the beginning, in the middle and at the end, and what filters and searches cost. */

import { migrate } from '../src/adapters/postgres/migrations.ts';
import { buildDirectoryIndexes, trigramSchema } from '../src/adapters/postgres/people/directory-indexes.ts';
import { createUserDirectory } from '../src/adapters/postgres/people/user-directory.ts';
import { openPostgres } from '../src/adapters/postgres/postgres.ts';
import type { UserFilter, UserPage } from '../src/identity/administration/user-directory.ts';
import { userQuery } from '../src/identity/administration/user-list.ts';
import { median } from './median.ts';
import { insertPeople } from './people.ts';

const ROUNDS = 21;
const BATCH = 50_000;

export interface DirectoryFigures {
  readonly people: number;
  /** Median milliseconds of a page of twenty, by what was asked. */
  readonly p50: Readonly<Record<string, number>>;
}

/** @param url a database whose people may be added to */
export async function measureDirectory(url: string, people: number): Promise<DirectoryFigures> {
  const database = await openPostgres({ url, statementTimeoutMs: 0 });
  try {
    await migrate(database, { createAuthSchema: true });
    for (let from = 1; from <= people; from += BATCH)
      await insertPeople(database, from, Math.min(people, from + BATCH - 1));
    await buildDirectoryIndexes(database, () => {});
    await database.query('vacuum analyze auth.users');
    const directory = createUserDirectory(database, () => new Date(), await trigramSchema(database));

    const page = (filter: UserFilter = {}, search: string | null = null, place: Partial<UserPage> = {}) =>
      directory.page(userQuery({ filter, search }), {
        limit: 21,
        after: undefined,
        before: undefined,
        inverted: false,
        ...place,
      });
    const [middle] = await database.query<{ key: number; id: string }>(
      `select (extract(epoch from created_at) * 1000000)::bigint as key, id from auth.users
       order by created_at desc, id desc offset $1 limit 1`,
      [Math.floor(people / 2)],
    );
    const asked: Record<string, () => Promise<unknown>> = {
      'first page': () => page(),
      'page in the middle': () => page({}, null, { after: [middle!.key, middle!.id] }),
      'last page': () => page({}, null, { inverted: true }),
      'by a rare role': () => page({ role: 'admin' }),
      'by a common role': () => page({ role: 'reader' }),
      'by a role nobody has': () => page({ role: 'nobody' }),
      'by metadata': () => page({ userMetadata: { team: 'team-77' } }),
      banned: () => page({ banned: true }),
      'not onboarded': () => page({ onboardingCompleted: false }),
      'by the beginning of an address': () => page({ emailPrefix: 'ada.lovelace1' }),
      'search: ada lov': () => page({}, 'ada lov'),
      'search: lovelase': () => page({}, 'lovelase'),
      'search: nobody': () => page({}, 'zzyzx'),
      'totalCount of a rare role': () => directory.count(userQuery({ filter: { role: 'admin' } })),
      estimatedCount: () => directory.estimate(userQuery({})),
    };
    const p50: Record<string, number> = {};
    for (const [name, ask] of Object.entries(asked)) {
      await ask();
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const began = performance.now();
        await ask();
        times.push(performance.now() - began);
      }
      p50[name] = median(times);
    }
    return { people, p50 };
  } finally {
    await database.close();
  }
}
