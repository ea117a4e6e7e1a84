/** The replica's rows of `auth.users`. */
import type { Client } from '../../identity/client.ts';
import type { Clock } from '../../identity/clock.ts';
import { recordEvents } from '../postgres/audit/audit-log.ts';
import { type Database, type Queryable, UNIQUE_VIOLATION } from '../postgres/database.ts';
import { queuePeople } from './mirror-queue.ts';
import type { MirroredPerson } from './person.ts';
import { GIVEN_PEOPLE, listOf, PERSON_COLUMNS } from './person-columns.ts';

export interface PeopleStore {
  /**
   * Creates or updates, in one statement. What is here and newer stays as it is, and nobody comes back who was deleted since.
   * @param observedAt when Supabase was asked, at the latest; null: nobody knows
   * @returns whose rows were written
   */
  save(people: readonly MirroredPerson[], observedAt: Date | null): Promise<string[]>;
  /**
   * With what Limen keeps about them. Application tables that reference the row follow their own `on delete`.
   * @param recordedAs who deletes, for the audit log; null where that is recorded elsewhere
   */
  remove(id: string, deletedAt: Date, recordedAs: Client | null): Promise<void>;
}

/**
 * What Supabase Auth cannot read as null is written as it writes it, so that the rows can move. Whoever was deleted softly is forgotten in the
 * same statement.
 */
const SAVE = `with saved as (insert into auth.users as kept (instance_id, id, ${PERSON_COLUMNS.join(', ')},
    confirmation_token, recovery_token, email_change_token_new, email_change)
  select '00000000-0000-0000-0000-000000000000', given.id, ${listOf('given')}, '', '', '', ''
  from ${GIVEN_PEOPLE}
  where not exists (
    select from limen.mirror_deletions
    where user_id = given.id and ($2::timestamptz is null or deleted_at >= $2))
  on conflict (id) do update set ${PERSON_COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}
  where (kept.updated_at is null or kept.updated_at <= excluded.updated_at)
    and (${listOf('kept')}) is distinct from (${listOf('excluded')})
  returning kept.id, kept.xmax = 0 as is_new, kept.deleted_at)
  select id, is_new as "isNew", (select limen.forget_person(id) where deleted_at is not null) from saved`;

/** Whoever was made while somebody else deleted them: the one statement above could not see it. */
const UNDO = `delete from auth.users using limen.mirror_deletions as deletion
  where users.id = any($1) and deletion.user_id = users.id and ($2::timestamptz is null or deletion.deleted_at >= $2)`;

const DELETE = 'delete from auth.users where id = $1 returning id';

interface Saved {
  id: string;
  isNew: boolean;
}

export function createPeopleStore({ database, clock }: { database: Database; clock: Clock }): PeopleStore {
  const save = (queryable: Queryable, people: readonly MirroredPerson[], observedAt: Date | null) =>
    queryable.query<Saved>(SAVE, [JSON.stringify(people), observedAt]);

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
        clock(),
      );
      return save(tx, [person], observedAt);
    });

  async function saveAll(people: readonly MirroredPerson[], observedAt: Date | null): Promise<Saved[]> {
    try {
      return await save(database, people, observedAt);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const saved: Saved[] = [];
      for (const person of people) saved.push(...(await saveTaking(person, observedAt)));
      return saved;
    }
  }

  return {
    async save(people, observedAt) {
      const saved = await saveAll(people, observedAt);
      const made = saved.filter(({ isNew }) => isNew).map(({ id }) => id);
      if (made.length > 0) await database.query(UNDO, [made, observedAt]);
      return saved.map(({ id }) => id);
    },
    async remove(id, deletedAt, recordedAs) {
      await database.transaction(async (tx) => {
        await tx.query(
          `insert into limen.mirror_deletions (user_id, deleted_at) values ($1, $2)
           on conflict (user_id) do update set deleted_at = greatest(mirror_deletions.deleted_at, excluded.deleted_at)`,
          [id, deletedAt],
        );
        await tx.query('select limen.forget_person($1)', [id]);
        const gone = await tx.query(DELETE, [id]);
        const details = { isSoft: false, reason: 'sync' };
        if (recordedAs && gone.length > 0)
          await recordEvents(tx, recordedAs, { action: 'user.deleted', userId: id, details });
      });
      // Made meanwhile, by somebody who did not see the deletion yet.
      await database.query(DELETE, [id]);
    },
  };
}

const isUniqueViolation = (error: unknown) => (error as { code?: string }).code === UNIQUE_VIOLATION;
