/** Codes by text message. They are codes alone: nobody is sent a link to a phone. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { Services } from '../protocol/endpoint.ts';
import { localeOf } from '../users/person-locale.ts';
import type { FullUserRow } from '../users/user-row.ts';
import { forgetGuesses } from './code-guesses.ts';
import { NOBODY, sendingNothing } from './nobody.ts';
import { newToken, storeToken } from './one-time-token.ts';

/** Other tokens of the same type are for addresses. */
export const PHONE = 'phone';

/** What a code shows, by the token it is stored as: that the number of an account, or the one it shall have, is theirs. */
const PURPOSES = { confirmation_token: PHONE, phone_change_token: '' } as const;

export interface PhoneCode {
  /** Where it goes: the present number, or the one to change to. */
  phone: string;
  type: keyof typeof PURPOSES;
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
  const purpose = PURPOSES[type];
  const { token, code } = newToken({ digits: settings.phone.codeLength, purpose });
  await storeToken(tx, { userId: user.id, type, address: phone, token, purpose, now: clock() });
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
