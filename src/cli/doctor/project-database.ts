import {
  isNamedAlike,
  type ProjectDatabase,
  recognizeDatabase,
} from '../../adapters/mirror/project-database.ts';
import {
  canEndSessions,
  PEOPLE_TABLES,
  unreadable,
} from '../../adapters/postgres/auth-schema/people-access.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { Config } from '../../config/config.ts';
import type { SupabaseAuthConfig } from '../../config/supabase.ts';
import { peopleOf } from '../../supabase-database.ts';
import { checkChangeTriggers } from './change-triggers.ts';
import { ANSWER_TIMEOUT_MS, type Finding, ok, warn } from './check.ts';

/** In front of Supabase, where it may be the project's own. */
export async function checkProjectDatabase(
  config: Config,
  auth: SupabaseAuthConfig,
  database: Database,
): Promise<Finding[]> {
  const hidden = await unreadable(database, PEOPLE_TABLES);
  if (hidden.length > 0) {
    return [
      warn(
        `not for this role: ${hidden.map((name) => `auth.${name}`).join(', ')}`,
        'Is this Supabase’s own database, take its role postgres, or grant usage on schema auth, all on all tables in it, and bypassrls: until then lists, sessions and figures are what the protocol alone gives.',
      ),
    ];
  }
  const found = await recognize(config, auth, database);
  if (found === null)
    return [
      warn('nobody could say whose it is', `${auth.url} does not answer, or refuses the key: see below.`),
    ];
  if (found === 'unknown')
    return [
      warn(
        'nobody is here, nor at Supabase, by whom it could be known',
        'Start Limen again when somebody is.',
      ),
    ];
  if (found === 'other') return [ok(`not of ${auth.url}; Limen writes nothing there`)];
  const sessions = (await canEndSessions(database))
    ? 'and their sessions ended'
    : 'and their sessions are not';
  return [
    ok(`the own one of ${auth.url}: people are read here, ${sessions}`),
    ...(await checkChangeTriggers(database)),
  ];
}

async function recognize(
  config: Config,
  auth: SupabaseAuthConfig,
  database: Database,
): Promise<ProjectDatabase | null> {
  const upstream = peopleOf(auth, ANSWER_TIMEOUT_MS);
  return recognizeDatabase(database, upstream, {
    isNamedAlike: isNamedAlike(auth.url, config.database),
    wantsReplica: config.mirrorPeople === 'on',
  }).catch(() => null);
}
