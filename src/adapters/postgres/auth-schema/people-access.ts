/** What this role may do with people of an `auth` schema that is somebody else's: at Supabase, `auth` is another role's than ours. */
import type { Queryable } from '../database.ts';

/** By table, what lists of people are made of. */
export const PEOPLE_TABLES = ['users', 'identities', 'mfa_factors'] as const;

export async function canRead(database: Queryable, tables: readonly string[]): Promise<boolean> {
  return (await unreadable(database, tables)).length === 0;
}

/** Whether the sessions can be read, and ended. */
export async function canEndSessions(database: Queryable): Promise<boolean> {
  return (await unreadable(database, ['sessions'], 'select, delete')).length === 0;
}

/**
 * Which of these tables are not there, or not for this role. Behind row level security there would be nobody, and no error either: so it must
 * not hold for it.
 */
export async function unreadable(
  database: Queryable,
  tables: readonly string[],
  privilege: 'select' | 'select, delete' = 'select',
): Promise<string[]> {
  // `to_regclass` fails where the role may not even use the schema.
  const readable = await database.query<{ name: string }>(
    `select relname::text as name from pg_class
     where relnamespace = to_regnamespace('auth') and relname = any($1) and has_schema_privilege(relnamespace, 'usage')
       and not exists (select from unnest(string_to_array($2, ', ')) as wanted where not has_table_privilege(oid, wanted))
       and not row_security_active(oid)`,
    [tables, privilege],
  );
  return tables.filter((table) => !readable.some(({ name }) => name === table));
}
