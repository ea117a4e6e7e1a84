import type { Logger } from 'pino';
import type { UserDirectory } from '../../../identity/administration/user-directory.ts';
import type { Clock } from '../../../identity/clock.ts';
import type { Database } from '../database.ts';
import { keepDirectoryIndexes, trigramSchema } from './directory-indexes.ts';
import { createUserDirectory } from './user-directory.ts';

/** A search finds what it can: without `pg_trgm` beginnings of words, without the indexes the same, slowly. */
export async function openUserDirectory({
  database,
  clock,
  log,
}: {
  database: Database;
  clock: Clock;
  log: Logger;
}): Promise<UserDirectory> {
  const { missing } = await keepDirectoryIndexes(database);
  if (missing.length > 0)
    log.warn(
      { missing },
      'the directory lacks indexes, and is slow with many people: run `limen directory index`',
    );
  return createUserDirectory(database, clock, await trigramSchema(database));
}
