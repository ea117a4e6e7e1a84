/** A change of number that must be confirmed by a code to the new one. */

import type { Queryable } from '../../adapters/postgres/database.ts';
import type { SpentToken } from '../codes/one-time-token.ts';
import { sendPhoneCode } from '../codes/phone-code.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { conflict, phoneExists } from '../protocol/protocol-error.ts';
import { addNotice } from '../users/notice.ts';
import { changeUser, refusalOfDuplicate } from '../users/user-change.ts';
import { FULL_USER_COLUMNS, type FullUserRow, lockUser } from '../users/user-row.ts';
import type { Confirmed } from './address-owner.ts';

/**
 * Puts the code under way, inside the transaction of the caller, who wakes the outbox.
 * @throws {ProtocolError} 422 phone_exists: somebody signed in is told, as the protocol has it
 */
export async function requestPhoneChange(
  services: Services,
  tx: Queryable,
  user: FullUserRow,
  phone: string,
): Promise<FullUserRow> {
  const taken = await tx.query('select 1 from auth.users where phone = $1', [phone]);
  if (taken.length > 0) throw phoneExists();
  await sendPhoneCode(services, tx, user, { phone, type: 'phone_change' });
  const [pending] = await tx.query<FullUserRow>(
    `update auth.users set phone_change = $2 where id = $1 returning ${FULL_USER_COLUMNS}`,
    [user.id, phone],
  );
  if (!pending) throw conflict();
  return pending;
}

/**
 * What the code does, inside the transaction that spent it.
 * @throws {ProtocolError} 422 phone_exists: somebody else took the number meanwhile
 */
export async function confirmPhoneChange(
  services: Services,
  tx: Queryable,
  client: Client,
  spent: SpentToken,
  now: Date,
): Promise<Confirmed | undefined> {
  const user = await lockUser(tx, spent.userId);
  if (!user?.phone_change || user.phone_change !== spent.address) return undefined;
  const change = { phone: user.phone_change, confirmsPhone: true };
  const changed = await changeUser(tx, client, user, change, now).catch((error) => {
    throw refusalOfDuplicate(error);
  });
  if (!changed) throw conflict();
  await tellOfPhoneChange(services, tx, user, change.phone);
  return { user: changed, ended: [], isChanged: true };
}

/** By mail: the old number may be somebody else's by now. */
export async function tellOfPhoneChange(
  services: Services,
  tx: Queryable,
  user: FullUserRow,
  newPhone: string,
): Promise<void> {
  await addNotice(services, tx, user, 'phone-changed', { oldPhone: user.phone, newPhone });
}
