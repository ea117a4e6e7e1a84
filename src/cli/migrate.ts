import { readArguments, withApp } from './command.ts';
import { checkAuthSchema } from './doctor/auth-schema.ts';

/** Opening the application migrates; the command exists so that a deployment can do it as a step of its own. */
export async function migrateDatabase(args: string[]): Promise<string> {
  readArguments({ args });
  return withApp(async ({ database }, config) => {
    const findings = await checkAuthSchema({ config, database });
    const lacking = findings.filter(({ level }) => level !== 'ok');
    return [
      'The database is up to date.',
      ...lacking.map(({ what, advice }) => `auth schema: ${what}\n  → ${advice}`),
      '',
    ].join('\n');
  });
}
