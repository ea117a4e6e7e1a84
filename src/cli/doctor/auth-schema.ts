/** Whose the `auth` schema is, whether it can be worked on, and whether it tells of its changes. */
import { replicaOf } from '../../adapters/mirror/replica.ts';
import {
  checkAuthSchema as assertUsable,
  ForeignAuthSchemaError,
  findAuthSchemaOwner,
} from '../../adapters/postgres/auth-schema/auth-schema.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { type Finding, fail, type Installation, ok, warn } from './check.ts';

export async function checkAuthSchema({ config, database }: Installation): Promise<Finding[]> {
  if (!database) return [];
  const owner = await findAuthSchemaOwner(database);
  const isEmbedded = config.auth.kind === 'embedded';
  if (owner === 'nobody') {
    // As `wantsReplica` decides at the next start.
    const willMirror =
      config.mirrorPeople === 'on' || (config.mirrorPeople === 'auto' && database.kind === 'postgres');
    return isEmbedded || willMirror
      ? [warn('there is none yet', 'Run limen migrate; the next start does so too.')]
      : [ok('none here: people are at Supabase alone')];
  }
  if (owner === 'others')
    return isEmbedded
      ? [...(await usable(database)), ...(await triggers(database))]
      : [ok('Supabase’s own; Limen writes nothing there')];
  const replica = await isMarked(database);
  if (replica !== null && isEmbedded) {
    return [
      fail(
        `a replica of ${replica}, and there is no SUPABASE_URL`,
        'Set SUPABASE_URL again; or start once with MIRROR_PEOPLE=off, to have these people live here.',
      ),
    ];
  }
  if (replica !== null) return [ok(`made by Limen, a replica of ${replica}`)];
  if (!isEmbedded) return [ok('made by Limen, and nobody is mirrored into it')];
  return [ok('made by Limen'), ...(await usable(database)), ...(await triggers(database))];
}

async function usable(database: Database): Promise<Finding[]> {
  try {
    await assertUsable(database);
    return [ok('has all that the embedded auth server reads and writes')];
  } catch (error) {
    if (!(error instanceof ForeignAuthSchemaError)) throw error;
    return [
      fail(
        `lacks ${error.missing.join(', ')}`,
        'Bring Supabase Auth there up to date, or give Limen a database of its own.',
      ),
    ];
  }
}

/** Without them other instances hear of nothing until their tokens end. */
async function triggers(database: Database): Promise<Finding[]> {
  const tables = await database.query<{ name: string }>(
    `select distinct relname::text as name from pg_trigger
       join pg_class on pg_class.oid = tgrelid join pg_proc on pg_proc.oid = tgfoid
     where relnamespace = 'auth'::regnamespace and pronamespace = to_regnamespace('limen') and tgenabled <> 'D'`,
  );
  const told = new Set(tables.map(({ name }) => name));
  const silent = ['users', 'sessions', 'mfa_factors'].filter((name) => !told.has(name));
  if (silent.length === 0) return [ok('tells of its changes')];
  return [
    warn(
      `does not tell of changes to ${silent.map((name) => `auth.${name}`).join(', ')}`,
      'Start Limen once with a role that may put triggers there: until then what changes elsewhere holds only when tokens end.',
    ),
  ];
}

/** In a database from before there were replicas there is no table either. */
async function isMarked(database: Database): Promise<string | null> {
  const [there] = await database.query<{ name: string | null }>(
    "select to_regclass('limen.replica')::text as name",
  );
  return there?.name ? replicaOf(database) : null;
}
