/** The triggers that write `limen.activity`: one row for a sign-in, and one at most for each quarter of an hour with a refresh. */

import type { Database } from '../database.ts';
import { ONBOARDED } from '../people/directory-expressions.ts';
import { installAuthTriggers, type Triggers } from './auth-triggers.ts';

const onboarded = (row: 'old' | 'new') =>
  ONBOARDED.replace('raw_user_meta_data', `${row}.raw_user_meta_data`);

const TRIGGERS: Triggers = {
  limen_session_begun: { table: 'sessions', event: 'after insert', calls: 'note_activity' },
  limen_session_refreshed: {
    table: 'sessions',
    event: 'after update',
    when: 'new.refreshed_at is distinct from old.refreshed_at',
    calls: 'note_activity',
  },
  limen_user_onboarded: {
    table: 'users',
    event: 'after update',
    when: `${onboarded('new')} and not ${onboarded('old')}`,
    calls: 'note_activity',
  },
  limen_user_forgotten: { table: 'users', event: 'after delete', calls: 'forget_activity' },
  limen_user_withdrawn: {
    table: 'users',
    event: 'after update',
    when: 'old.deleted_at is null and new.deleted_at is not null',
    calls: 'forget_activity',
  },
};

export const installActivityTriggers = async (database: Database): Promise<boolean> =>
  (await installAuthTriggers(database, 'activity-triggers', TRIGGERS)).length === 0;
