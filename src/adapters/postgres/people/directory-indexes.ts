/**
 * The indexes of `auth.users` that the directory reads by. Where Limen made the `auth` schema it keeps them itself; on one of
 * somebody else's only when it is told to, by `limen directory index`.
 */
import { type Database, type Queryable, UNIQUE_VIOLATION } from '../database.ts';
import {
  CREATED,
  EMAIL,
  LAST_SIGN_IN,
  ONBOARDED,
  PHONE,
  PRESENT,
  SEARCH_WORDS,
  SIMILAR_TEXT,
} from './directory-expressions.ts';

const INDEXES: Record<string, string> = {
  limen_users_created_idx: `(${CREATED}, id) where ${PRESENT}`,
  limen_users_last_sign_in_idx: `(${LAST_SIGN_IN}, id) where ${PRESENT}`,
  limen_users_email_idx: `(${EMAIL}, id) where ${PRESENT}`,
  limen_users_phone_idx: `(${PHONE}) where ${PRESENT}`,
  limen_users_confirmed_idx: `(confirmed_at) where ${PRESENT}`,
  limen_users_unconfirmed_idx: `(${CREATED}, id) where ${PRESENT} and confirmed_at is null`,
  limen_users_not_onboarded_idx: `(${CREATED}, id) where ${PRESENT} and not ${ONBOARDED}`,
  limen_users_banned_idx: `(banned_until) where ${PRESENT} and banned_until is not null`,
  limen_users_anonymous_idx: `(${CREATED}, id) where ${PRESENT} and is_anonymous`,
  limen_users_app_metadata_idx: `using gin (raw_app_meta_data jsonb_path_ops) where ${PRESENT}`,
  limen_users_user_metadata_idx: `using gin (raw_user_meta_data jsonb_path_ops) where ${PRESENT}`,
  limen_users_words_idx: `using gin ((${SEARCH_WORDS})) where ${PRESENT}`,
};

const LOCK = 'directory-indexes';
const SIMILAR_INDEX = 'limen_users_similar_idx';

/** With so many people an index takes a second or two, for which nobody can be written. */
const MOST_WHILE_STARTING = 100_000;

export interface DirectoryIndexes {
  /** Names of those that are not there, or were begun and not finished. */
  readonly missing: readonly string[];
}

/**
 * Makes what is missing at a start, unless it would take long, or the schema is somebody else's. Answers what is missing then, and waits for
 * nobody who makes it.
 */
export async function keepDirectoryIndexes(database: Database): Promise<DirectoryIndexes> {
  await installTrigrams(database);
  const before = await missingIndexes(database);
  if (before.size === 0 || !(await mayIndexNow(database))) return { missing: [...before.keys()] };
  return database.exclusively(LOCK, async () => {
    const missing = await missingIndexes(database);
    await database.transaction(async (tx) => {
      await tx.query('set local statement_timeout = 0');
      for (const [name, definition] of missing)
        await tx.query(`create index if not exists ${name} on auth.users ${definition}`);
    });
    return { missing: [] };
  });
}

/** Makes what is missing while people go on signing in, which takes longer. The database must have no statement timeout. */
export async function buildDirectoryIndexes(
  database: Database,
  onBegin: (name: string) => void,
): Promise<DirectoryIndexes> {
  const concurrently = database.kind === 'postgres' ? 'concurrently' : '';
  await installTrigrams(database);
  return database.exclusively(LOCK, async () => {
    const missing = await missingIndexes(database);
    for (const [name, definition] of missing) {
      onBegin(name);
      // One whose making was cut short is there, slows every write down, and serves no query.
      await database.query(`drop index ${concurrently} if exists auth.${name}`);
      await database.query(`create index ${concurrently} ${name} on auth.users ${definition}`);
    }
    if (missing.size > 0) await database.query('analyze auth.users');
    return { missing: [...missing.keys()] };
  });
}

async function missingIndexes(database: Database): Promise<Map<string, string>> {
  const trigrams = await trigramSchema(database);
  const wanted = new Map(Object.entries(INDEXES));
  if (trigrams)
    wanted.set(SIMILAR_INDEX, `using gin ((${SIMILAR_TEXT}) ${trigrams}.gin_trgm_ops) where ${PRESENT}`);
  const valid = await database.query<{ name: string }>(
    `select relname::text as name from pg_index join pg_class on pg_class.oid = indexrelid
     where indrelid = to_regclass('auth.users') and indisvalid`,
  );
  for (const { name } of valid) wanted.delete(name);
  return wanted;
}

async function mayIndexNow(database: Queryable): Promise<boolean> {
  const [schema] = await database.query<{ is_ours: boolean; people: number }>(
    `select exists (select 1 from limen.migrations where version = 0) as is_ours,
       (select reltuples from pg_class where oid = to_regclass('auth.users'))::float8 as people`,
  );
  return schema?.is_ours === true && schema.people <= MOST_WHILE_STARTING;
}

/** Where `pg_trgm` is, as SQL; null where it is not. */
export async function trigramSchema(database: Queryable): Promise<string | null> {
  const [extension] = await database.query<{ schema: string }>(
    "select quote_ident(nspname) as schema from pg_extension join pg_namespace on pg_namespace.oid = extnamespace where extname = 'pg_trgm'",
  );
  return extension?.schema ?? null;
}

/** Where the database has it, and this role may: a trusted extension, that an owner of the database may install. */
async function installTrigrams(database: Database): Promise<void> {
  if (!(await mayInstallTrigrams(database))) return;
  await database.exclusively('trigrams', async () => {
    if (!(await mayInstallTrigrams(database))) return;
    try {
      await database.query('create extension if not exists pg_trgm with schema limen');
    } catch (error) {
      // Somebody who takes no lock of ours has installed it in the same moment: `if not exists` does not see what is not committed.
      if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
    }
  });
}

async function mayInstallTrigrams(database: Queryable): Promise<boolean> {
  const [available] = await database.query<{ may: boolean }>(
    `select has_database_privilege(current_database(), 'create') and has_schema_privilege('limen', 'create') as may
     from pg_available_extensions where name = 'pg_trgm' and installed_version is null`,
  );
  return available?.may === true;
}
