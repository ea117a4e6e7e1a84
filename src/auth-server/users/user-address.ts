/** Addresses in a `PUT /user`: what changes at once, and what somebody has to confirm first. */

import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { emailChangesOf } from '../../identity/attempts.ts';
import type { AuditDetails } from '../../identity/audit/audit-event.ts';
import { requestEmailChange, tellOldAddress } from '../addresses/email-change.ts';
import { requestPhoneChange, tellOfPhoneChange } from '../addresses/phone-change.ts';
import { parseCodeChallenge } from '../links/flow-state.ts';
import { type Call, countAttempt, type Services } from '../protocol/endpoint.ts';
import { phoneProviderDisabled } from '../protocol/protocol-error.ts';
import { redirectTarget } from '../protocol/redirect.ts';
import { countSending } from '../protocol/sending-limit.ts';
import { parseEmailAddress } from './email-address.ts';
import { parsePhone } from './phone-number.ts';
import type { FullUserRow } from './user-row.ts';

interface GivenAddresses {
  email?: string | undefined;
  phone?: string | undefined;
  code_challenge?: string | undefined;
  code_challenge_method?: string | undefined;
}

/** Undefined where none is given, or the one they have. */
export interface NewAddresses {
  email: string | undefined;
  phone: string | undefined;
}

/** @throws {ProtocolError} 400 validation_failed, phone_provider_disabled */
export function newAddressesIn(
  { settings }: Services,
  user: FullUserRow,
  body: GivenAddresses,
): NewAddresses {
  const email = body.email && parseEmailAddress(body.email);
  const phone = body.phone && parsePhone(body.phone);
  const isNewPhone = phone && phone !== user.phone;
  if (isNewPhone && !settings.phone.enabled) throw phoneProviderDisabled(400);
  return {
    email: email && email !== user.email ? email : undefined,
    phone: isNewPhone ? phone : undefined,
  };
}

/**
 * Whether an address is taken is told, so asking is limited as at the sign-up; and what is sent is limited by who gets it.
 * @throws {ProtocolError} 429
 */
export async function countAddressChange(
  services: Services,
  { var: { client } }: Call,
  user: FullUserRow,
  { email, phone }: NewAddresses,
): Promise<void> {
  if (email || phone) await countAttempt(services, client, 'signup');
  if (email && services.settings.emailConfirmation) {
    await countSending(services, client, 'mail', email);
    // The present address is sent to as well, and whatever the new one is.
    await countSending(services, client, 'mail', emailChangesOf(user.id));
  }
  if (phone && !services.settings.phone.autoconfirm) await countSending(services, client, 'sms', phone);
}

/** Of the new addresses those that hold at once. */
export function atOnce({ settings }: Services, { email, phone }: NewAddresses) {
  return {
    ...(email && !settings.emailConfirmation && { email, confirmsEmail: true }),
    ...(phone && settings.phone.autoconfirm && { phone, confirmsPhone: true }),
  };
}

/**
 * Puts under way what the others need, and tells the old address of what has changed. The caller wakes the outbox after its commit.
 * @throws {ProtocolError} 422 email_exists, phone_exists, 400 validation_failed
 */
export async function followUp(
  services: Services,
  tx: Queryable,
  call: Call,
  {
    before,
    changed,
    body,
    addresses,
  }: {
    before: FullUserRow;
    changed: FullUserRow;
    body: GivenAddresses;
    addresses: NewAddresses;
  },
): Promise<FullUserRow> {
  const { email, phone } = addresses;
  const done = atOnce(services, addresses);
  let user = changed;
  const requested = (details: AuditDetails) =>
    recordEvents(tx, call.var.client, { action: 'code.requested', userId: user.id, details });
  if (done.email) await tellOldAddress(services, tx, before, done.email);
  else if (email) {
    user = await requestEmailChange(services, tx, user, {
      email,
      redirectTo: redirectTarget(services.settings, call.req.query('redirect_to')),
      challenge: parseCodeChallenge(body.code_challenge, body.code_challenge_method),
    });
    await requested({ type: 'email_change', channel: 'email' });
  }
  if (done.phone) await tellOfPhoneChange(services, tx, before, done.phone);
  else if (phone) {
    user = await requestPhoneChange(services, tx, user, phone);
    await requested({ type: 'phone_change', channel: 'sms' });
  }
  return user;
}
