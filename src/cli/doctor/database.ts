import { type Finding, type Installation, ok, warn } from './check.ts';

/** Of PostgreSQL: the oldest with views that read as whoever asks. */
const OLDEST = 15;

export async function checkDatabase({ config, database }: Installation): Promise<Finding[]> {
  if (!database) return [];
  const [found] = await database.query<{ version: string; number: number; role: string; name: string }>(
    `select current_setting('server_version') as version, current_setting('server_version_num')::integer as number,
       current_user as role, current_database() as name`,
  );
  const { version, number, role, name } = found!;
  const what =
    database.kind === 'postgres'
      ? `PostgreSQL ${version}, database ${name}, as ${role}`
      : `PGlite ${version}`;
  const findings = [ok(what)];
  if (number < OLDEST * 10_000) {
    findings.push(
      warn(
        `PostgreSQL ${version} is older than ${OLDEST}`,
        `Limen is tested on ${OLDEST} and newer; public.user_profiles needs it.`,
      ),
    );
  }
  if (config.production && config.database.kind === 'pglite') {
    findings.push(
      warn(
        'people live in a folder of this machine',
        'Set DATABASE_URL to run more than one Limen, and to survive the loss of the machine.',
      ),
    );
  }
  return findings;
}
