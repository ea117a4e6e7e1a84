import { z } from 'zod';
import { requirePerson } from '../protocol/bearer.ts';
import { readQuery } from '../protocol/body.ts';
import { type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { endSession, endSessionsOf } from './session-row.ts';

const Query = z.object({
  scope: z.enum(['global', 'local', 'others'], 'Unsupported logout scope').default('global'),
});

export function logoutEndpoints(services: Services): Endpoints {
  return newEndpoints().post('/logout', async (call) => {
    const { scope } = readQuery(call.req.url, Query);
    const { user, sessionId } = await requirePerson(services, call.req.raw);
    for (const id of await end()) services.changes.sessionEnded(id);
    return call.body(null, 204);

    async function end(): Promise<string[]> {
      if (scope !== 'local') {
        return endSessionsOf(services.database, user.id, scope === 'others' ? sessionId : null);
      }
      await endSession(services.database, sessionId);
      return [sessionId];
    }
  });
}
