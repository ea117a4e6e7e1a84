/** What holds once somebody has shown that the mailbox of an account is theirs. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { Client } from '../protocol/client.ts';
import { endSessionsOf } from '../sessions/session-row.ts';
import { changeUser } from '../users/user-change.ts';
import { type FullUserRow, findUserById, type UserRow } from '../users/user-row.ts';
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
 * @param link what the link or code was mailed for
 */
export async function confirmMailbox(
  tx: Queryable,
  client: Client,
  user: FullUserRow,
  link: MailedLinkType,
  now: Date,
): Promise<Confirmed | undefined> {
  if (user.email_confirmed_at) return { user, ended: [], isChanged: false };
  const mayBeAStrangers = link !== 'signup' && link !== 'invite' && isSignedUp(user);
  const ended = mayBeAStrangers ? await emptyAccount(tx, client, user, link === 'magiclink', now) : [];
  const before = mayBeAStrangers ? await findUserById(tx, user.id) : user;
  const confirmed = before && (await changeUser(tx, client, before, { confirmsEmail: true }, now));
  return confirmed && { user: confirmed, ended, isChanged: true };
}

/**
 * Whether the account came by a sign-up, which anybody can send: it leaves `sub` among the metadata. What an administrator has made, or
 * brought along from elsewhere, is no stranger's.
 */
export const isSignedUp = (user: UserRow) =>
  user.invited_at === null && 'sub' in (user.raw_user_meta_data ?? {});

async function emptyAccount(
  tx: Queryable,
  client: Client,
  user: UserRow,
  mayKeepProfile: boolean,
  now: Date,
): Promise<string[]> {
  const { id, email } = user;
  // A profile beside a password came with a sign-up: see `updateUnclaimedProfile`.
  const keepsProfile = mayKeepProfile && !user.encrypted_password;
  const metadata = keepsProfile ? user.raw_user_meta_data : signUpMetadata(id, email ?? '', {});
  await tx.query(
    `update auth.users set encrypted_password = null, updated_at = $2, raw_user_meta_data = $3::jsonb,
       raw_app_meta_data = coalesce(raw_app_meta_data, '{}') || '{"provider": "email", "providers": ["email"]}'
     where id = $1`,
    [id, now, metadata],
  );
  await tx.query("delete from auth.identities where user_id = $1 and provider <> 'email'", [id]);
  await tx.query('delete from auth.mfa_factors where user_id = $1', [id]);
  await tx.query('delete from limen.recovery_code_sets where user_id = $1', [id]);
  return endSessionsOf(tx, client, { userId: id, exceptId: null, reason: 'address_claimed' });
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
