/** What an administrator sees and does of somebody's second factors. */
import { z } from 'zod';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import { requireAdmin } from '../protocol/bearer.ts';
import { readBody } from '../protocol/body.ts';
import { type Call, type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { addNotice } from '../users/notice.ts';
import { type FullUserRow, factorJson, findUserById } from '../users/user-row.ts';
import { deleteFactor, factorNotFound, renameFactor } from './factor-row.ts';
import { friendlyName } from './friendly-name.ts';
import { deleteRecoveryCodes, hasOnlyRecoveryCodes } from './recovery-code-row.ts';

/** A phone is left alone: there are no factors by phone here. */
const UpdateBody = z.object({ friendly_name: friendlyName }).prefault({});

export function adminFactorEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .get('/admin/users/:id/factors', async (call) => {
      const user = await requireUser(services, call);
      return call.json(user.factors.map(factorJson));
    })
    .put('/admin/users/:id/factors/:factor', (call) => update(services, call))
    .delete('/admin/users/:id/factors/:factor', (call) => remove(services, call));
}

async function update(services: Services, call: Call): Promise<Response> {
  const user = await requireUser(services, call);
  const factor = factorOf(user, call);
  const { friendly_name: name } = await readBody(call.req.raw, UpdateBody);
  const { id: userId } = user;
  const renamed = await services.database.transaction(async (tx) => {
    const now = services.clock();
    const renamed = name ? await renameFactor(tx, { userId, factorId: factor.id, name, now }) : factor;
    if (!renamed) throw factorNotFound();
    const details = { method: factor.factor_type };
    await recordEvents(tx, call.var.client, { action: 'factor.renamed', userId, details });
    return renamed;
  });
  services.changes.userChanged(user.id);
  return call.json(factorJson(renamed));
}

/** The last other factor takes the recovery codes along: alone they would be one factor for two. */
async function remove(services: Services, call: Call): Promise<Response> {
  const { database, clock, changes, outbox } = services;
  const user = await requireUser(services, call);
  const factor = factorOf(user, call);
  const about = { userId: user.id, now: clock() };
  await database.transaction(async (tx) => {
    await tx.query('select 1 from auth.users where id = $1 for no key update', [user.id]);
    const isGone =
      factor.factor_type === 'recovery_code'
        ? await deleteRecoveryCodes(tx, about)
        : await deleteFactor(tx, { ...about, factorId: factor.id });
    if (!isGone) throw factorNotFound();
    if (await hasOnlyRecoveryCodes(tx, user.id)) await deleteRecoveryCodes(tx, about);
    if (factor.status === 'verified') {
      await addNotice(services, tx, user, 'factor-removed', { factorType: factor.factor_type });
    }
    const details = { method: factor.factor_type };
    await recordEvents(tx, call.var.client, { action: 'factor.removed', userId: user.id, details });
  });
  changes.userChanged(user.id);
  outbox.wake();
  return call.json(factorJson(factor));
}

async function requireUser(services: Services, call: Call): Promise<FullUserRow> {
  await requireAdmin(services, call.req.raw);
  const id = uuidOf(call, 'id', 'user_id');
  const user = await findUserById(services.database, id);
  if (!user) throw new ProtocolError(404, 'user_not_found', 'User not found');
  return user;
}

function factorOf(user: FullUserRow, call: Call) {
  const id = uuidOf(call, 'factor', 'factor_id');
  const factor = user.factors.find((candidate) => candidate.id === id);
  if (!factor) throw factorNotFound();
  return factor;
}

function uuidOf(call: Call, parameter: string, name: string): string {
  const id = call.req.param(parameter) ?? '';
  if (!z.guid().safeParse(id).success) {
    throw new ProtocolError(404, 'validation_failed', `${name} must be an UUID`);
  }
  return id.toLowerCase();
}
