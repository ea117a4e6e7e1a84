/** A session in somebody else's stead. Not of Supabase Auth's protocol: Limen's rules have decided who may, and whom. */
import { z } from 'zod';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import { isAdminRole, requirePerson } from '../protocol/bearer.ts';
import { readBody } from '../protocol/body.ts';
import {
  type Call,
  type Endpoints,
  newEndpoints,
  requireProcess,
  type Services,
} from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { userNotFound } from '../users/admin-users.ts';
import { findUserById, fullUserJson, isBanned } from '../users/user-row.ts';
import { accessTokenOf } from './access-token.ts';
import { startImpersonation } from './impersonation-row.ts';
import { endSession } from './session-row.ts';

const Body = z.object({ user_id: z.guid(), reason: z.string().min(1) });

export function impersonationEndpoints(services: Services): Endpoints {
  return newEndpoints().post('/impersonations', (call) => begin(services, call));
}

/** There is no refresh token: what has been begun ends by itself. */
async function begin(services: Services, call: Call): Promise<Response> {
  requireProcess(call);
  const { database, settings, clock } = services;
  const { impersonation } = settings;
  if (!impersonation) {
    throw new ProtocolError(422, 'impersonation_disabled', 'Impersonation is disabled');
  }
  const { user: actor, sessionId } = await requirePerson(services, call.req.raw);
  const { user_id, reason } = await readBody(call.req.raw, Body);
  const { client } = call.var;
  // Changes are remembered as long as other tokens live, so this one must not live longer.
  const ttlSeconds = Math.min(impersonation.ttlSeconds, settings.accessTokenTtlSeconds);
  const now = clock();
  const user = await findUserById(database, user_id.toLowerCase());
  if (!user || user.deleted_at) throw userNotFound();
  if (isBanned(user, now)) throw new ProtocolError(400, 'user_banned', 'User is banned');
  // The token would open the admin API.
  if (isAdminRole(user.role ?? '')) throw new ProtocolError(403, 'impersonated', 'User is an administrator');
  const started = await database.transaction(async (tx) => {
    const started = await startImpersonation(tx, {
      user,
      actor: { id: actor.id, sessionId },
      reason,
      client,
      now,
      expiresAt: new Date(now.getTime() + ttlSeconds * 1000),
    });
    const event = { action: 'user.impersonated', userId: user.id, details: { reason } } as const;
    if (started) await recordEvents(tx, client, { ...event, sessionId: started.session.id });
    return started;
  });
  if (!started) throw userNotFound();
  const grant = { ...started, issuedAt: now, method: 'impersonation' };
  const as = { actor: { sub: actor.id, session_id: sessionId }, ttlSeconds };
  const token = await accessTokenOf(services, client, grant, as).catch(async (error) => {
    await endSession(database, client, { id: started.session.id, userId: user.id, reason: 'not_begun' });
    throw error;
  });
  return call.json({
    access_token: token.text,
    token_type: 'bearer',
    expires_in: token.expiresAt - Math.floor(now.getTime() / 1000),
    expires_at: token.expiresAt,
    session_id: started.session.id,
    user: fullUserJson(started.user),
  });
}
