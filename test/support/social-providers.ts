/** GitHub and Discord, as far as signing in goes: their addresses, their ways with tokens, their words for people. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export async function startSocialProviders() {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const state = {
    /** What their API says, by path. */
    api: {} as Record<string, unknown>,
    refusesCode: false,
    scope: '',
  };
  const codes = new Map<string, string>();
  const tokens = new Set<string>();

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const address = new URL(request.url ?? '/', url);
    const json = (body: unknown, status = 200) =>
      response
        .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
        .end(JSON.stringify(body));
    if (address.pathname.endsWith('/authorize')) {
      const back = new URL(address.searchParams.get('redirect_uri') ?? '');
      const code = randomUUID();
      codes.set(code, address.searchParams.get('code_challenge') ?? '');
      state.scope = address.searchParams.get('scope') ?? '';
      back.searchParams.set('code', code);
      back.searchParams.set('state', address.searchParams.get('state') ?? '');
      return response.writeHead(302, { location: back.href }).end();
    }
    if (request.method === 'POST') {
      const body = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
      // GitHub says so with status 200.
      if (state.refusesCode || !codes.delete(body.get('code') ?? '') || !body.get('client_secret')) {
        return json({
          error: 'bad_verification_code',
          error_description: 'The code is incorrect or expired.',
        });
      }
      const token = randomUUID();
      tokens.add(token);
      return json({ access_token: token, token_type: 'bearer', scope: state.scope });
    }
    const token = /^bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!tokens.has(token)) return json({ message: 'Bad credentials' }, 401);
    const said = state.api[address.pathname];
    return said === undefined ? json({ message: 'Not Found' }, 404) : json(said);
  }

  return {
    url,
    state,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
