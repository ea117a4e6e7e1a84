/** What the audit log tells: who did what, to whom, from where, and how it ended. Never a secret. */

import type { Client } from '../client.ts';

/** Every name of something that happens, and what it means. Past tense, as it stands when it is read. */
export const AUDIT_ACTIONS = {
  'user.signed_up': 'Somebody made an account for themselves.',
  'user.created': 'An administrator or a service made an account.',
  'user.invited': 'Somebody was invited, and has an account that is theirs once they follow the invitation.',
  'user.signed_in': 'A session began. `details.method` says how.',
  'user.confirmed': 'An address or a number was shown to be theirs.',
  'user.updated': 'The profile changed. `details.changed` names the fields.',
  'user.password_changed': 'A password was set.',
  'user.email_changed': 'The address of the account changed.',
  'user.phone_changed': 'The number of the account changed.',
  'user.grants_changed': 'Roles, permissions, tier or another entry of `app_metadata` changed.',
  'user.banned': 'Somebody was locked out.',
  'user.unbanned': 'A ban was lifted.',
  'user.impersonated': 'An operator got a short session in their stead. `details.reason` says why.',
  'user.mfa_reset': 'An operator took all second factors away.',
  'user.deletion_scheduled':
    'A person asked for the end of their account, which comes after a time of grace.',
  'user.deletion_cancelled': 'A person called that off.',
  'user.deleted': 'An account was deleted.',
  'user.data_exported': 'A person took a copy of all that is kept about them.',
  'consent.given': 'A person agreed to something. `details.type` says to what.',
  'consent.withdrawn': 'A person no longer agrees to it.',
  'session.refreshed': 'A session went on. Recorded only where it was refused.',
  'session.raised': 'A second factor was shown.',
  'session.ended': 'Sessions ended. `details.reason` says why, `details.sessions` how many.',
  'code.requested': 'A code or link was asked for, whether or not anybody was sent one.',
  'code.used':
    'A code or link was followed that leads to another step: a code to exchange, or the confirmation by another address.',
  'link.generated': 'An administrator was given a link that signs somebody in.',
  'factor.enrolled': 'A second factor was begun. It counts once it is added.',
  'factor.added': 'A second factor counts from now on.',
  'factor.renamed': 'A second factor got another name.',
  'factor.removed': 'A second factor is gone.',
  'factor.challenged': 'A code of a second factor was asked for. Recorded only where it was refused.',
  'recovery_codes.generated': 'Recovery codes were made, and those of before are worthless.',
  'recovery_codes.removed': 'Recovery codes are gone.',
  'passkey.added': 'A passkey was registered.',
  'passkey.renamed': 'A passkey got another name.',
  'passkey.removed': 'A passkey is gone.',
  'identity.linked': 'Another way to sign in was linked.',
  'identity.unlinked': 'A way to sign in was taken away.',
  'webhook.created': 'Another service is told of events from now on.',
  'webhook.updated': 'What another service is told, or where, changed.',
  'webhook.removed': 'Another service is told no more.',
  'webhook.disabled':
    'A webhook was switched off by Limen, as nothing had arrived for days. `details.webhookId` says which.',
  'webhook.secret_rotated': 'A webhook got another secret.',
  'access.denied': 'Something was asked for without the right to it. `details.field` names it.',
  'people.synced':
    'People mirrored into this database were compared with those of Supabase. `details` says how many changed.',
  'audit.pruned': 'Old events were removed from this log.',
} as const;

export type AuditAction = keyof typeof AUDIT_ACTIONS;

/** `denied`: without the right to it. `failure`: with the right, and refused for another reason. */
export type AuditOutcome = 'success' | 'failure' | 'denied';

/**
 * All there can be, so that nothing gets in that nobody thought of. Texts are names of ours, or what an operator gave as a reason; never what
 * somebody else typed.
 */
export interface AuditDetails {
  /** How somebody signed in, as in the `amr` of their token; or what a second factor was. */
  readonly method?: string;
  readonly provider?: string;
  /** Of a code, a link or a consent: what it is for. */
  readonly type?: string;
  readonly channel?: 'email' | 'sms';
  /** Names of fields and keys. */
  readonly changed?: readonly string[];
  readonly reason?: string;
  readonly scope?: string;
  /** How many ended. */
  readonly sessions?: number;
  readonly isSoft?: boolean;
  /** Until when somebody is banned, or keeps an account that is to be deleted: an ISO time. */
  readonly until?: string;
  readonly webhookId?: string;
  /** Of the GraphQL schema. */
  readonly field?: string;
  /** How many refusals before this one were not recorded, since there were too many. */
  readonly unrecorded?: number;
  /** Of a comparison with Supabase: how many people of the replica. */
  readonly created?: number;
  readonly updated?: number;
  readonly deleted?: number;
  readonly failed?: number;
  /** Of a pruning: up to where, and how many. */
  readonly position?: number;
  readonly events?: number;
  /** Where what was removed did not hold, which whoever removed it knew. */
  readonly brokenAt?: number;
}

/** Something to record. Where, when and by whom comes from the client and from the database. */
export interface NewAuditEvent {
  readonly action: AuditAction | `graphql.${string}`;
  /** A success unless it says otherwise. */
  readonly outcome?: AuditOutcome;
  /** Why not: a stable code. */
  readonly code?: string | null;
  /** Whom it happened to; null for nobody, or for nobody in particular. */
  readonly userId: string | null;
  /** The session it began or happened in, where it is not the actor's. */
  readonly sessionId?: string | null;
  /** Whether whoever did it has just shown to be `userId`, and so is the actor, whoever else's token came along. */
  readonly isByThemselves?: boolean;
  readonly details?: AuditDetails;
}

/** Records what no transaction can: what was refused, and what somebody else's database did. */
export interface AuditRecorder {
  /**
   * Never rejects: whoever was refused is told so, whether or not it can be recorded. Of refusals in quick succession, to one network or to one
   * who is signed in, only the first ones are recorded, so that nobody fills the log by knocking.
   */
  record(client: Client, event: NewAuditEvent): Promise<void>;
}
