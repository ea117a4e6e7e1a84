/** What of each person is other in the replica. */
import type { Queryable } from '../postgres/database.ts';
import type { MirroredPerson } from './person.ts';
import { GIVEN_PEOPLE, PERSON_COLUMNS, typeOf } from './person-columns.ts';

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
  const changed = PERSON_COLUMNS.map(
    (name) => `case when kept.${name} is distinct from given.${name}::${typeOf(name)} then '${name}' end`,
  );
  return database.query<{ id: string; columns: string[] | null }>(
    `select given.id, case
       when kept.id is null then null
       when kept.updated_at > given.updated_at then '{}'
       else array_remove(array[${changed.join(', ')}], null)
     end as columns
     from ${GIVEN_PEOPLE} left join auth.users as kept on kept.id = given.id`,
    [JSON.stringify(people)],
  );
}
