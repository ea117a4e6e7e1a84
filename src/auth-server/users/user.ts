import { z } from 'zod';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { assertNonceGiven, countNonce, forgiveNonce, spendNonce } from '../codes/reauthenticate.ts';
import { impersonated } from '../protocol/actor.ts';
import { type Bearer, isAdminRole, notAdmin, requirePersonOrActor } from '../protocol/bearer.ts';
import { optionalObject, optionalText, readBody } from '../protocol/body.ts';
import type { Client } from '../protocol/client.ts';
import { type Call, type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { conflict, ProtocolError } from '../protocol/protocol-error.ts';
import { endSessionsOf } from '../sessions/session-row.ts';
import { assertMayHavePassword } from '../sign-up/anonymous.ts';
import type { UserChange } from './change-events.ts';
import { addNotice } from './notice.ts';
import { atOnce, countAddressChange, followUp, newAddressesIn } from './user-address.ts';
import { changeUser, refusalOfDuplicate } from './user-change.ts';
import { assertMetadataFits } from './user-metadata.ts';
import { assertCurrentPasswordGiven, changeOfPassword } from './user-password.ts';
import { type FullUserRow, fullUserJson } from './user-row.ts';

const Body = z.object({
  email: optionalText,
  phone: optionalText,
  password: z.string().nullish(),
  current_password: z.string().nullish(),
  nonce: optionalText,
  data: optionalObject,
  code_challenge: optionalText,
  code_challenge_method: optionalText,
  app_metadata: optionalObject,
});
type Body = z.infer<typeof Body>;

export function userEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .get('/user', async (call) => {
      const { user } = await requirePersonOrActor(services, call.req.raw);
      return call.json(fullUserJson(user));
    })
    .put('/user', (call) => updateUser(services, call));
}

async function updateUser(services: Services, call: Call): Promise<Response> {
  const bearer = await requirePersonOrActor(services, call.req.raw);
  const body = await readBody(call.req.raw, Body);
  const { user } = bearer;
  assertMayChange(bearer, body);
  const addresses = newAddressesIn(services, user, body);
  const { email, phone } = addresses;
  const { client } = call.var;
  const changesCredentials = Boolean(email || phone) || body.password != null;
  // What is given with one of them is looked at, whether or not it changes anything: or a wrong one would be told to be right.
  const nonce = [body.email, body.phone, body.password].some((given) => given != null)
    ? body.nonce
    : undefined;
  if (body.password != null) assertNonceGiven(services, bearer.sessionStartedAt, nonce);
  // A code by mail proves as much as the password does.
  if (changesCredentials && !nonce) assertCurrentPasswordGiven(services, bearer, body);
  if (nonce) await countNonce(services, client, bearer);
  const change: UserChange = {
    userMetadata: body.data,
    appMetadata: body.app_metadata,
    ...atOnce(services, addresses),
    encryptedPassword: await changeOfPassword(services, client, user, body, email, nonce !== undefined),
  };
  await countAddressChange(services, call, user, addresses);
  const { changed, ended } = await commit(services, client, bearer, change, nonce, (tx, changed) =>
    followUp(services, tx, call, { before: user, changed, body, addresses }),
  );
  if (nonce) await forgiveNonce(services, client, bearer);
  services.outbox.wake();
  for (const id of ended) services.changes.sessionEnded(id);
  services.changes.userChanged(user.id);
  return call.json(fullUserJson(changed));
}

function assertMayChange({ user, claims, aal }: Bearer, body: Body): void {
  // In somebody's stead their profile can be changed, and nothing that opens the account.
  if (claims.act && Object.entries(body).some(([name, value]) => name !== 'data' && value != null))
    throw impersonated();
  if (body.app_metadata && !(isAdminRole(claims.role) && isAdminRole(user.role ?? ''))) throw notAdmin();
  const changesCredentials = Boolean(body.email || body.phone) || body.password != null;
  if (!changesCredentials) return;
  if (body.password != null) assertMayHavePassword(user);
  if (user.is_sso_user) {
    throw new ProtocolError(422, 'user_sso_managed', 'Cannot update email, phone, or password of SSO user');
  }
  // Somebody who set up a second factor does not lose the account to a session that never showed it.
  const hasFactor = user.factors.some(({ status }) => status === 'verified');
  if (hasFactor && aal === 'aal1') {
    throw new ProtocolError(
      401,
      'insufficient_aal',
      'AAL2 session is required to update email or password when MFA is enabled.',
    );
  }
}

/** A new password ends the person's other sessions, in the same transaction. */
async function commit(
  services: Services,
  client: Client,
  bearer: Bearer,
  change: UserChange,
  nonce: string | undefined,
  andThen: (tx: Queryable, changed: FullUserRow) => Promise<FullUserRow>,
) {
  const { database, clock } = services;
  const { user, sessionId } = bearer;
  try {
    return await database.transaction(async (tx) => {
      if (nonce) await spendNonce(services, tx, bearer, nonce);
      const changed = await changeUser(tx, client, user, change, clock());
      if (!changed) throw conflict();
      if (change.userMetadata) assertMetadataFits(changed.raw_user_meta_data, user.raw_user_meta_data);
      const others = { userId: user.id, exceptId: sessionId, reason: 'password_changed' } as const;
      const ended = change.encryptedPassword ? await endSessionsOf(tx, client, others) : [];
      if (change.encryptedPassword) await addNotice(services, tx, user, 'password-changed');
      return { changed: await andThen(tx, changed), ended };
    });
  } catch (error) {
    throw refusalOfDuplicate(error);
  }
}
