/** The triggers on the `auth` schema that write `limen.changes`. They add to a schema of somebody else's, and alter nothing in it. */
import type { Database } from './database.ts';

/** What access tokens say, or must no longer be believed for. A sign-in changes none of it, and so costs no notification. */
const TOLD_BY_TOKENS = [
  'aud',
  'role',
  'email',
  'phone',
  'encrypted_password',
  'email_confirmed_at',
  'phone_confirmed_at',
  'raw_app_meta_data',
  'raw_user_meta_data',
  'banned_until',
  'deleted_at',
  'is_anonymous',
];

const row = (name: 'old' | 'new') => `(${TOLD_BY_TOKENS.map((column) => `${name}.${column}`).join(', ')})`;

const TRIGGERS = {
  limen_user_changed: `after update on auth.users for each row when (${row('old')} is distinct from ${row('new')})`,
  limen_user_deleted: 'after delete on auth.users for each row',
  limen_session_ended: 'after delete on auth.sessions for each row',
  // One that is only begun counts for nothing.
  limen_factor_changed:
    'after update on auth.mfa_factors for each row when (old.status is distinct from new.status)',
  limen_factor_deleted: "after delete on auth.mfa_factors for each row when (old.status = 'verified')",
};

/** False where there is no `auth` schema here, or this role may not put triggers on its tables: then nothing writes the changes. */
export async function installChangeTriggers(database: Database): Promise<boolean> {
  return database.exclusively('change-triggers', () =>
    database.transaction(async (tx) => {
      const [schema] = await tx.query<{ may_trigger: boolean | null; installed: string[] }>(
        `select bool_and(has_table_privilege(pg_class.oid, 'trigger')) as may_trigger,
           array(select tgname::text from pg_trigger where tgname = any($1)) as installed
         from pg_class where relnamespace = to_regnamespace('auth') and relname in ('users', 'sessions', 'mfa_factors')`,
        [Object.keys(TRIGGERS)],
      );
      const missing = Object.entries(TRIGGERS).filter(([name]) => !schema?.installed.includes(name));
      if (missing.length === 0) return true;
      if (!schema?.may_trigger) return false;
      for (const [name, definition] of missing) {
        await tx.query(`create trigger ${name} ${definition} execute function limen.note_change()`);
      }
      return true;
    }),
  );
}
