/** Two ways to be gone: without a trace, or as a row that says no more than that somebody was. */
import { createHash, randomBytes } from 'node:crypto';
import {
  auditRows,
  insertAuditRows,
  noteRecorded,
  recordEvents,
} from '../../adapters/postgres/audit/audit-log.ts';
import type { Database, Queryable } from '../../adapters/postgres/database.ts';
import type { NewAuditEvent } from '../../identity/audit/audit-event.ts';
import type { Client } from '../../identity/client.ts';

/** The ids of the sessions that ended; null when nobody has the id. Everything that refers to the person goes by cascade. */
export async function deleteUser(tx: Queryable, client: Client, id: string): Promise<string[] | null> {
  if (!(await forget(tx, id))) return null;
  const event = deletionOf(id, false);
  const [gone] = await tx.query<{ ended: string[] }>(
    `with gone as (
       delete from auth.users where id = $1
       returning array(select sessions.id from auth.sessions where user_id = users.id) as ended
     ), recorded as (${insertAuditRows('$2', 'gone')})
     select ended from gone`,
    [id, auditRows(client, event)],
  );
  if (gone) noteRecorded(client, event);
  return gone?.ended ?? null;
}

interface Addresses {
  email: string | null;
  phone: string | null;
}

/** Takes the person, and away what no cascade does. Null when nobody has the id. */
async function forget(tx: Queryable, id: string): Promise<Addresses | null> {
  const [user] = await tx.query<Addresses>('select email, phone from auth.users where id = $1 for update', [
    id,
  ]);
  if (!user) return null;
  await tx.query('select limen.forget_person($1)', [id]);
  await tx.query(
    `with factors as (select id from auth.mfa_factors where user_id = $1),
       steps as (delete from limen.totp_steps using factors where factor_id = factors.id),
       flows as (delete from auth.flow_state where user_id = $1 returning id)
     delete from limen.oauth_flows using flows where oauth_flows.id = flows.id`,
    [id],
  );
  return user;
}

/** The same, but the row keeps its id, so that what others store about it still means somebody. */
export async function softDeleteUser(
  database: Database,
  client: Client,
  id: string,
  now: Date,
): Promise<string[] | null> {
  return database.transaction(async (tx) => {
    const user = await forget(tx, id);
    if (!user) return null;
    await tx.query(
      `update auth.users set
         email = $2, phone = $3, deleted_at = $4, updated_at = $4, encrypted_password = null,
         raw_app_meta_data = '{}', raw_user_meta_data = '{}', email_change = '', phone_change = '',
         confirmation_token = '', recovery_token = '', email_change_token_new = '', email_change_token_current = '',
         phone_change_token = '', reauthentication_token = ''
       where id = $1`,
      [id, obliterated(user.email), obliterated(user.phone), now],
    );
    await tx.query('delete from auth.identities where user_id = $1', [id]);
    await tx.query('delete from auth.mfa_factors where user_id = $1', [id]);
    await tx.query('delete from auth.webauthn_credentials where user_id = $1', [id]);
    await tx.query('delete from auth.webauthn_challenges where user_id = $1', [id]);
    await tx.query('delete from auth.one_time_tokens where user_id = $1', [id]);
    const ended = await tx.query<{ id: string }>(
      'delete from auth.sessions where user_id = $1 returning id',
      [id],
    );
    await recordEvents(tx, client, deletionOf(id, true));
    return ended.map((session) => session.id);
  });
}

const deletionOf = (userId: string, isSoft: boolean): NewAuditEvent => ({
  action: 'user.deleted',
  userId,
  details: { isSoft },
});

/** Addresses are easily guessed, so the salt is thrown away: nobody can find out by hashing one whose this was. */
function obliterated(address: string | null): string | null {
  if (!address) return null;
  return createHash('sha256').update(randomBytes(32)).update(address).digest('base64url');
}
