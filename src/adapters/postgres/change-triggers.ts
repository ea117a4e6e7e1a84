/** The triggers that write `limen.changes`. */
import { installAuthTriggers } from './auth-triggers.ts';
import type { Database } from './database.ts';

/** What access tokens say, or must no longer be believed for. A sign-in changes none of it, and so costs no notification. */
export const TOLD_BY_TOKENS = [
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

/** False where nothing writes the changes: there is no `auth` schema here, or this role may not put triggers on its tables. */
export const installChangeTriggers = (database: Database): Promise<boolean> =>
  installAuthTriggers(database, {
    name: 'change-triggers',
    calls: 'limen.note_change',
    triggers: TRIGGERS,
  });
