/**
 * What is asked in the name of an address that nobody has confirmed: a sign-up, a code to sign in, a new password. Any of it may be a
 * stranger's, and nobody knows which.
 *
 * A single one is believed, and so is one that came twice. Where two differ, neither is: the account keeps no password and no profile, and
 * whoever confirms the address says both anew. So nobody finds what somebody else has said of them.
 */
import type { Queryable } from '../../adapters/postgres/database.ts';
import { isWaiting } from '../addresses/address-owner.ts';
import { isSignedUp } from '../addresses/emptied-account.ts';
import { type Recipient, signUpMetadata } from '../addresses/recipient.ts';
import type { JsonObject } from '../protocol/body.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { countSending } from '../protocol/sending-limit.ts';
import { LostRound } from '../sessions/grant.ts';
import { type FullUserRow, findUserByEmail, findUserByPhone } from '../users/user-row.ts';
import type { AdmittedUser } from './admitted-user.ts';
import { insertUser } from './new-user.ts';

export interface Claim extends Recipient {
  /** What the password of a sign-up was compared with, or hashed to where there was nothing to compare it with; empty: no password. */
  compared?: { hash: string; isRight: boolean };
  /** The profile of somebody without a password, as it is stored. */
  profile?: JsonObject | null;
}

/**
 * Makes the account where there is none, and settles the claim with those before it. The row itself decides, in the statement that writes it:
 * what was read of it before may be out of date.
 *
 * @param newcomer null makes nobody
 * @returns whose address it is, once all is settled
 * @throws {LostRound} where there is a password by now that was not compared
 */
export async function claimAccount(
  tx: Queryable,
  newcomer: AdmittedUser | null,
  claim: Claim,
  now: Date,
): Promise<FullUserRow | undefined> {
  // Also where there is an account, so that the two take as long.
  if (newcomer) await insertUser(tx, newcomer);
  await settle(tx, claim, now);
  const found = await findClaimed(tx, claim);
  if (found && claim.compared && isOpen(found, claim.by)) {
    const { hash } = claim.compared;
    if ((found.encrypted_password || hash) !== hash) throw new LostRound();
  }
  return found;
}

/** Whether what is asked in the name of the address says anything of the account still. */
export const isOpen = (user: FullUserRow, by: Recipient['by']) => isWaiting(user, by) && isSignedUp(user);

export const findClaimed = (database: Queryable, { by, address }: Recipient) =>
  by === 'email' ? findUserByEmail(database, address) : findUserByPhone(database, address);

/**
 * Counts the message that a claim leads to. One that comes too early brings nothing, but what it disputes goes all the same: its owner may
 * have asked, and finds the message of a stranger's. So Limen itself leaves these to be counted here.
 *
 * @param hear settles the claim of somebody who is refused
 * @throws {ProtocolError} 429 over_email_send_rate_limit, over_sms_send_rate_limit
 */
export async function countClaim(
  services: Services,
  client: Client,
  { by, address }: Recipient,
  hear: () => Promise<unknown>,
): Promise<void> {
  const kind = by === 'email' ? 'mail' : 'sms';
  await countSending(services, { ...client, isLimited: true }, kind, address).catch(async (error) => {
    await hear();
    throw error;
  });
}

/** What administrators have made or prepared, and what somebody has signed in to, is no stranger's: see `isSignedUp`. */
async function settle(
  tx: Queryable,
  { by, address, compared, profile = null }: Claim,
  now: Date,
): Promise<void> {
  await tx.query(
    `update auth.users set encrypted_password = null, updated_at = $6,
       raw_user_meta_data = $5::jsonb || jsonb_build_object('sub', id)
     where ${by} = $1 and is_sso_user = false and confirmed_at is null and last_sign_in_at is null
       and invited_at is null and raw_user_meta_data ? 'sub'
       and ($2::text is null or coalesce(encrypted_password, '') in ('', $2))
       and not coalesce(encrypted_password = $2 and $3::boolean, false)
       and not (coalesce(encrypted_password, '') = ''
         and coalesce(raw_user_meta_data = $4::jsonb || jsonb_build_object('sub', id), false))`,
    [
      address,
      compared?.hash ?? null,
      compared?.isRight ?? null,
      profile,
      signUpMetadata('', { by, address }, {}),
      now,
    ],
  );
}
