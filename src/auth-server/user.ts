import { z } from 'zod';
import { checkPassword } from '../adapters/passwords/password-policy.ts';
import { type Bearer, isAdminRole, notAdmin, requirePerson } from './bearer.ts';
import { optionalObject, optionalText, readBody } from './body.ts';
import { parseEmailAddress } from './email-address.ts';
import {
  type Call,
  countAttempt,
  type Endpoints,
  forgiveAttempt,
  newEndpoints,
  type Services,
} from './endpoint.ts';
import { ProtocolError, phoneProviderDisabled, weakPassword } from './protocol-error.ts';
import { endSessionsOf } from './session-row.ts';
import { changeUser, refusalOfDuplicate, type UserChange } from './user-change.ts';
import { assertMetadataFits } from './user-metadata.ts';
import { type FullUserRow, fullUserJson } from './user-row.ts';

const Body = z.object({
  email: optionalText,
  phone: optionalText,
  password: z.string().nullish(),
  current_password: z.string().nullish(),
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
  if (body.current_password != null) await assertCurrentPassword(services, call, user, body.current_password);
  const change: UserChange = {
    userMetadata: body.data,
    appMetadata: body.app_metadata,
    ...changeOfEmail(services, user, body.email),
    encryptedPassword: await changeOfPassword(services, user, body.password),
  };
  const { changed, ended } = await commit(services, bearer, change);
  for (const id of ended) services.changes.sessionEnded(id);
  services.changes.userChanged(user.id);
  return call.json(fullUserJson(changed));
}

function assertMayChange({ user, claims }: Bearer, body: Body): void {
  if (body.app_metadata && !isAdminRole(claims.role)) throw notAdmin();
  const changesCredentials = Boolean(body.email || body.phone) || body.password != null;
  if (!changesCredentials) return;
  if (user.is_sso_user) {
    throw new ProtocolError(422, 'user_sso_managed', 'Cannot update email, phone, or password of SSO user');
  }
  // Somebody who set up a second factor does not lose the account to a session that never showed it.
  const hasFactor = user.factors.some(({ status }) => status === 'verified');
  if (hasFactor && (claims.aal ?? 'aal1') === 'aal1') {
    throw new ProtocolError(
      401,
      'insufficient_aal',
      'AAL2 session is required to update email or password when MFA is enabled.',
    );
  }
  if (body.phone && body.phone.replace(/^\+/, '') !== user.phone) throw phoneProviderDisabled(400);
}

function changeOfEmail({ settings }: Services, user: FullUserRow, email: string | undefined): UserChange {
  const address = email && parseEmailAddress(email);
  if (!address || address === user.email) return {};
  if (settings.emailConfirmation) {
    throw new ProtocolError(
      422,
      'feature_disabled',
      'A new address must be confirmed by mail, and this server sends none',
    );
  }
  return { email: address, confirmsEmail: true };
}

/** @throws {ProtocolError} 400 current_password_invalid, 429 over_request_rate_limit */
async function assertCurrentPassword(
  services: Services,
  call: Call,
  user: FullUserRow,
  password: string,
): Promise<void> {
  const account = user.email ?? user.id;
  await countAttempt(services, call.var.client, 'password', account);
  const { isRight } = await services.passwords.verify(password, user.encrypted_password || null);
  if (!isRight) {
    throw new ProtocolError(400, 'current_password_invalid', 'Current password is not correct');
  }
  await forgiveAttempt(services, call.var.client, 'password', account);
}

/** @throws {ProtocolError} 422 weak_password, same_password */
async function changeOfPassword(
  { passwords, settings }: Services,
  user: FullUserRow,
  password: string | null | undefined,
): Promise<UserChange['encryptedPassword']> {
  if (password == null) return undefined;
  const problem = checkPassword(password, { email: user.email, scheme: settings.passwordHash });
  if (problem) throw weakPassword(problem);
  const stored = user.encrypted_password;
  if (stored && (await passwords.verify(password, stored)).isRight) {
    throw new ProtocolError(422, 'same_password', 'New password should be different from the old password.');
  }
  return { hash: await passwords.hash(password), insteadOf: stored };
}

/** A new password ends the person's other sessions, in the same transaction. */
async function commit(services: Services, { user, sessionId }: Bearer, change: UserChange) {
  const { database, clock } = services;
  try {
    return await database.transaction(async (tx) => {
      const changed = await changeUser(tx, user, change, clock());
      if (!changed) throw new ProtocolError(409, 'conflict', 'The account changed meanwhile, try again');
      if (change.userMetadata) assertMetadataFits(changed.raw_user_meta_data, user.raw_user_meta_data);
      const ended = change.encryptedPassword ? await endSessionsOf(tx, user.id, sessionId) : [];
      return { changed, ended };
    });
  } catch (error) {
    throw refusalOfDuplicate(error);
  }
}
