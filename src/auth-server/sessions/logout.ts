import { z } from 'zod';
import { impersonated } from '../protocol/actor.ts';
import { requirePersonOrActor } from '../protocol/bearer.ts';
import { readQuery } from '../protocol/body.ts';
import { type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { endSession, endSessionsOf } from './session-row.ts';

const Query = z.object({
  scope: z.enum(['global', 'local', 'others'], 'Unsupported logout scope').default('global'),
});

export function logoutEndpoints(services: Services): Endpoints {
  return newEndpoints().post('/logout', async (call) => {
    const { scope } = readQuery(call.req.url, Query);
    const { user, sessionId, claims } = await requirePersonOrActor(services, call.req.raw);
    // The other sessions are the person's.
    if (claims.act && scope !== 'local') throw impersonated();
    const { client } = call.var;
    for (const id of await end()) services.changes.sessionEnded(id);
    return call.body(null, 204);

    async function end(): Promise<string[]> {
      if (scope !== 'local') {
        const exceptId = scope === 'others' ? sessionId : null;
        return endSessionsOf(services.database, client, { userId: user.id, exceptId, reason: 'logout' });
      }
      await endSession(services.database, client, { id: sessionId, userId: user.id, reason: 'logout' });
      return [sessionId];
    }
  });
}
