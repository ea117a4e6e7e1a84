import { findMigrations } from '../../adapters/postgres/migrations.ts';
import { type Finding, fail, type Installation, ok, warn } from './check.ts';

export async function checkMigrations({ database }: Installation): Promise<Finding[]> {
  if (!database) return [];
  const { applied, pending, unknown, changed } = await findMigrations(database);
  const findings: Finding[] = [];
  if (changed.length > 0) {
    findings.push(
      fail(
        `other than the ones that ran here: ${changed.join(', ')}`,
        'Run the version of Limen that made this database, or restore its files: nothing starts so.',
      ),
    );
  }
  if (pending.length > 0) {
    findings.push(
      warn(
        `${pending.length} to be run: ${pending.join(', ')}`,
        'Run limen migrate; the next start does so too.',
      ),
    );
  }
  if (unknown.length > 0) {
    findings.push(
      warn(
        `run by a newer Limen: ${unknown.join(', ')}`,
        'Run that version everywhere, or go on knowing it.',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok(`schema limen is up to date (${applied} migrations)`)];
}
