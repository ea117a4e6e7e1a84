import { openDatabase } from '../adapters/postgres/open-database.ts';
import { buildDirectoryIndexes, installTrigrams } from '../adapters/postgres/people/directory-indexes.ts';
import { environment, readConfig } from '../config/config.ts';
import { CommandError, readArguments, withApp } from './command.ts';

/** On an `auth` schema of somebody else's too: whoever runs it says so. */
export async function indexDirectory(args: string[]): Promise<string> {
  readArguments({ args });
  const config = readConfig(environment());
  if (config.auth.kind === 'supabase')
    throw new CommandError('People are listed by Supabase here, and need no indexes of this database.');
  // Migrated first; and with another connection after that, since an index of many people takes longer than any statement may.
  await withApp(async () => '');
  const database = await openDatabase(config.database, { statementTimeoutMs: 0 });
  try {
    await installTrigrams(database);
    const { missing } = await buildDirectoryIndexes(database, (name) => process.stderr.write(`${name} …\n`));
    return missing.length > 0 ? `Made ${missing.length} indexes.\n` : 'Every index is there.\n';
  } finally {
    await database.close();
  }
}
