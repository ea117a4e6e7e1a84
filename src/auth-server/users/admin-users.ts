import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { isUuid } from '../../identity/uuid.ts';
import { requireAdmin } from '../protocol/bearer.ts';
import { optionalFlag, readBody } from '../protocol/body.ts';
import { type Call, type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { emailExists, ProtocolError, phoneExists, validationFailed } from '../protocol/protocol-error.ts';
import { endSessionsOf } from '../sessions/session-row.ts';
import { admitUser } from '../sign-up/admitted-user.ts';
import { insertUser, newUserRow } from '../sign-up/new-user.ts';
import { AdminUserBody, bannedUntil, passwordHashOf } from './admin-user-body.ts';
import { deleteUser, softDeleteUser } from './deleted-user.ts';
import { addNotice } from './notice.ts';
import { changeUser, refusalOfDuplicate } from './user-change.ts';
import { type FullUserRow, findUserById, fullUserJson } from './user-row.ts';

export function adminUserEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .post('/admin/users', (call) => createUser(services, call))
    .get('/admin/users/:id', (call) => getUser(services, call))
    .put('/admin/users/:id', (call) => updateUser(services, call))
    .delete('/admin/users/:id', (call) => removeUser(services, call));
}

async function createUser(services: Services, call: Call): Promise<Response> {
  await requireAdmin(services, call.req.raw);
  const body = await readBody(call.req.raw, AdminUserBody);
  const { email, phone } = body;
  if (!email && !phone) throw validationFailed('Cannot create a user without either an email or phone');
  const now = services.clock();
  const newUser = newUserRow(
    {
      id: body.id ?? randomUUID(),
      email,
      phone,
      encryptedPassword: (await passwordHashOf(services, body, email ?? null)) ?? null,
      isEmailConfirmed: body.email_confirm,
      isPhoneConfirmed: body.phone_confirm,
      role: body.role,
      bannedUntil: bannedUntil(body, now),
      appMetadata: body.app_metadata,
      userMetadata: { ...(email && { email_verified: body.email_confirm }), ...body.user_metadata },
    },
    now,
  );
  const user = await admitUser(services, call.var.client, newUser, 'user.created');
  try {
    if (!(await insertUser(services.database, user))) throw user.email ? emailExists() : phoneExists();
  } catch (error) {
    throw refusalOfDuplicate(error);
  }
  services.outbox.wake();
  return call.json(fullUserJson(user));
}

async function getUser(services: Services, call: Call): Promise<Response> {
  await requireAdmin(services, call.req.raw);
  const user = await findUserById(services.database, userIdOf(call));
  if (!user) throw userNotFound();
  return call.json(fullUserJson(user));
}

async function updateUser(services: Services, call: Call): Promise<Response> {
  await requireAdmin(services, call.req.raw);
  const id = userIdOf(call);
  const body = await readBody(call.req.raw, AdminUserBody);
  const user = await findUserById(services.database, id);
  if (!user) throw userNotFound();
  const now = services.clock();
  // As in Supabase Auth a hash from elsewhere is taken only with a new account.
  const hash = await passwordHashOf(
    services,
    { ...body, password_hash: undefined },
    body.email ?? user.email,
  );
  const change = {
    email: body.email,
    phone: body.phone,
    confirmsEmail: body.email_confirm,
    confirmsPhone: body.phone_confirm,
    encryptedPassword: hash ? { hash } : undefined,
    role: body.role,
    bannedUntil: bannedUntil(body, now),
    banReason: body.ban_reason,
    userMetadata: body.user_metadata,
    appMetadata: body.app_metadata,
    isOperators: true,
  };
  const { client } = call.var;
  const { changed, ended } = await services.database
    .transaction(async (tx) => {
      const changed = await changeUser(tx, client, user, change, now);
      if (!changed) throw userNotFound();
      if (hash) await addNotice(services, tx, user, 'password-changed');
      await tellOfNewAddress(services, tx, user, changed);
      const all = { userId: id, exceptId: null, reason: 'password_changed' } as const;
      return { changed, ended: hash ? await endSessionsOf(tx, client, all) : [] };
    })
    .catch((error) => {
      throw refusalOfDuplicate(error);
    });
  services.outbox.wake();
  report(services, id, ended);
  return call.json(fullUserJson(changed));
}

/** At the former address, in case it was not what they asked for. */
async function tellOfNewAddress(services: Services, tx: Queryable, before: FullUserRow, after: FullUserRow) {
  if (after.email !== before.email) {
    const data = { oldEmail: before.email, newEmail: after.email };
    await addNotice(services, tx, before, 'email-changed', data);
  }
  if (after.phone !== before.phone) {
    const data = { oldPhone: before.phone ?? '', newPhone: after.phone };
    await addNotice(services, tx, before, 'phone-changed', data);
  }
}

const DeletionBody = z.object({ should_soft_delete: optionalFlag }).prefault({});

async function removeUser(services: Services, call: Call): Promise<Response> {
  await requireAdmin(services, call.req.raw);
  const id = userIdOf(call);
  const { should_soft_delete } = await readBody(call.req.raw, DeletionBody);
  const { client } = call.var;
  const ended = should_soft_delete
    ? await softDeleteUser(services.database, client, id, services.clock())
    : await services.database.transaction((tx) => deleteUser(tx, client, id));
  if (!ended) throw userNotFound();
  report(services, id, ended);
  return call.json({});
}

function report({ changes }: Services, userId: string, endedSessions: string[]): void {
  for (const id of endedSessions) changes.sessionEnded(id);
  changes.userChanged(userId);
}

/** @throws {ProtocolError} 404 validation_failed */
export function userIdOf(call: Call): string {
  const id = call.req.param('id') ?? '';
  if (!isUuid(id)) throw new ProtocolError(404, 'validation_failed', 'user_id must be an UUID');
  // As the row has it: what is reported as changed is compared with tokens.
  return id.toLowerCase();
}

export const userNotFound = () => new ProtocolError(404, 'user_not_found', 'User not found');
