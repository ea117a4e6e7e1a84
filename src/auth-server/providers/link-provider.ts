/** A provider's identity for somebody who is signed in and asks for it. */
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { sessionNotFound } from '../protocol/bearer.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { addNotice } from '../users/notice.ts';
import { type FullUserRow, lockUser } from '../users/user-row.ts';
import type { Linker } from './oauth-flow.ts';
import { assertNotBanned, type FromProvider } from './provider-account.ts';
import { followIdentities, insertIdentity, lockOwnerOf, providerIdentityRow } from './provider-identity.ts';

/**
 * Somebody anonymous becomes somebody, and keeps their id; whoever has no address yet gets the provider's, if that is verified.
 * @throws {ProtocolError} 403 user_not_found, session_not_found, user_banned, 422 identity_already_exists, user_sso_managed
 * @throws the driver's unique violation for an address that is taken: see `refusalOfDuplicate`
 */
export async function linkProvider(
  services: Services,
  tx: Queryable,
  client: Client,
  { userId, sessionId }: Linker,
  from: FromProvider,
): Promise<FullUserRow> {
  const { provider, label, identity, now } = from;
  await assertLinkable(tx, userId, from);
  const user = await lockUser(tx, userId);
  if (!user) throw new ProtocolError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
  assertNotBanned(user, now);
  // Whoever borrowed a session and began a link in it does not finish it once the session was ended.
  const asking = await tx.query('select 1 from auth.sessions where id = $1 and user_id = $2 for key share', [
    sessionId,
    userId,
  ]);
  if (asking.length === 0) throw sessionNotFound();
  if (user.is_sso_user)
    throw new ProtocolError(422, 'user_sso_managed', 'Cannot link an identity to an SSO user');
  if (!(await insertIdentity(tx, providerIdentityRow(provider, userId, identity, now))))
    throw alreadyLinked(false);
  const email = !user.email && identity.emailVerified ? (identity.email ?? undefined) : undefined;
  const linked = await followIdentities(
    tx,
    user,
    { data: identity.data, email, confirmsEmail: email !== undefined, noLongerAnonymous: true },
    now,
  );
  await addNotice(services, tx, linked, 'identity-linked', { provider: label });
  const event = { action: 'identity.linked', userId, sessionId, isByThemselves: true } as const;
  await recordEvents(tx, client, { ...event, details: { provider } });
  return linked;
}

/** @throws {ProtocolError} 422 identity_already_exists */
export async function assertLinkable(
  tx: Queryable,
  userId: string,
  { provider, identity }: FromProvider,
): Promise<void> {
  const owner = await lockOwnerOf(tx, provider, identity.subject);
  if (owner) throw alreadyLinked(owner.id === userId);
}

const alreadyLinked = (isTheirOwn: boolean) =>
  new ProtocolError(
    422,
    'identity_already_exists',
    isTheirOwn ? 'Identity is already linked' : 'Identity is already linked to another user',
  );
