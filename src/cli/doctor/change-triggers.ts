import type { Database } from '../../adapters/postgres/database.ts';
import { missingTriggers } from '../../adapters/postgres/triggers/auth-triggers.ts';
import { CHANGE_TRIGGERS } from '../../adapters/postgres/triggers/change-triggers.ts';
import { type Finding, ok, warn } from './check.ts';

/** Without them other instances hear of nothing until their tokens end. */
export async function checkChangeTriggers(database: Database): Promise<Finding[]> {
  const missing = await missingTriggers(database, CHANGE_TRIGGERS);
  const silent = [...new Set(missing.map(([, { table }]) => table))].sort();
  if (silent.length === 0) return [ok('tells of its changes')];
  return [
    warn(
      `does not tell of changes to ${silent.map((name) => `auth.${name}`).join(', ')}`,
      'Start Limen once with a role that may put triggers there: until then what changes elsewhere holds only when tokens end.',
    ),
  ];
}
