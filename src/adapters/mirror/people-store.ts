/** The replica's rows of `auth.users`. */
import { type Database, type Queryable, UNIQUE_VIOLATION } from '../postgres/database.ts';
import { queuePeople } from './mirror-queue.ts';
import type { MirroredPerson } from './person.ts';

export interface PeopleStore {
  /**
   * Creates or updates, in one statement. What is here and newer stays as it is, and nobody comes back who was deleted since.
   * @param observedAt when Supabase was asked, at the latest; null: nobody knows
   * @returns whose rows were written
   */
  save(people: readonly MirroredPerson[], observedAt: Date | null): Promise<string[]>;
  /** Application tables that reference the row follow their own `on delete`. */
  remove(id: string, deletedAt: Date): Promise<void>;
}

/** Every column that a replica keeps, with its type as JSON is read. */
const COLUMNS: Readonly<Record<Exclude<keyof MirroredPerson, 'id'>, string>> = {
  aud: 'text',
  role: 'text',
  email: 'text',
  phone: 'text',
  email_confirmed_at: 'timestamptz',
  phone_confirmed_at: 'timestamptz',
  invited_at: 'timestamptz',
  last_sign_in_at: 'timestamptz',
  raw_app_meta_data: 'jsonb',
  raw_user_meta_data: 'jsonb',
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
  banned_until: 'timestamptz',
  deleted_at: 'timestamptz',
  is_anonymous: 'boolean',
  is_sso_user: 'boolean',
};
const NAMES = Object.keys(COLUMNS);
const GIVEN = `jsonb_to_recordset($1::jsonb) as given (id uuid, ${Object.entries(COLUMNS)
  .map(([name, type]) => `${name} ${type}`)
  .join(', ')})`;
const list = (prefix: string) => NAMES.map((name) => `${prefix}.${name}`).join(', ');

/** What Supabase Auth cannot read as null is written as it writes it, so that the rows can move. */
const SAVE = `insert into auth.users as kept (instance_id, id, ${NAMES.join(', ')},
    confirmation_token, recovery_token, email_change_token_new, email_change)
  select '00000000-0000-0000-0000-000000000000', given.id, ${list('given')}, '', '', '', ''
  from ${GIVEN}
  where not exists (
    select from limen.mirror_deletions
    where user_id = given.id and ($2::timestamptz is null or deleted_at >= $2))
  on conflict (id) do update set ${NAMES.map((name) => `${name} = excluded.${name}`).join(', ')}
  where (kept.updated_at is null or kept.updated_at <= excluded.updated_at)
    and (${list('kept')}) is distinct from (${list('excluded')})
  returning kept.id`;

export interface Difference {
  readonly id: string;
  /** Null for somebody who is not here yet; empty for somebody who is the same, or newer here. */
  readonly columns: readonly string[] | null;
}

/** What `save` would do to each of them. */
export async function differencesOf(
  database: Queryable,
  people: readonly MirroredPerson[],
): Promise<Difference[]> {
  const changed = NAMES.map(
    (name) => `case when kept.${name} is distinct from given.${name}::${typeIn(name)} then '${name}' end`,
  );
  return database.query<{ id: string; columns: string[] | null }>(
    `select given.id, case
       when kept.id is null then null
       when kept.updated_at > given.updated_at then '{}'
       else array_remove(array[${changed.join(', ')}], null)
     end as columns
     from ${GIVEN} left join auth.users as kept on kept.id = given.id`,
    [JSON.stringify(people)],
  );
}

/** Of the column itself, where that is narrower than what JSON is read as. */
const typeIn = (name: string) =>
  ['aud', 'role', 'email'].includes(name) ? 'varchar' : COLUMNS[name as keyof typeof COLUMNS];

export function createPeopleStore(database: Database): PeopleStore {
  const save = async (queryable: Queryable, people: readonly MirroredPerson[], observedAt: Date | null) => {
    const rows = await queryable.query<{ id: string }>(SAVE, [JSON.stringify(people), observedAt]);
    return rows.map(({ id }) => id);
  };

  /**
   * An address that somebody else has in the replica has changed hands at Supabase since. Whoever had it is asked for again; should
   * they have it after all, they get it back so.
   */
  const saveTaking = (person: MirroredPerson, observedAt: Date | null) =>
    database.transaction(async (tx) => {
      const before = await tx.query<{ id: string }>(
        `update auth.users set
           email = case when not is_sso_user and not $2 and email = $3 then null else email end,
           phone = case when phone = $4 then null else phone end
         where id <> $1 and ((not is_sso_user and not $2 and email = $3) or phone = $4)
         returning id`,
        [person.id, person.is_sso_user, person.email, person.phone],
      );
      await queuePeople(
        tx,
        before.map(({ id }) => id),
        observedAt ?? new Date(),
      );
      return save(tx, [person], observedAt);
    });

  return {
    async save(people, observedAt) {
      try {
        return await save(database, people, observedAt);
      } catch (error) {
        if (!isUniqueViolation(error)) throw error;
        const saved: string[] = [];
        for (const person of people) saved.push(...(await saveTaking(person, observedAt)));
        return saved;
      }
    },
    async remove(id, deletedAt) {
      await database.transaction(async (tx) => {
        await tx.query(
          `insert into limen.mirror_deletions (user_id, deleted_at) values ($1, $2)
           on conflict (user_id) do update set deleted_at = greatest(mirror_deletions.deleted_at, excluded.deleted_at)`,
          [id, deletedAt],
        );
        await tx.query('delete from auth.users where id = $1', [id]);
      });
    },
  };
}

const isUniqueViolation = (error: unknown) => (error as { code?: string }).code === UNIQUE_VIOLATION;
