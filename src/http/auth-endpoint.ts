/** The embedded auth server, as strangers reach it. */
import type { Context } from 'hono';
import type { AuthServer } from '../auth-server/auth-server.ts';
import type { HttpEnv } from './http-env.ts';

const JWKS_PATH = '/auth/v1/.well-known/jwks.json';

export async function serveAuth(authServer: AuthServer, context: Context<HttpEnv>): Promise<Response> {
  return answer(authServer, context, context.req.raw);
}

/** The keys, where programs look that know only this server's address. */
export async function serveJwks(authServer: AuthServer, context: Context<HttpEnv>): Promise<Response> {
  return answer(authServer, context, new Request(new URL(JWKS_PATH, context.req.url)));
}

function answer(authServer: AuthServer, context: Context<HttpEnv>, request: Request): Promise<Response> {
  return authServer.fetch(request, { ...context.get('client'), via: 'socket' });
}
