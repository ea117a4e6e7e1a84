import type { Clock } from '../../../identity/clock.ts';
import type { Database } from '../database.ts';

/** Whether anybody but one person, neither deleted (nor about to be) nor banned, holds a role. Only where the `auth` schema is in this database. */
export function createRoleHolders(database: Database, clock: Clock) {
  return async (role: string, exceptId: string): Promise<boolean> => {
    const rows = await database.query(
      `select 1 from auth.users
       where id <> $1 and deleted_at is null
         and not exists (select 1 from limen.account_deletions where user_id = users.id)
         and (banned_until is null or banned_until <= $3)
         and (raw_app_meta_data ->> 'role' = $2
              or (jsonb_typeof(raw_app_meta_data -> 'roles') = 'array' and raw_app_meta_data -> 'roles' @> to_jsonb($2::text)))
       limit 1`,
      [exceptId, role, clock()],
    );
    return rows.length > 0;
  };
}
