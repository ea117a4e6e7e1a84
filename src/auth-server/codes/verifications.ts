/** Which links and codes `/verify` takes, by the `type` they are presented with. */

import { confirmAddress, standsFor } from '../addresses/address-owner.ts';
import { confirmEmailChange, EMAIL_CHANGE, EMAIL_CHANGE_TOKENS } from '../addresses/email-change.ts';
import { confirmPhoneChange } from '../addresses/phone-change.ts';
import type { Recipient } from '../addresses/recipient.ts';
import { MAILED_LINKS, type MailedLinkType } from '../links/mailed-link.ts';
import { findUserById } from '../users/user-row.ts';
import { PHONE_CODES, type PhoneCodeType } from './phone-code.ts';
import type { Verification } from './verification.ts';

const VERIFICATIONS = new Map<string, Verification>(
  Object.entries({
    signup: byMailbox(['signup']),
    invite: byMailbox(['invite']),
    magiclink: byMailbox(['magiclink']),
    recovery: byMailbox(['recovery']),
    // What clients send that do not know whether somebody was new.
    email: byMailbox(['signup', 'magiclink']),
    email_change: {
      by: 'email',
      stored: EMAIL_CHANGE_TOKENS,
      purposes: [''],
      method: 'email_change',
      flows: [EMAIL_CHANGE],
      complete: confirmEmailChange,
    },
    sms: byPhone(['signup', 'magiclink']),
    phone_change: {
      by: 'phone',
      stored: ['phone_change_token'],
      purposes: [''],
      method: 'email_change',
      flows: [],
      complete: confirmPhoneChange,
    },
  }),
);

/** Supabase Auth has one word for both: these are for whoever knows which code they were sent. */
const BY_PHONE = new Map<string, Verification>(
  Object.entries({ signup: byPhone(['signup']), magiclink: byPhone(['magiclink']) }),
);

export const verificationOf = (type: string, by: 'email' | 'phone'): Verification | undefined =>
  (by === 'phone' ? BY_PHONE.get(type) : undefined) ?? VERIFICATIONS.get(type);

function byPhone(types: readonly Exclude<PhoneCodeType, 'phone_change'>[]): Verification {
  return {
    by: 'phone',
    stored: ['confirmation_token'],
    purposes: types.map((type) => PHONE_CODES[type].purpose),
    method: 'otp',
    flows: [],
    complete: confirming('phone', PHONE_CODES.signup.purpose),
  };
}

function byMailbox(types: readonly MailedLinkType[]): Verification {
  return {
    stored: [...new Set(types.map((type) => MAILED_LINKS[type].stored))],
    purposes: types,
    method: 'otp',
    flows: types.map((type) => MAILED_LINKS[type].flow),
    by: 'email',
    complete: confirming('email', 'signup'),
  };
}

function confirming(by: Recipient['by'], signUp: string): Verification['complete'] {
  // The spending holds the row.
  return async (_services, tx, client, { userId, address, purpose }, now) => {
    const user = await findUserById(tx, userId);
    // The address may have changed since it was sent to.
    if (!user || user.deleted_at || user[by] !== address || !standsFor(user, by)) return undefined;
    return confirmAddress(tx, client, user, { by, address }, { isSignUp: purpose === signUp, now });
  };
}
