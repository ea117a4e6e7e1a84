/** What is sent to people, mails and text messages; and to the operator's own code, what has happened. */
import type { JsonObject } from '../../identity/json.ts';

/** Mails that ask for something: each has a link or a code, or both. */
export const REQUEST_TEMPLATES = [
  'confirm-signup',
  'magic-link',
  'invite',
  'recovery',
  'email-change-current',
  'email-change-new',
  'reauthentication',
] as const;

/** Mails that only tell. */
export const NOTICE_TEMPLATES = [
  /** To the owner of an address that somebody tried to sign up with again. */
  'account-exists',
  'password-changed',
  'email-changed',
  'phone-changed',
  'identity-linked',
  'identity-unlinked',
  'factor-added',
  'factor-removed',
  'passkey-added',
  'passkey-removed',
  'recovery-codes-generated',
  'recovery-code-used',
  'account-deletion-scheduled',
  'account-deletion-cancelled',
  'account-deleted',
] as const;

export type MailTemplate = (typeof REQUEST_TEMPLATES)[number] | (typeof NOTICE_TEMPLATES)[number];

interface Outgoing {
  /** The e-mail address, or the phone number as digits of E.164 without the plus. */
  to: string;
  /** Whose account it is about. */
  userId: string;
  /** BCP 47, as the person chose it; null where they did not. */
  locale: string | null;
  /** For the person to type; null where there is none. */
  code: string | null;
}

export interface MailMessage extends Outgoing {
  channel: 'email';
  template: MailTemplate;
  /** What the link holds, for those who build their own from it; null where there is none. */
  tokenHash: string | null;
  /** The whole link; null where there is none. */
  link: string | null;
  /** Where the link leads in the end. */
  redirectTo: string | null;
  /** What else the template speaks of: `newEmail`, `oldEmail`, `provider`, `factorType`, and what an invitation says. */
  data: JsonObject;
}

export interface TextMessage extends Outgoing {
  channel: 'sms';
  template: 'phone-code';
}

/** For a hook that is told afterwards. */
export interface HookEvent {
  channel: 'hook';
  /** Which hook. */
  to: 'after_user_created';
  /** What it is called with. `metadata.uuid` stays the same when it is called again. */
  body: { metadata: { uuid: string } } & JsonObject;
}

export type Message = MailMessage | TextMessage | HookEvent;
