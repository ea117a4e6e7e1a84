import type { Queryable } from '../../adapters/postgres/database.ts';
import type { FullUserRow } from '../users/user-row.ts';

/**
 * Takes away everything that whoever signed up with the address left on its row: they never showed that the address is theirs, and now somebody
 * has. The id stays, and so does what administrators wrote.
 */
export async function resetUnclaimedUser(tx: Queryable, { id }: FullUserRow, now: Date): Promise<void> {
  await tx.query('delete from auth.identities where user_id = $1', [id]);
  await tx.query('delete from auth.one_time_tokens where user_id = $1', [id]);
  await tx.query('delete from auth.mfa_factors where user_id = $1', [id]);
  await tx.query('delete from auth.flow_state where user_id = $1', [id]);
  await tx.query(
    `update auth.users set
       encrypted_password = null, phone = null, email_change = '', phone_change = '',
       raw_user_meta_data = '{}',
       confirmation_token = '', recovery_token = '', email_change_token_new = '', email_change_token_current = '',
       phone_change_token = '', reauthentication_token = '', updated_at = $2
     where id = $1`,
    [id, now],
  );
}
