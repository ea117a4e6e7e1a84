/**
 * What is asked in the name of an address that nobody has confirmed: a sign-up, a code to sign in, a new password. Any of it may be a
 * stranger's, and nobody knows which.
 *
 * A single one is believed, and so is one that came twice. Where two differ, neither is: the account keeps no password and no profile, and
 * whoever confirms the address says both anew. So nobody finds what somebody else has said of them.
 */
import type { Queryable } from '../../adapters/postgres/database.ts';
import { type Recipient, signUpMetadata } from '../codes/recipient.ts';
import type { JsonObject } from '../protocol/body.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { countSending } from '../protocol/sending-limit.ts';
import { type FullUserRow, findUserByEmail, findUserByPhone } from '../users/user-row.ts';
import type { AdmittedUser } from './admitted-user.ts';
import { insertUser } from './new-user.ts';

export interface Claim extends Recipient {
  /** A hash that the password fits, where a password was given, and it does not fit the one of the account that was there. */
  passwordHash?: string | null;
  /** The profile of somebody without a password, as it is stored. */
  profile?: JsonObject | null;
}

/**
 * Makes the account where there is none, and settles the claim with those before it. The row itself decides, in the statement that writes it:
 * what was read of it before is out of date, however long a hook or a hash took.
 *
 * @param newcomer null makes nobody
 * @returns whose address it is, once all is settled
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
  return findClaimed(tx, claim);
}

export const findClaimed = (database: Queryable, { by, address }: Recipient) =>
  by === 'email' ? findUserByEmail(database, address) : findUserByPhone(database, address);

/**
 * Counts the message that a claim leads to. One that comes too early brings nothing, but what it disputes goes all the same: its owner may
 * have asked, and finds the message of a stranger's. So Limen itself leaves these to be counted here.
 *
 * @throws {ProtocolError} 429 over_email_send_rate_limit, over_sms_send_rate_limit
 */
export async function countClaim(services: Services, client: Client, claim: Claim): Promise<void> {
  const kind = claim.by === 'email' ? 'mail' : 'sms';
  await countSending(services, { ...client, isLimited: true }, kind, claim.address).catch(async (error) => {
    await settle(services.database, claim, services.clock());
    throw error;
  });
}

/** What administrators have made or prepared, and what somebody has signed in to, is no stranger's: see `isSignedUp`. */
async function settle(
  tx: Queryable,
  { by, address, passwordHash = null, profile = null }: Claim,
  now: Date,
): Promise<void> {
  await tx.query(
    `update auth.users set encrypted_password = null, updated_at = $5,
       raw_user_meta_data = $4::jsonb || jsonb_build_object('sub', id)
     where ${by} = $1 and is_sso_user = false and confirmed_at is null and last_sign_in_at is null
       and invited_at is null and raw_user_meta_data ? 'sub'
       and not coalesce(encrypted_password = $2, false)
       and not (coalesce(encrypted_password, '') = ''
         and coalesce(raw_user_meta_data = $3::jsonb || jsonb_build_object('sub', id), false))`,
    [address, passwordHash, profile, signUpMetadata('', { by, address }, {}), now],
  );
}
