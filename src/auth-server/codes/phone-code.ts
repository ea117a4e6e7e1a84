/** Codes by text message. They are codes alone: nobody is sent a link to a phone. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { Services } from '../protocol/endpoint.ts';
import { localeOf } from '../users/person-locale.ts';
import type { FullUserRow } from '../users/user-row.ts';
import { forgetGuesses } from './code-guesses.ts';
import { NOBODY, sendingNothing } from './nobody.ts';
import { newToken, type OneTimeTokenType, storeToken } from './one-time-token.ts';

/**
 * What a code shows. The one of a sign-up says besides that the sign-up was theirs, which is no more than a stranger may have asked for: so
 * it is not the one of a sign-in, although both are stored alike.
 */
export const PHONE_CODES = {
  signup: { stored: 'confirmation_token', purpose: 'phone/signup' },
  magiclink: { stored: 'confirmation_token', purpose: 'phone' },
  phone_change: { stored: 'phone_change_token', purpose: '' },
} as const satisfies Record<string, { stored: OneTimeTokenType; purpose: string }>;

/** By the words of the protocol: `magiclink` is a code to sign in with. */
export type PhoneCodeType = keyof typeof PHONE_CODES;

export interface PhoneCode {
  /** Where it goes: the present number, or the one to change to. */
  phone: string;
  type: PhoneCodeType;
}

/**
 * Puts a code under way, inside the transaction of the caller, who wakes the outbox. It takes the place of the one before.
 */
export async function sendPhoneCode(
  { settings, outbox, clock }: Services,
  tx: Queryable,
  user: Pick<FullUserRow, 'id' | 'raw_user_meta_data'>,
  { phone, type }: PhoneCode,
): Promise<void> {
  const { stored, purpose } = PHONE_CODES[type];
  const { token, code } = newToken({ digits: settings.phone.codeLength, purpose });
  await storeToken(tx, { userId: user.id, type: stored, address: phone, token, purpose, now: clock() });
  await forgetGuesses(tx, phone);
  await outbox.add(tx, {
    channel: 'sms',
    template: 'phone-code',
    to: phone,
    userId: user.id,
    locale: localeOf(user),
    code,
  });
}

/** Where nobody is to be sent anything: as many statements of the same kind. */
export async function sendPhoneCodeToNobody(
  services: Services,
  tx: Queryable,
  code: PhoneCode,
): Promise<void> {
  await sendPhoneCode({ ...services, outbox: sendingNothing(services.outbox) }, tx, NOBODY, code);
}
