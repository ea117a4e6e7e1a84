/** The account of somebody whom an administrator brings in: without a password, and theirs once they show that the address is. */
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { JsonObject } from '../protocol/body.ts';
import { emailExists } from '../protocol/protocol-error.ts';
import type { AdmittedUser } from '../sign-up/admitted-user.ts';
import { insertUser } from '../sign-up/new-user.ts';
import { newcomerRow } from '../sign-up/newcomer.ts';
import { type FullUserRow, findUserByEmail, lockUser } from '../users/user-row.ts';

/** The account as it will be. @throws {ProtocolError} 400 validation_failed */
export const newInvitee = ({
  email,
  data,
  now,
}: {
  email: string;
  data: JsonObject;
  now: Date;
}): FullUserRow => newcomerRow({ by: 'email', address: email }, { data, invitedAt: now }, now);

/**
 * Makes the account, or takes up one that nobody can sign in to yet. Whoever signed that up first may not be its owner: their password, and
 * what they said of themselves, go.
 *
 * @throws {ProtocolError} 422 email_exists
 */
export async function prepareInvitee(tx: Queryable, invitee: AdmittedUser): Promise<FullUserRow> {
  if (await insertUser(tx, invitee)) return invitee;
  const user = await findUnused(tx, invitee.email ?? '');
  await tx.query(
    `update auth.users set invited_at = $2, updated_at = $2, encrypted_password = null, raw_user_meta_data = $3::jsonb
     where id = $1`,
    [user.id, invitee.invited_at, { ...invitee.raw_user_meta_data, sub: user.id }],
  );
  const { client, events } = invitee.origin;
  await recordEvents(tx, client, ...events.map((event) => ({ ...event, userId: user.id })));
  return user;
}

/** Somebody with the address who has never been able to sign in. @throws {ProtocolError} 422 email_exists */
export async function findUnused(tx: Queryable, email: string): Promise<FullUserRow> {
  const known = await findUserByEmail(tx, email);
  const user = known && (await lockUser(tx, known.id));
  if (!user || isInUse(user)) throw emailExists();
  return user;
}

function isInUse({ confirmed_at, last_sign_in_at, identities }: FullUserRow): boolean {
  const isKnownElsewhere = identities.some(({ provider }) => provider !== 'email' && provider !== 'phone');
  return confirmed_at !== null || last_sign_in_at !== null || isKnownElsewhere;
}
