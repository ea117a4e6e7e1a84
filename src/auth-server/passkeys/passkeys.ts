/** The passkeys that somebody has. How one is added is in `passkey-registration.ts`, how one is used in `passkey-sign-in.ts`. */
import { z } from 'zod';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import { requirePerson } from '../protocol/bearer.ts';
import { readBody } from '../protocol/body.ts';
import { type Call, type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { addNotice } from '../users/notice.ts';
import { requireProof } from '../users/proof-of-person.ts';
import { lockPasskeyOwner, passkeyNotFound, requirePasskeys } from './passkey-endpoint.ts';
import { deletePasskey, passkeyJson, passkeysOf, renamePasskey } from './passkey-row.ts';

const MAX_NAME_CHARACTERS = 120;

const RenameBody = z.object({
  friendly_name: z
    .string()
    .min(1, 'is required')
    .max(MAX_NAME_CHARACTERS, `must be ${MAX_NAME_CHARACTERS} characters or less`),
});

export function passkeyEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .get('/passkeys', (call) => list(services, call))
    .patch('/passkeys/:id', (call) => rename(services, call))
    .delete('/passkeys/:id', (call) => remove(services, call));
}

async function list(services: Services, call: Call): Promise<Response> {
  requirePasskeys(services);
  const { user } = await requirePerson(services, call.req.raw);
  return call.json((await passkeysOf(services.database, user.id)).map(passkeyJson));
}

async function rename(services: Services, call: Call): Promise<Response> {
  requirePasskeys(services);
  const { user } = await requirePerson(services, call.req.raw);
  const { friendly_name: name } = await readBody(call.req.raw, RenameBody);
  const id = passkeyIdOf(call, 'id');
  const renamed = await services.database.transaction(async (tx) => {
    const renamed = await renamePasskey(tx, { id, userId: user.id, name, now: services.clock() });
    if (!renamed) throw passkeyNotFound();
    await recordEvents(tx, call.var.client, { action: 'passkey.renamed', userId: user.id });
    return renamed;
  });
  return call.json(passkeyJson(renamed));
}

async function remove(services: Services, call: Call): Promise<Response> {
  const { database, clock, outbox } = services;
  requirePasskeys(services);
  const bearer = await requirePerson(services, call.req.raw);
  const { user } = bearer;
  const id = passkeyIdOf(call, 'id');
  const proof = await requireProof(services, call, bearer, 'factors');
  await database.transaction(async (tx) => {
    await lockPasskeyOwner(tx, bearer, clock());
    await proof.spend(tx);
    const removed = await deletePasskey(tx, { id, userId: user.id });
    if (!removed) throw passkeyNotFound();
    await addNotice(services, tx, user, 'passkey-removed', { passkeyName: removed.friendly_name });
    await recordEvents(tx, call.var.client, { action: 'passkey.removed', userId: user.id });
  });
  await proof.forgive();
  outbox.wake();
  return call.body(null, 204);
}

/** @throws {ProtocolError} 404 webauthn_credential_not_found: what is no id is nobody's */
export function passkeyIdOf(call: Call, parameter: string): string {
  const id = call.req.param(parameter) ?? '';
  if (!z.guid().safeParse(id).success) throw passkeyNotFound();
  return id;
}
