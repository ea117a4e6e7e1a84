/** The mark that says that `auth.users` of a database is a replica of a Supabase project's. */
import type { Clock } from '../../identity/clock.ts';
import { findAuthSchemaOwner } from '../postgres/auth-schema/auth-schema.ts';
import type { Database, Queryable } from '../postgres/database.ts';
import type { UpstreamPeople } from './upstream-people.ts';

/** `auto`: where `DATABASE_URL` names a database that is not Supabase's own. */
export type MirrorMode = 'auto' | 'on' | 'off';

/** People by whom a project is known again: some of them may have been deleted there since. */
const ASKED_ABOUT = 10;

/** What the configuration says and what is in the database do not go together. Nothing was changed. */
export class ReplicaError extends Error {
  override readonly name = 'ReplicaError';
}

/** Says whether people of the project are to be kept here, before anything is migrated. @throws {ReplicaError} */
export async function wantsReplica(database: Database, mode: MirrorMode): Promise<boolean> {
  if (mode === 'off' || (mode === 'auto' && database.kind === 'pglite')) return false;
  const owner = await findAuthSchemaOwner(database);
  if (owner !== 'others') return true;
  if (mode === 'auto') return false;
  throw new ReplicaError(
    'MIRROR_PEOPLE=on: this database has an "auth" schema that Limen did not make, and Limen writes nothing there. ' +
      'If it is Supabase’s own database, people are in it already: leave MIRROR_PEOPLE out. Otherwise give Limen another database.',
  );
}

/**
 * Marks the database as a replica of the project, or finds it marked so. False where people live in it who signed up here: only `on` says
 * that they are the project's, and the project must know one of them. The database is migrated.
 * @throws {ReplicaError} for a replica of another project @throws {ServiceUnavailableError} where the project cannot be asked
 */
export async function claimReplica(
  database: Database,
  {
    mode,
    projectUrl,
    clock,
    upstream,
  }: { mode: MirrorMode; projectUrl: string; clock: Clock; upstream: UpstreamPeople },
): Promise<boolean> {
  return database.transaction(async (tx) => {
    // Many instances may begin together.
    await tx.query("select pg_advisory_xact_lock(hashtextextended('limen:replica', 0))");
    const of = await replicaOf(tx);
    if (of === projectUrl) return true;
    if (of !== null && mode !== 'on') {
      throw new ReplicaError(
        `This database holds the people of ${of}, and SUPABASE_URL is ${projectUrl}. If that is the same project under another address, ` +
          'start once with MIRROR_PEOPLE=on; otherwise give Limen another database, or set MIRROR_PEOPLE=off.',
      );
    }
    const people = await someOf(tx);
    if (of === null && mode !== 'on' && people.length > 0) return false;
    await assertKnown(people, upstream, projectUrl);
    await tx.query(
      `insert into limen.replica (project_url, since) values ($1, $2)
       on conflict (is_only) do update set project_url = excluded.project_url`,
      [projectUrl, clock()],
    );
    await dropTriggers(tx);
    return true;
  });
}

/**
 * For a start of the embedded server: people in a replica are another's, and would be signed up and mailed from here by mistake.
 * `off` says that this is no mistake, and they live here from now on.
 * @throws {ReplicaError}
 */
export async function assertNoReplica(database: Queryable, mode: MirrorMode): Promise<void> {
  const of = await replicaOf(database);
  if (of === null) return;
  if (mode === 'off') {
    await database.query('delete from limen.replica');
    return;
  }
  throw new ReplicaError(
    `This database holds a replica of the people of ${of}, and SUPABASE_URL is not set. Set it again; or, to move these people ` +
      'here for good (without their passwords), start once with MIRROR_PEOPLE=off.',
  );
}

/** The project's address; null where people live here themselves, or where nobody is mirrored. The database is migrated. */
export async function replicaOf(database: Queryable): Promise<string | null> {
  const [replica] = await database.query<{ project_url: string }>('select project_url from limen.replica');
  return replica?.project_url ?? null;
}

async function someOf(tx: Queryable): Promise<string[]> {
  const people = await tx.query<{ id: string }>(
    `select id from auth.users order by last_sign_in_at desc nulls last limit ${ASKED_ABOUT}`,
  );
  return people.map(({ id }) => id);
}

/** `on` may have stayed in the environment while the address became another's: its people would be deleted here one after another. */
async function assertKnown(
  people: readonly string[],
  upstream: UpstreamPeople,
  projectUrl: string,
): Promise<void> {
  if (people.length === 0) return;
  const found = await Promise.all(people.map((id) => upstream.find(id)));
  if (found.some((person) => person !== null)) return;
  throw new ReplicaError(
    `MIRROR_PEOPLE=on: ${projectUrl} knows none of the ${people.length} people of this database who signed in last, so it is not their ` +
      'project. Look whether SUPABASE_URL is right, or give Limen another database.',
  );
}

/** From when the embedded server worked here. What a replica is told is no news: Supabase's webhooks have told it, or nobody has. */
async function dropTriggers(tx: Queryable): Promise<void> {
  const triggers = await tx.query<{ name: string; table: string }>(
    `select quote_ident(tgname) as name, tgrelid::regclass::text as "table"
     from pg_trigger join pg_class on pg_class.oid = tgrelid join pg_proc on pg_proc.oid = tgfoid
     where not tgisinternal and relnamespace = 'auth'::regnamespace and pronamespace = 'limen'::regnamespace`,
  );
  for (const { name, table } of triggers) await tx.query(`drop trigger ${name} on ${table}`);
}
