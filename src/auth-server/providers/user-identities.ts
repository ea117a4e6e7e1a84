/** `/user/identities`: what somebody signs in with, added and taken away by themselves. */
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { isUuid } from '../../identity/uuid.ts';
import { requirePerson } from '../protocol/bearer.ts';
import type { Client } from '../protocol/client.ts';
import {
  type Call,
  countAttempt,
  type Endpoints,
  newEndpoints,
  type Services,
} from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { addNotice } from '../users/notice.ts';
import { requireProof } from '../users/proof-of-person.ts';
import { refusalOfDuplicate } from '../users/user-change.ts';
import { type FullUserRow, type IdentityRow, lockUser } from '../users/user-row.ts';
import { providerUrl } from './authorize.ts';
import { assertMayLink } from './manual-linking.ts';
import { readOAuthRequest } from './oauth-request.ts';
import { followIdentities } from './provider-identity.ts';

export function identityEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .get('/user/identities/authorize', (call) => linkIdentity(services, call))
    .delete('/user/identities/:id', (call) => unlinkIdentity(services, call));
}

async function linkIdentity(services: Services, call: Call): Promise<Response> {
  const bearer = await requirePerson(services, call.req.raw);
  assertMayLink(services, bearer);
  const request = readOAuthRequest(services, call.req.raw);
  await countAttempt(services, call.var.client, 'oauth');
  const proof = await requireProof(services, call, bearer, 'linking');
  // Used up by the beginning: what comes back from the provider is bound to this session.
  await services.database.transaction((tx) => proof.spend(tx));
  await proof.forgive();
  // Asked for by a script, whose answer sets no cookie. Who asked is in the flow.
  const linkTo = { userId: bearer.user.id, sessionId: bearer.sessionId };
  const url = await providerUrl(services, request, { linkTo, browserSecret: null });
  if (!url)
    throw new ProtocolError(400, 'provider_unavailable', 'The provider is out of reach, try again later');
  return request.isAnswerWanted ? call.json({ url: url.href }) : call.redirect(url.href, 302);
}

async function unlinkIdentity(services: Services, call: Call): Promise<Response> {
  const bearer = await requirePerson(services, call.req.raw);
  assertMayLink(services, bearer);
  const id = (call.req.param('id') ?? '').toLowerCase();
  if (!isUuid(id)) throw new ProtocolError(404, 'validation_failed', 'identity_id must be an UUID');
  const proof = await requireProof(services, call, bearer, 'linking');
  const { database, outbox, changes } = services;
  await database
    .transaction(async (tx) => {
      await proof.spend(tx);
      await unlink(services, tx, call.var.client, bearer.user.id, id);
    })
    .catch((error) => {
      throw refusalOfUnlinking(error);
    });
  await proof.forgive();
  outbox.wake();
  changes.userChanged(bearer.user.id);
  return call.json({});
}

/** Two at once wait for each other, so that one way to sign in is always left. */
async function unlink(
  services: Services,
  tx: Queryable,
  client: Client,
  userId: string,
  identityId: string,
): Promise<void> {
  const { outbox, clock, oauth } = services;
  const user = await lockUser(tx, userId);
  const identity = user?.identities.find(({ id }) => id === identityId);
  if (!user || !identity) throw new ProtocolError(422, 'identity_not_found', "Identity doesn't exist");
  const others = user.identities.filter(({ id }) => id !== identityId);
  // A provider that is off, or a number that is not confirmed, is no way in.
  if (!others.some((other) => isWayIn(services, user, other))) {
    throw new ProtocolError(
      422,
      'single_identity_not_deletable',
      'User must have at least 1 identity after unlinking',
    );
  }
  await tx.query('delete from auth.identities where id = $1', [identityId]);
  if (identity.provider === 'email') {
    // A password opens the account as long as it is there, whatever the identities are.
    await tx.query('update auth.users set encrypted_password = null where id = $1', [userId]);
  }
  if (identity.provider === 'phone') {
    await tx.query('update auth.users set phone = null, phone_confirmed_at = null where id = $1', [userId]);
  }
  await followIdentities(tx, user, { email: addressAfter(user, identity, others) }, clock());
  // To the address that the account had: its owner is who must hear of it.
  const provider = oauth.get(identity.provider)?.label ?? identity.provider;
  await addNotice({ outbox }, tx, user, 'identity-unlinked', { provider });
  const details = { provider: identity.provider };
  await recordEvents(tx, client, { action: 'identity.unlinked', userId, details });
}

function isWayIn(
  { oauth, settings }: Services,
  { email_confirmed_at, phone_confirmed_at }: FullUserRow,
  { provider }: IdentityRow,
): boolean {
  // A link by mail, or a new password by one.
  if (provider === 'email') return email_confirmed_at !== null;
  if (provider === 'phone') return phone_confirmed_at !== null && settings.phone.enabled;
  return oauth.get(provider) !== undefined;
}

/** Another address that is theirs, where the one of the account went with the identity; else the account keeps it. */
function addressAfter(user: FullUserRow, gone: IdentityRow, others: IdentityRow[]): string | undefined {
  if (gone.email !== user.email || others.some(({ email }) => email === user.email)) return undefined;
  const verified = others.find(({ email, identity_data }) => email && identity_data.email_verified === true);
  return verified?.email ?? undefined;
}

function refusalOfUnlinking(error: unknown): unknown {
  const refusal = refusalOfDuplicate(error);
  if (!(refusal instanceof ProtocolError) || refusal.code !== 'email_exists') return refusal;
  return new ProtocolError(
    422,
    'email_conflict_identity_not_deletable',
    'Unable to unlink identity due to email conflict',
  );
}
