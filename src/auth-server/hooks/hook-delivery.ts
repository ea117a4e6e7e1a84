/** Messages that hooks deliver: mails and text messages by a provider of the operator's choosing, and what has happened. */
import type { Hooks } from '../../adapters/hooks/hook.ts';
import type { Delivery } from '../../adapters/mail/delivery.ts';
import type { MailMessage, MailTemplate, Message, TextMessage } from '../../adapters/mail/message.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { Clock } from '../../identity/clock.ts';
import { type FullUserRow, findUserById, fullUserJson } from '../users/user-row.ts';
import { hookMetadata } from './hook-call.ts';

interface Needs {
  hooks: Hooks;
  database: Database;
  clock: Clock;
  /** The public address of `/auth/v1`, for links that the hook builds itself. */
  issuer: string;
}

/** Supabase Auth's names; where it sends no such mail, ours in the same form. */
const ACTION_TYPES: Record<MailTemplate, string> = {
  'confirm-signup': 'signup',
  'magic-link': 'magiclink',
  invite: 'invite',
  recovery: 'recovery',
  'email-change-current': 'email_change',
  'email-change-new': 'email_change',
  reauthentication: 'reauthentication',
  'password-changed': 'password_changed_notification',
  'email-changed': 'email_changed_notification',
  'phone-changed': 'phone_changed_notification',
  'identity-linked': 'identity_linked_notification',
  'identity-unlinked': 'identity_unlinked_notification',
  'factor-added': 'mfa_factor_enrolled_notification',
  'factor-removed': 'mfa_factor_unenrolled_notification',
  'account-exists': 'account_exists_notification',
  'passkey-added': 'passkey_added_notification',
  'passkey-removed': 'passkey_removed_notification',
  'account-deletion-scheduled': 'account_deletion_scheduled_notification',
  'account-deletion-cancelled': 'account_deletion_cancelled_notification',
  'account-deleted': 'account_deleted_notification',
  'recovery-codes-generated': 'recovery_codes_generated_notification',
  'recovery-code-used': 'recovery_code_used_notification',
};

/** What the hooks that are on deliver. */
export function channelsOfHooks(needs: Needs): Partial<Record<Message['channel'], Delivery>> {
  const delivery = createHookDelivery(needs);
  const { hooks } = needs;
  return {
    ...(hooks.isOn('send_email') && { email: delivery }),
    ...(hooks.isOn('send_sms') && { sms: delivery }),
    ...(hooks.isOn('after_user_created') && { hook: delivery }),
  };
}

/** Whether a message is sent depends on the hook alone: it is tried again until it has taken it, or it is too late for it. */
export function createHookDelivery(needs: Needs): Delivery {
  const { hooks, database, clock } = needs;

  async function call(name: 'send_email' | 'send_sms', id: string, about: object): Promise<void> {
    // Nobody waits for this one, so there is no address of a caller. The id is the message's own, the same each time it is tried.
    const metadata = { ...hookMetadata(name, clock(), null), uuid: id };
    await hooks.call(name, { metadata, ...about }, id);
  }

  return {
    /** Resolves too when the person it is about is gone: there is nobody to tell then. @throws {HookRefusal} @throws {HookFailure} */
    async send(message) {
      if (message.channel === 'hook') {
        await hooks.call(message.to, message.body, message.body.metadata.uuid);
        return;
      }
      const user = await findUserById(database, message.userId);
      if (!user || user.deleted_at) return;
      if (message.channel === 'email')
        await call('send_email', message.id, mailPayload(needs, user, message));
      else await call('send_sms', message.id, textPayload(user, message));
    },
  };
}

/**
 * A change of address is two messages here, each with one pair of code and hash. Receivers written for Supabase Auth, which puts both pairs
 * into one, send a single pair to `user.email` or to `user.new_email`: so both are the address that this message is for, and neither
 * address ever gets the other's code.
 */
function mailPayload({ issuer }: Needs, user: FullUserRow, message: MailMessage) {
  const { template, to, code, tokenHash, redirectTo, data } = message;
  const text = (name: string) => (typeof data[name] === 'string' ? data[name] : '');
  return {
    user: fullUserJson({ ...user, email: to, email_change: user.email_change ? to : '' }),
    email_data: {
      token: code ?? '',
      token_hash: tokenHash ?? '',
      redirect_to: redirectTo ?? '',
      email_action_type: ACTION_TYPES[template],
      site_url: issuer,
      token_new: '',
      token_hash_new: '',
      old_email: text('oldEmail'),
      old_phone: text('oldPhone'),
      provider: text('provider'),
      factor_type: text('factorType'),
    },
  };
}

/** A number that is to be confirmed is not on the row yet, and receivers look for it in either place. */
function textPayload(user: FullUserRow, { to, code }: TextMessage) {
  return { user: fullUserJson({ ...user, phone: to }), sms: { otp: code ?? '', phone: to } };
}
