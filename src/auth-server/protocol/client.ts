/** Who a request really comes from. */
import { isIP } from 'node:net';
import type { Actor, Client as IdentityClient } from '../../identity/client.ts';
import { isUuid } from '../../identity/uuid.ts';
import { bearerTokenOf, type Claims, isAdminRole, type TokenNeeds, verifyToken } from './bearer.ts';
import type { Caller } from './needs.ts';
import { ProtocolError } from './protocol-error.ts';

export interface Client extends IdentityClient {
  /** Whether the limits count this client's attempts. Limen itself has counted already. */
  isLimited: boolean;
}

/**
 * A server that calls for others names the client in `Sb-Forwarded-For`. It is believed together with a secret key of the project, in either
 * of the headers that supabase-js sends it in; from anybody else it is ignored, from people with an administrator's role too.
 */
export async function clientOf(needs: TokenNeeds, request: Request, caller: Caller): Promise<Client> {
  const { via, ...from } = caller;
  const bearer = await claimsOf(needs, bearerTokenOf(request));
  const client = {
    ...from,
    isLimited: via === 'socket',
    actor: caller.actor ?? actorOf(bearer, via),
    impersonator: caller.impersonator ?? impersonatorOf(bearer),
  };
  const forwarded = request.headers.get('sb-forwarded-for')?.split(',')[0]?.trim() ?? '';
  if (isIP(forwarded) === 0) return client;
  for (const claims of [bearer, await claimsOf(needs, request.headers.get('apikey'))]) {
    if (claims && isProjectKey(claims)) return { ...client, address: forwarded };
  }
  return client;
}

const isProjectKey = ({ role, sub, session_id }: Claims) => isAdminRole(role) && !sub && !session_id;

/** Null for no token, and for one that is not good: whether that matters is for the endpoint to say. */
async function claimsOf(needs: TokenNeeds, token: string | null): Promise<Claims | null> {
  if (token === null) return null;
  try {
    return await verifyToken(needs, token);
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

/** Limen itself calls with the secret key for people who are not signed in: then nobody acts whom anybody knows. */
function actorOf(claims: Claims | null, via: Caller['via']): Actor | null {
  if (!claims) return null;
  const { sub, session_id: sessionId, role } = claims;
  if (sub && sessionId) return { kind: 'person', userId: sub, sessionId };
  return via === 'socket' && isAdminRole(role) ? { kind: 'service', id: role } : null;
}

/** Whoever acts in the person's stead: see `actor.ts`. */
function impersonatorOf(claims: Claims | null): string | null {
  const sub = claims?.act?.sub ?? '';
  return isUuid(sub) ? sub : null;
}
