import type { Database } from '../database.ts';

/** The id of whoever signs in with an address, in lower case; null for nobody. Only where the `auth` schema is in this database. */
export function createUserIds(database: Database) {
  return async (email: string): Promise<string | null> => {
    const [user] = await database.query<{ id: string }>(
      'select id from auth.users where email = $1 and is_sso_user = false and deleted_at is null',
      [email],
    );
    return user?.id ?? null;
  };
}
