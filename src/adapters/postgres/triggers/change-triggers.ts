/** The triggers on the `auth` schema that write `limen.changes`. */

import type { Database } from '../database.ts';
import { installAuthTriggers, type Trigger } from './auth-triggers.ts';

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
const calls = 'note_change';

const TRIGGERS: Record<string, Trigger> = {
  limen_user_changed: {
    table: 'users',
    event: 'after update',
    when: `${row('old')} is distinct from ${row('new')}`,
    calls,
  },
  limen_user_deleted: { table: 'users', event: 'after delete', calls },
  limen_session_ended: { table: 'sessions', event: 'after delete', calls },
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

/** False where there is no `auth` schema here, or this role may not put triggers on its tables: then nothing writes the changes. */
export const installChangeTriggers = (database: Database): Promise<boolean> =>
  installAuthTriggers(database, 'change-triggers', TRIGGERS);
