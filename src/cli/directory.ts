import type { Database } from '../adapters/postgres/database.ts';
import { openDatabase } from '../adapters/postgres/open-database.ts';
import { buildDirectoryIndexes } from '../adapters/postgres/people/directory-indexes.ts';
import { environment, readConfig } from '../config/config.ts';
import { CommandError, readArguments, withApp } from './command.ts';

/** On an `auth` schema of somebody else's too: whoever runs it says so. */
export async function indexDirectory(args: string[]): Promise<string> {
  readArguments({ args });
  const config = readConfig(environment());
  // Migrated first; and with another connection after that, since an index of many people takes longer than any statement may.
  await withApp(async ({ database, hasPeople }) => {
    if (!hasPeople)
      throw new CommandError('People are listed by Supabase here, and need no indexes of this database.');
    const owner = await ownerOfPeople(database);
    if (owner !== null)
      throw new CommandError(
        `auth.users belongs to ${owner}, and only it may make indexes there: run this as ${owner}.`,
      );
    return '';
  });
  const database = await openDatabase(config.database, { statementTimeoutMs: 0 });
  try {
    const { missing } = await buildDirectoryIndexes(database, (name) => process.stderr.write(`${name} …\n`));
    return missing.length > 0 ? `Made ${missing.length} indexes.\n` : 'Every index is there.\n';
  } finally {
    await database.close();
  }
}

/** Who owns `auth.users`, where that is neither this role nor one that it belongs to. On hosted Supabase nobody can become its owner. */
async function ownerOfPeople(database: Database): Promise<string | null> {
  const [other] = await database.query<{ owner: string }>(
    `select relowner::regrole::text as owner from pg_class
     where relnamespace = to_regnamespace('auth') and relname = 'users' and not pg_has_role(relowner, 'usage')`,
  );
  return other?.owner ?? null;
}
