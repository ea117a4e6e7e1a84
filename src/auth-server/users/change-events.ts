/** What may change about somebody, and what is recorded of it: an event for each thing that an operator, or they themselves, would look for. */
import type { AuditAction, AuditDetails, NewAuditEvent } from '../../identity/audit/audit-event.ts';
import type { JsonObject } from '../protocol/body.ts';
import type { UserRow } from './user-row.ts';

/** Only what is present changes. */
export interface UserChange {
  email?: string | undefined;
  phone?: string | undefined;
  /** True confirms the address as of now; one confirmed before keeps its time. */
  confirmsEmail?: boolean;
  confirmsPhone?: boolean;
  /** With `insteadOf` only while that is still the stored hash. */
  encryptedPassword?: { hash: string; insteadOf?: string | null } | undefined;
  role?: string | undefined;
  /** Null lifts a ban. */
  bannedUntil?: Date | null | undefined;
  /** Why, in the operator's words. Kept in the audit log alone. */
  banReason?: string | undefined;
  /** Whether somebody else makes it, with the right to. */
  isOperators?: boolean | undefined;
  /** Merged one level deep; null takes a key away. */
  userMetadata?: JsonObject | undefined;
  appMetadata?: JsonObject | undefined;
}

/** Empty where the change leaves everything as it was. */
export function eventsOfChange(before: UserRow, change: UserChange): NewAuditEvent[] {
  const events: NewAuditEvent[] = [];
  const add = (action: AuditAction, details: AuditDetails = {}) =>
    void events.push({ action, userId: before.id, isByThemselves: !change.isOperators, details });

  if (change.encryptedPassword) add('user.password_changed');
  if (change.email && change.email !== before.email) add('user.email_changed');
  if (change.phone && change.phone !== before.phone) add('user.phone_changed');
  if (change.confirmsEmail && !before.email_confirmed_at) add('user.confirmed', { channel: 'email' });
  if (change.confirmsPhone && !before.phone_confirmed_at) add('user.confirmed', { channel: 'sms' });
  const grants = [...keysOf(change.appMetadata), ...(change.role ? ['role'] : [])];
  if (grants.length > 0) add('user.grants_changed', { changed: grants });
  if (change.bannedUntil) {
    const reason = change.banReason;
    add('user.banned', {
      until: change.bannedUntil.toISOString(),
      ...(reason && { reason: reason.slice(0, 500) }),
    });
  }
  if (change.bannedUntil === null && before.banned_until) add('user.unbanned');
  const profile = keysOf(change.userMetadata);
  if (profile.length > 0) add('user.updated', { changed: profile });
  const consent = change.userMetadata && consentIn(before.raw_user_meta_data, change.userMetadata);
  if (consent) add(consent, { type: 'email' });
  return events;
}

/** What changes about mail that somebody agreed to; null where nothing does. */
export function consentIn(
  before: JsonObject | null,
  change: JsonObject,
): 'consent.given' | 'consent.withdrawn' | null {
  if (change.email_consent === undefined) return null;
  const agreed = before?.email_consent === true;
  const agrees = change.email_consent === true;
  if (agreed === agrees) return null;
  return agrees ? 'consent.given' : 'consent.withdrawn';
}

const MAX_KEYS = 30;
const MAX_KEY_CHARACTERS = 64;

/** Names of entries, never what is in them: and no more of them than a reader needs. */
function keysOf(metadata: JsonObject | undefined): string[] {
  return Object.keys(metadata ?? {})
    .slice(0, MAX_KEYS)
    .map((key) => key.slice(0, MAX_KEY_CHARACTERS).toWellFormed());
}
