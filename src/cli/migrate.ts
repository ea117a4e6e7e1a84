import { readArguments, withApp } from './command.ts';

/** Opening the application migrates; the command exists so that a deployment can do it as a step of its own. */
export async function migrateDatabase(args: string[]): Promise<string> {
  readArguments({ args });
  return withApp(async () => 'The database is up to date.\n');
}
