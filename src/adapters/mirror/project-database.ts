/** Whether the database is the Supabase project's own: then its people are in it themselves, and no copy of them. */
import { findAuthSchemaOwner } from '../postgres/auth-schema/auth-schema.ts';
import { canRead, PEOPLE_TABLES } from '../postgres/auth-schema/people-access.ts';
import type { Queryable } from '../postgres/database.ts';
import { GIVEN_PEOPLE } from './person-columns.ts';
import type { UpstreamPeople } from './upstream-people.ts';

/** `unknown`: there is nobody yet by whom it could be told. */
export type ProjectDatabase = 'own' | 'other' | 'unknown';

/** By whom the database is known again: who came last to the project, and who signed in last here. */
const NEWEST = 20;
const LAST_SEEN = 5;

interface Hints {
  /** What the addresses say, for a project that has nobody yet. */
  readonly isNamedAlike: boolean;
  /** Whether the operator asks for a replica here: people who moved to Supabase from here are alike in both until somebody signs in. */
  readonly wantsReplica: boolean;
}

/**
 * Everybody whom Supabase shows must be in the database too, and not older than shown: in a copy, someone signs in sooner or later and is.
 * Writes nothing, and takes a database that Limen has never seen.
 * @throws {ServiceUnavailableError} where the project cannot be asked
 */
export async function recognizeDatabase(
  database: Queryable,
  upstream: UpstreamPeople,
  { isNamedAlike, wantsReplica }: Hints,
): Promise<ProjectDatabase> {
  if (!(await canRead(database, PEOPLE_TABLES)) || (await isReplica(database))) return 'other';
  if (await isSubscribed(database)) return 'other';
  if (wantsReplica && (await findAuthSchemaOwner(database)) === 'limen') return 'other';
  const found = await compare(database, upstream, isNamedAlike);
  // Whoever is deleted between two of the questions is missing in the answer to one.
  return found === 'other' ? compare(database, upstream, isNamedAlike) : found;
}

async function compare(
  database: Queryable,
  upstream: UpstreamPeople,
  isNamedAlike: boolean,
): Promise<ProjectDatabase> {
  const lastSeen = await database.query<{ id: string }>(
    `select id from auth.users where deleted_at is null order by last_sign_in_at desc nulls last limit ${LAST_SEEN}`,
  );
  // Asked before the rows are looked at: what happens in between makes those newer, and none of them older.
  const [page, ...found] = await Promise.all([
    upstream.page(1, NEWEST),
    ...lastSeen.map(({ id }) => upstream.find(id)),
  ]);
  const shown = [...page.people, ...found];
  if (shown.length === 0) return isNamedAlike ? 'own' : 'unknown';
  if (shown.includes(null)) return 'other';
  const [rows] = await database.query<{ same: number }>(
    `select count(*) as same from ${GIVEN_PEOPLE} join auth.users on users.id = given.id
     where users.created_at = given.created_at
       and coalesce(users.updated_at, users.created_at) >= given.updated_at
       and coalesce(users.last_sign_in_at, '-infinity') >= coalesce(given.last_sign_in_at, '-infinity')`,
    [JSON.stringify(shown)],
  );
  return rows?.same === shown.length ? 'own' : 'other';
}

/**
 * Whether the addresses say that the one is the other's: those of hosted Supabase name the project, the pooler's in the name of the role.
 */
export function isNamedAlike(
  projectUrl: string,
  database: { readonly kind: 'pglite' } | { readonly kind: 'postgres'; readonly url: string },
): boolean {
  const [, project] = /^([a-z0-9]{20})\.supabase\.co$/.exec(new URL(projectUrl).hostname) ?? [];
  if (!project || database.kind !== 'postgres') return false;
  const { hostname, username } = new URL(database.url);
  return (
    hostname === `db.${project}.supabase.co` ||
    (hostname.endsWith('.pooler.supabase.com') && username.endsWith(`.${project}`))
  );
}

/** Of which project this database was found to be, the last time that it could be found out. Null: of none, or nobody knows. */
export async function projectOf(database: Queryable): Promise<string | null> {
  if (!(await hasTable(database, 'project_database'))) return null;
  const [noted] = await database.query<{ project_url: string }>(
    'select project_url from limen.project_database',
  );
  return noted?.project_url ?? null;
}

/** @param projectUrl null: of none */
export async function noteProjectDatabase(
  database: Queryable,
  projectUrl: string | null,
  now: Date,
): Promise<void> {
  if (projectUrl === null) await database.query('delete from limen.project_database');
  else
    await database.query(
      `insert into limen.project_database (project_url, found_at) values ($1, $2)
       on conflict (is_only) do update set project_url = excluded.project_url, found_at = excluded.found_at`,
      [projectUrl, now],
    );
}

async function isReplica(database: Queryable): Promise<boolean> {
  return (
    (await hasTable(database, 'replica')) && (await database.query('select 1 from limen.replica')).length > 0
  );
}

/** What PostgreSQL replicates from another database is always up to date, and fires no trigger. */
async function isSubscribed(database: Queryable): Promise<boolean> {
  const subscribed = await database.query(
    `select 1 from pg_subscription_rel join pg_class on pg_class.oid = srrelid
     where relnamespace = to_regnamespace('auth') and relname = 'users'`,
  );
  return subscribed.length > 0;
}

/** Limen's own; none where it has never been. */
async function hasTable(database: Queryable, name: string): Promise<boolean> {
  const found = await database.query(
    "select 1 from pg_class where relnamespace = to_regnamespace('limen') and relname = $1",
    [name],
  );
  return found.length > 0;
}
