/** Whose the `auth` schema is, whether it can be worked on, and whether it tells of its changes. */
import { replicaOf } from '../../adapters/mirror/replica.ts';
import {
  checkAuthSchema as assertUsable,
  ForeignAuthSchemaError,
  findAuthSchemaOwner,
} from '../../adapters/postgres/auth-schema/auth-schema.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { Config } from '../../config/config.ts';
import { checkChangeTriggers } from './change-triggers.ts';
import { type Finding, fail, type Installation, ok, warn } from './check.ts';
import { checkProjectDatabase } from './project-database.ts';

export async function checkAuthSchema({ config, database }: Installation): Promise<Finding[]> {
  if (!database) return [];
  const owner = await findAuthSchemaOwner(database);
  const isEmbedded = config.auth.kind === 'embedded';
  const replica = await isMarked(database);
  if (owner === 'nobody') {
    // As `wantsReplica` decides at the next start.
    const willMirror =
      config.mirrorPeople === 'on' || (config.mirrorPeople === 'auto' && database.kind === 'postgres');
    return isEmbedded || willMirror
      ? [warn('there is none yet', 'Run limen migrate; the next start does so too.')]
      : [ok('none here: people are at Supabase alone')];
  }
  if (config.auth.kind === 'supabase' && replica === null)
    return checkProjectDatabase(config, config.auth, database);
  if (owner === 'others') return [...(await usable(database)), ...(await checkChangeTriggers(database))];
  if (replica !== null && isEmbedded) {
    return [
      fail(
        `a replica of ${replica}, and there is no SUPABASE_URL`,
        'Set SUPABASE_URL again; or start once with MIRROR_PEOPLE=off, to have these people live here.',
      ),
    ];
  }
  if (replica !== null) return [replicaFinding(replica, config, database), ...(await usable(database))];
  return [ok('made by Limen'), ...(await usable(database)), ...(await checkChangeTriggers(database))];
}

/** As `claimReplica` decides at the next start. */
function replicaFinding(of: string, { auth, mirrorPeople }: Config, { kind }: Database): Finding {
  const isMirrored = mirrorPeople === 'on' || (mirrorPeople === 'auto' && kind === 'postgres');
  if (!isMirrored || auth.kind !== 'supabase' || auth.url === of)
    return ok(`made by Limen, a replica of ${of}`);
  const what = `a replica of ${of}, and SUPABASE_URL is ${auth.url}`;
  return mirrorPeople === 'on'
    ? warn(what, 'The next start makes it a replica of that project, if it is one that knows these people.')
    : fail(
        what,
        'Nothing starts so. Is it the same project under another address, start once with MIRROR_PEOPLE=on; otherwise give Limen another database, or set MIRROR_PEOPLE=off.',
      );
}

async function usable(database: Database): Promise<Finding[]> {
  try {
    await assertUsable(database);
    return [ok('has all that the embedded auth server reads and writes')];
  } catch (error) {
    if (!(error instanceof ForeignAuthSchemaError)) throw error;
    return [fail(`lacks ${error.missing.join(', ')}`, error.advice)];
  }
}

/** In a database from before there were replicas there is no table either. */
async function isMarked(database: Database): Promise<string | null> {
  const [there] = await database.query<{ name: string | null }>(
    "select to_regclass('limen.replica')::text as name",
  );
  return there?.name ? replicaOf(database) : null;
}
