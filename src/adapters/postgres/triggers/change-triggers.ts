/** The triggers on the `auth` schema that write `limen.changes`. */

import type { Database } from '../database.ts';
import { anyDiffers, installAuthTriggers, type Triggers } from './auth-triggers.ts';

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

const calls = 'note_change';

export const CHANGE_TRIGGERS: Triggers = {
  limen_user_changed: { table: 'users', event: 'after update', when: anyDiffers(TOLD_BY_TOKENS), calls },
  limen_user_deleted: { table: 'users', event: 'after delete', calls },
  limen_session_ended: { table: 'sessions', event: 'after delete', calls },
  // The factor that it had shown is gone.
  limen_session_lowered: { table: 'sessions', event: 'after update', when: 'new.aal < old.aal', calls },
  // One that is only begun counts for nothing.
  limen_factor_changed: {
    table: 'mfa_factors',
    event: 'after update',
    when: 'old.status is distinct from new.status',
    calls,
  },
  limen_factor_deleted: {
    table: 'mfa_factors',
    event: 'after delete',
    when: "old.status = 'verified'",
    calls,
  },
};

/** Without these two nothing is known of demotions, bans and sessions that ended. What a factor's end means for tokens, sessions tell too. */
const NEEDED = ['users', 'sessions'];

/** Of what happened before there were triggers nobody was told: anybody there may have changed. */
const NOTE_EVERYBODY = `with told as (insert into limen.changes (kind) select 'user' where exists (select from auth.users) returning 1)
  select pg_notify('limen_changes', '') from told`;

/** False where there is no `auth` schema here, or this role may not put triggers on its tables: then not all changes are written. */
export async function installChangeTriggers(database: Database): Promise<boolean> {
  const silent = await installAuthTriggers(database, 'change-triggers', CHANGE_TRIGGERS, (tx) =>
    tx.query(NOTE_EVERYBODY),
  );
  return !NEEDED.some((table) => silent.includes(table));
}
