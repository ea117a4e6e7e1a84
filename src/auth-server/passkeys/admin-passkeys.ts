/** What an administrator sees of somebody's passkeys, and takes away. */
import { z } from 'zod';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import { requireAdmin } from '../protocol/bearer.ts';
import { type Call, type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { addNotice } from '../users/notice.ts';
import { type FullUserRow, findUserById } from '../users/user-row.ts';
import { passkeyNotFound, requirePasskeys } from './passkey-endpoint.ts';
import { deletePasskey, passkeyJson, passkeysOf } from './passkey-row.ts';
import { passkeyIdOf } from './passkeys.ts';

export function adminPasskeyEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .get('/admin/users/:id/passkeys', async (call) => {
      const { id } = await requireUser(services, call);
      return call.json((await passkeysOf(services.database, id)).map(passkeyJson));
    })
    .delete('/admin/users/:id/passkeys/:passkey', (call) => remove(services, call));
}

async function remove(services: Services, call: Call): Promise<Response> {
  const user = await requireUser(services, call);
  const id = passkeyIdOf(call, 'passkey');
  await services.database.transaction(async (tx) => {
    const removed = await deletePasskey(tx, { id, userId: user.id });
    if (!removed) throw passkeyNotFound();
    await addNotice(services, tx, user, 'passkey-removed', { passkeyName: removed.friendly_name });
    await recordEvents(tx, call.var.client, { action: 'passkey.removed', userId: user.id });
  });
  services.outbox.wake();
  return call.body(null, 204);
}

async function requireUser(services: Services, call: Call): Promise<FullUserRow> {
  requirePasskeys(services);
  await requireAdmin(services, call.req.raw);
  const id = call.req.param('id') ?? '';
  if (!z.guid().safeParse(id).success) {
    throw new ProtocolError(404, 'validation_failed', 'user_id must be an UUID');
  }
  const user = await findUserById(services.database, id);
  if (!user) throw new ProtocolError(404, 'user_not_found', 'User not found');
  return user;
}
