/** What holds once somebody has shown that the number of an account is theirs. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { JsonObject } from '../protocol/body.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { changeUser } from '../users/user-change.ts';
import { findUserById, lockUser, type UserRow } from '../users/user-row.ts';
import { emptyAccount, isSignedUp } from './emptied-account.ts';
import type { Confirmed } from './mailbox-owner.ts';
import type { SpentToken } from './one-time-token.ts';
import { PHONE_CODES } from './phone-code.ts';

/**
 * Whether a number stands for the account. Not where it was never confirmed and the person is known by something else: whoever has the
 * phone may be somebody else.
 */
export function phoneStandsFor(user: UserRow): boolean {
  const isUnclaimed = user.confirmed_at === null && user.last_sign_in_at === null;
  return !user.is_sso_user && (user.phone_confirmed_at !== null || isUnclaimed);
}

/**
 * What a code by text message does, inside the transaction that spent it. As with a mailbox (`confirmMailbox`), the code of a sign-up says
 * that the sign-up was theirs, and whoever signs in without finds nothing that a stranger may have left who signed up with the number.
 */
export async function confirmPhone(
  _services: Services,
  tx: Queryable,
  client: Client,
  { userId, address, purpose }: SpentToken,
  now: Date,
): Promise<Confirmed | undefined> {
  const user = await lockUser(tx, userId);
  if (!user || user.phone !== address || !phoneStandsFor(user)) return undefined;
  if (user.phone_confirmed_at) return { user, ended: [], isChanged: false };
  const mayBeAStrangers = purpose !== PHONE_CODES.signup.purpose && isSignedUp(user);
  // A profile without a password is of whoever asked for the code.
  const metadata = user.encrypted_password
    ? phoneSignUpMetadata(user.id, address, {})
    : user.raw_user_meta_data;
  const ended = mayBeAStrangers
    ? await emptyAccount(tx, client, user, { owned: 'phone', metadata, now })
    : [];
  const before = mayBeAStrangers ? await findUserById(tx, user.id) : user;
  const confirmed = before && (await changeUser(tx, client, before, { confirmsPhone: true }, now));
  return confirmed && { user: confirmed, ended, isChanged: true };
}

/** As a sign-up leaves it: what the person says of themselves, and beneath it what Supabase Auth keeps there. */
export const phoneSignUpMetadata = (id: string, phone: string, data: JsonObject, isVerified = false) => ({
  ...data,
  sub: id,
  phone,
  email_verified: false,
  phone_verified: isVerified,
});
