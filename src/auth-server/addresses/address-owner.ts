/** What holds once somebody has shown that the address or the number of an account is theirs. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { Client } from '../protocol/client.ts';
import { changeUser } from '../users/user-change.ts';
import { type FullUserRow, findUserById, type UserRow } from '../users/user-row.ts';
import { emptyAccount, isSignedUp } from './emptied-account.ts';
import { type Recipient, signUpMetadata } from './recipient.ts';

type Column = Recipient['by'];

export const isConfirmed = (user: UserRow, by: Column) => user[`${by}_confirmed_at`] !== null;

/**
 * Whether an address stands for the account. Not where it was never confirmed and the person is known by something else, be it the mailbox
 * that an invitation went to: whoever has that address may be somebody else.
 */
export function standsFor(user: UserRow, by: Column): boolean {
  const isUnclaimed = user.confirmed_at === null && user.last_sign_in_at === null;
  const isKnownByMail = by === 'phone' && user.invited_at !== null;
  return !user.is_sso_user && (isConfirmed(user, by) || (isUnclaimed && !isKnownByMail));
}

/**
 * Whether the account waits for somebody to confirm the address they signed up with. Whoever was invited is waited for with an invitation,
 * which no sign-up takes the place of.
 */
export const isWaiting = (user: UserRow, by: Column) =>
  !isConfirmed(user, by) && standsFor(user, by) && user.invited_at === null;

export interface Confirmed {
  user: FullUserRow;
  /** Ids of sessions. */
  ended: string[];
  /** False where all is as it was, as with most sign-ins. */
  isChanged: boolean;
}

/**
 * Confirms the address, where it is not confirmed yet.
 *
 * Anybody can sign up with somebody else's address and wait until its owner comes. Whoever confirms the sign-up itself says that it was
 * theirs. An owner who signs in, or recovers the account, gets it empty: password, other identities and factors go that a stranger may have
 * left. A profile without a password is of nobody but those who asked for a code: see `claim.ts`.
 *
 * @param isSignUp whether the link or code was the one of a sign-up
 */
export async function confirmAddress(
  tx: Queryable,
  client: Client,
  user: FullUserRow,
  recipient: Recipient,
  { isSignUp, now }: { isSignUp: boolean; now: Date },
): Promise<Confirmed | undefined> {
  const { by } = recipient;
  if (isConfirmed(user, by)) return { user, ended: [], isChanged: false };
  const mayBeAStrangers = !isSignUp && isSignedUp(user);
  const metadata = user.encrypted_password ? signUpMetadata(user.id, recipient, {}) : user.raw_user_meta_data;
  const ended = mayBeAStrangers ? await emptyAccount(tx, client, user, { owned: by, metadata, now }) : [];
  const before = mayBeAStrangers ? await findUserById(tx, user.id) : user;
  const change = by === 'email' ? { confirmsEmail: true } : { confirmsPhone: true };
  const confirmed = before && (await changeUser(tx, client, before, change, now));
  return confirmed && { user: confirmed, ended, isChanged: true };
}
