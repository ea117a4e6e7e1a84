/** The triggers that write the events of webhooks. */
import { installAuthTriggers } from './auth-triggers.ts';
import type { Database } from './database.ts';

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

const row = (name: 'old' | 'new') => `(${TOLD.map((column) => `${name}.${column}`).join(', ')})`;

/** False where there is no `auth` schema here, or this role may not put triggers on its tables: then events come from Supabase. */
export const installWebhookTriggers = (database: Database): Promise<boolean> =>
  installAuthTriggers(database, {
    name: 'webhook-triggers',
    calls: 'limen.note_webhook_event',
    triggers: {
      limen_webhook_user_made: 'after insert or delete on auth.users for each row',
      limen_webhook_user_changed: `after update on auth.users for each row when (${row('old')} is distinct from ${row('new')})`,
      limen_webhook_session: 'after insert or delete on auth.sessions for each row',
    },
  });
