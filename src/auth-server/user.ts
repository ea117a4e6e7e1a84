import { z } from 'zod';
import { type Bearer, isAdminRole, notAdmin, requirePerson } from './bearer.ts';
import { optionalObject, optionalText, readBody } from './body.ts';
import { parseEmailAddress } from './email-address.ts';
import { type Call, countAttempt, type Endpoints, newEndpoints, type Services } from './endpoint.ts';
import { conflict, ProtocolError, phoneProviderDisabled } from './protocol-error.ts';
import { assertNonceGiven, countNonce, forgiveNonce, spendNonce } from './reauthenticate.ts';
import { endSessionsOf } from './session-row.ts';
import { changeUser, refusalOfDuplicate, type UserChange } from './user-change.ts';
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
  app_metadata: optionalObject,
});
type Body = z.infer<typeof Body>;

export function userEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .get('/user', async (call) => {
      const { user } = await requirePerson(services, call.req.raw);
      return call.json(fullUserJson(user));
    })
    .put('/user', (call) => updateUser(services, call));
}

async function updateUser(services: Services, call: Call): Promise<Response> {
  const bearer = await requirePerson(services, call.req.raw);
  const body = await readBody(call.req.raw, Body);
  const { user } = bearer;
  assertMayChange(bearer, body);
  const email = newAddressOf(services, user, body.email);
  const { client } = call.var;
  const nonce = body.password != null ? body.nonce : undefined;
  if (body.password != null) assertNonceGiven(services, bearer.sessionStartedAt, nonce);
  // A code by mail proves as much as the password does.
  if (email || (body.password != null && !nonce)) assertCurrentPasswordGiven(services, bearer, body);
  if (nonce) await countNonce(services, client, bearer);
  // Whether it is taken is told, so asking is limited as at the sign-up.
  if (email) await countAttempt(services, client, 'signup');
  const change: UserChange = {
    userMetadata: body.data,
    appMetadata: body.app_metadata,
    ...(email && { email, confirmsEmail: true }),
    encryptedPassword: await changeOfPassword(services, client, user, body, email, nonce !== undefined),
  };
  const { changed, ended } = await commit(services, bearer, change, nonce);
  if (nonce) await forgiveNonce(services, client, bearer);
  for (const id of ended) services.changes.sessionEnded(id);
  services.changes.userChanged(user.id);
  return call.json(fullUserJson(changed));
}

function assertMayChange({ user, claims, aal }: Bearer, body: Body): void {
  if (body.app_metadata && !isAdminRole(claims.role)) throw notAdmin();
  const changesCredentials = Boolean(body.email || body.phone) || body.password != null;
  if (!changesCredentials) return;
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
  if (body.phone && body.phone.replace(/^\+/, '') !== user.phone) throw phoneProviderDisabled(400);
}

/** Undefined where none is given, or the one they have. */
function newAddressOf(
  { settings }: Services,
  user: FullUserRow,
  email: string | undefined,
): string | undefined {
  const address = email && parseEmailAddress(email);
  if (!address || address === user.email) return undefined;
  if (settings.emailConfirmation) {
    throw new ProtocolError(
      422,
      'feature_disabled',
      'A new address must be confirmed by mail, and this server sends none',
    );
  }
  return address;
}

/** A new password ends the person's other sessions, in the same transaction. */
async function commit(services: Services, bearer: Bearer, change: UserChange, nonce: string | undefined) {
  const { database, clock } = services;
  const { user, sessionId } = bearer;
  try {
    return await database.transaction(async (tx) => {
      if (nonce) await spendNonce(services, tx, bearer, nonce);
      const changed = await changeUser(tx, user, change, clock());
      if (!changed) throw conflict();
      if (change.userMetadata) assertMetadataFits(changed.raw_user_meta_data, user.raw_user_meta_data);
      const ended = change.encryptedPassword ? await endSessionsOf(tx, user.id, sessionId) : [];
      return { changed, ended };
    });
  } catch (error) {
    throw refusalOfDuplicate(error);
  }
}
