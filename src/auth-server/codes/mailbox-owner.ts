/** What holds once somebody has shown that the mailbox of an account is theirs. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { Client } from '../protocol/client.ts';
import { changeUser } from '../users/user-change.ts';
import { type FullUserRow, findUserById, type UserRow } from '../users/user-row.ts';
import { emptyAccount, isSignedUp } from './emptied-account.ts';
import type { MailedLinkType } from './mailed-link.ts';

/**
 * Whether a mailbox stands for the account. Not where the address was never confirmed and the person is known by something else, a phone
 * number or another provider: whoever has that mailbox may be somebody else.
 */
export function mailboxStandsFor(user: UserRow): boolean {
  const isUnclaimed = user.confirmed_at === null && user.last_sign_in_at === null;
  return !user.is_sso_user && (user.email_confirmed_at !== null || isUnclaimed);
}

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
 * Anybody can sign up with somebody else's address and wait until its owner comes. So an owner who signs in by a link, or recovers the
 * account, gets it empty: the password, the profile, other identities and factors go that a stranger may have left. Whoever confirms the
 * sign-up itself says that it was theirs; and of a sign-in by a link the profile is that of the very request that the link was mailed for.
 *
 * Whoever shows a code without a word of what it is for may have taken one for the other. Where somebody has asked for a sign-in or a
 * recovery as well, it may be the owner, with the code of a stranger's sign-up: that account comes empty too.
 *
 * @param link what the link or code was mailed for
 * @param isNamed whether it was shown as that
 */
export async function confirmMailbox(
  tx: Queryable,
  client: Client,
  user: FullUserRow,
  { link, isNamed }: { link: MailedLinkType; isNamed: boolean },
  now: Date,
): Promise<Confirmed | undefined> {
  if (user.email_confirmed_at) return { user, ended: [], isChanged: false };
  const isTheirSignUp = link === 'signup' && (isNamed || user.recovery_sent_at === null);
  const mayBeAStrangers = !isTheirSignUp && link !== 'invite' && isSignedUp(user);
  // A profile beside a password came with a sign-up: see `updateUnclaimedProfile`.
  const keepsProfile = link === 'magiclink' && !user.encrypted_password;
  const metadata = keepsProfile ? user.raw_user_meta_data : signUpMetadata(user.id, user.email ?? '', {});
  const ended = mayBeAStrangers
    ? await emptyAccount(tx, client, user, { owned: 'email', metadata, now })
    : [];
  const before = mayBeAStrangers ? await findUserById(tx, user.id) : user;
  const confirmed = before && (await changeUser(tx, client, before, { confirmsEmail: true }, now));
  return confirmed && { user: confirmed, ended, isChanged: true };
}

/**
 * Somebody asks to come in without the password that an account was signed up with, and may be its owner. A mail notes as much by being
 * sent; this is for whoever may not have one yet, and finds the one of the sign-up.
 */
export async function noteOwnerAsked(database: Queryable, email: string, now: Date): Promise<void> {
  await database.query(
    `update auth.users set recovery_sent_at = $2
     where email = $1 and is_sso_user = false and confirmed_at is null and last_sign_in_at is null
       and coalesce(encrypted_password, '') <> '' and invited_at is null and raw_user_meta_data ? 'sub'`,
    [email, now],
  );
}

/** The profile of somebody who asks for a sign-in link again, before they ever used one: that of the last request, and nothing else. */
export async function updateUnclaimedProfile(
  tx: Queryable,
  email: string,
  data: Record<string, unknown>,
): Promise<void> {
  await tx.query(
    `update auth.users set raw_user_meta_data = $2::jsonb || jsonb_build_object('sub', id)
     where email = $1 and is_sso_user = false and confirmed_at is null and last_sign_in_at is null
       and coalesce(encrypted_password, '') = '' and invited_at is null and raw_user_meta_data ? 'sub'`,
    [email, data],
  );
}

/** As a sign-up leaves it: what the person says of themselves, and beneath it what Supabase Auth keeps there. */
export function signUpMetadata(id: string, email: string, data: Record<string, unknown>, isVerified = false) {
  return { ...data, sub: id, email, email_verified: isVerified, phone_verified: false };
}
