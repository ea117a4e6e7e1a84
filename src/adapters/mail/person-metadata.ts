import type { JsonObject } from '../../identity/json.ts';
import type { Database } from '../postgres/database.ts';

/** What somebody's `user_metadata` holds; nothing where they are gone. */
export async function readMetadata(database: Database, userId: string): Promise<JsonObject> {
  const [row] = await database.query<{ metadata: JsonObject | null }>(
    'select raw_user_meta_data as metadata from auth.users where id = $1',
    [userId],
  );
  return row?.metadata ?? {};
}
