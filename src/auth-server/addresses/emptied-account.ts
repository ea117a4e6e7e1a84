/** An account that comes to its owner, empty: whoever signed up with somebody else's address or number leaves nothing in it. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { JsonObject } from '../protocol/body.ts';
import type { Client } from '../protocol/client.ts';
import { endSessionsOf } from '../sessions/session-row.ts';
import type { UserRow } from '../users/user-row.ts';

/**
 * Whether the account came by a sign-up, which anybody can send: it leaves `sub` among the metadata. What an administrator has made, or
 * brought along from elsewhere, is no stranger's.
 */
export const isSignedUp = (user: UserRow) =>
  user.invited_at === null && 'sub' in (user.raw_user_meta_data ?? {});

/**
 * Takes away the password, other ways in and factors, and ends the sessions.
 * @param owned what its owner has shown to be theirs
 * @param metadata the profile it has from now on
 * @returns the ids of the sessions that are over
 */
export async function emptyAccount(
  tx: Queryable,
  client: Client,
  { id }: Pick<UserRow, 'id'>,
  { owned, metadata, now }: { owned: 'email' | 'phone'; metadata: JsonObject | null; now: Date },
): Promise<string[]> {
  await tx.query(
    `update auth.users set encrypted_password = null, updated_at = $2, raw_user_meta_data = $3::jsonb,
       raw_app_meta_data = coalesce(raw_app_meta_data, '{}')
         || jsonb_build_object('provider', $4::text, 'providers', jsonb_build_array($4::text))
     where id = $1`,
    [id, now, metadata, owned],
  );
  await tx.query('delete from auth.identities where user_id = $1 and provider <> $2', [id, owned]);
  await tx.query('delete from auth.mfa_factors where user_id = $1', [id]);
  await tx.query('delete from limen.recovery_code_sets where user_id = $1', [id]);
  return endSessionsOf(tx, client, { userId: id, exceptId: null, reason: 'address_claimed' });
}
