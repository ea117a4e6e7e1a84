/** Who a request really comes from. */
import { isIP } from 'node:net';
import { bearerTokenOf, isAdminRole, type TokenNeeds, verifyToken } from './bearer.ts';
import type { Caller } from './needs.ts';
import { ProtocolError } from './protocol-error.ts';

export interface Client {
  address: string;
  userAgent: string | null;
  /** Whether the limits count this client's attempts. Limen itself has counted already. */
  isLimited: boolean;
}

/**
 * A server that calls for others names the client in `Sb-Forwarded-For`. It is believed together with a secret key, in either of
 * the headers that supabase-js sends it in; from anybody else it is ignored.
 */
export async function clientOf(needs: TokenNeeds, request: Request, caller: Caller): Promise<Client> {
  const { address, userAgent } = caller;
  const client = { address, userAgent, isLimited: caller.via === 'socket' };
  const forwarded = request.headers.get('sb-forwarded-for')?.split(',')[0]?.trim() ?? '';
  if (isIP(forwarded) === 0) return client;
  for (const key of [request.headers.get('apikey'), bearerTokenOf(request)]) {
    if (key && (await isSecretKey(needs, key))) return { ...client, address: forwarded };
  }
  return client;
}

async function isSecretKey(needs: TokenNeeds, key: string): Promise<boolean> {
  try {
    return isAdminRole((await verifyToken(needs, key)).role);
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}
