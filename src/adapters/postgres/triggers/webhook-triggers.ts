/** The triggers that write the events of webhooks. */

import type { Database } from '../database.ts';
import { anyDiffers, installAuthTriggers, type Triggers } from './auth-triggers.ts';

/** What some event tells of. A sign-in changes none of it. */
const TOLD = [
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

const calls = 'note_webhook_event';

const TRIGGERS: Triggers = {
  limen_webhook_user_made: { table: 'users', event: 'after insert or delete', calls },
  limen_webhook_user_changed: { table: 'users', event: 'after update', when: anyDiffers(TOLD), calls },
  limen_webhook_session: { table: 'sessions', event: 'after insert or delete', calls },
};

/** Answers with the tables whose events come from Supabase, as there is no `auth` schema here, or this role may not put triggers on them. */
export const installWebhookTriggers = (database: Database): Promise<string[]> =>
  installAuthTriggers(database, 'webhook-triggers', TRIGGERS);
