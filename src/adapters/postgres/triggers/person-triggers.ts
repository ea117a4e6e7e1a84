/** The triggers on `auth.users` that keep what Limen's own tables say about people. */

import type { Database } from '../database.ts';
import { installAuthTriggers, type Triggers } from './auth-triggers.ts';

/** Of `user_metadata`, what is written down with its time. */
const NOTED = ['email_consent', 'onboarding_completed'];

const noted = (name: 'old' | 'new') =>
  `(${NOTED.map((key) => `${name}.raw_user_meta_data -> '${key}'`).join(', ')})`;

const TRIGGERS: Triggers = {
  limen_profile_written: {
    table: 'users',
    event: 'after insert',
    when: `new.raw_user_meta_data ?| array[${NOTED.map((key) => `'${key}'`).join(', ')}]`,
    calls: 'note_profile_of_row',
  },
  limen_profile_changed: {
    table: 'users',
    event: 'after update',
    when: `${noted('old')} is distinct from ${noted('new')}`,
    calls: 'note_profile_of_row',
  },
  // Before, since afterwards nobody could say what belonged to the person.
  limen_person_forgotten: { table: 'users', event: 'before delete', calls: 'forget_person_of_row' },
  limen_person_withdrawn: {
    table: 'users',
    event: 'after update',
    when: 'old.deleted_at is null and new.deleted_at is not null',
    calls: 'forget_person_of_row',
  },
};

/** False where there is no `auth` schema here, or this role may not put triggers on its tables: then the rules keep it. */
export const installPersonTriggers = async (database: Database): Promise<boolean> =>
  (await installAuthTriggers(database, 'person-triggers', TRIGGERS)).length === 0;
