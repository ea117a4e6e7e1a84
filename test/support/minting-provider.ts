/** An OpenID provider that signs whatever it is told to, as none should. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { CLIENT_ID } from './openid-provider.ts';

export interface Minted {
  /** What the ID token says; `iss`, `aud`, `iat` and `exp` are right unless they are given. Undefined takes a claim away. */
  claims?: Record<string, unknown>;
  /** `none` is not signed, `HS256` by the client's secret, `stranger` by a key that is not the provider's. */
  signed?: 'right' | 'none' | 'HS256' | 'stranger';
}

export async function startMintingProvider() {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [own, stranger] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
  const jwks = { keys: [{ ...(await exportJWK(own.publicKey)), kid: 'key-1', alg: 'ES256', use: 'sig' }] };
  const state = {
    /** For the next code. */
    next: {} as Minted,
    /** What the last person came with. */
    request: new URLSearchParams(),
    tokenRequests: [] as URLSearchParams[],
    isDown: false,
    /** Said in the callback (RFC 9207); null leaves it out. */
    iss: null as string | null,
  };

  async function mint({ claims = {}, signed = 'right' }: Minted = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = JSON.parse(
      JSON.stringify({ iss: issuer, aud: CLIENT_ID, iat: now, exp: now + 300, sub: 'somebody', ...claims }),
    ) as JWTPayload;
    if (signed === 'none') return new UnsecuredJWT(payload).encode();
    if (signed === 'HS256') {
      const key = new TextEncoder().encode('a-secret-between-limen-and-the-provider');
      return new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(key);
    }
    const { privateKey } = signed === 'right' ? own : stranger;
    return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: 'key-1' }).sign(privateKey);
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '/', issuer);
    const json = (body: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (state.isDown) return json({}, 503);
    if (url.pathname === '/.well-known/openid-configuration') {
      return json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        token_endpoint_auth_methods_supported: ['client_secret_post'],
        authorization_response_iss_parameter_supported: state.iss !== null,
      });
    }
    if (url.pathname === '/jwks') return json(jwks);
    if (url.pathname === '/authorize') {
      state.request = url.searchParams;
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', 'a-code');
      back.searchParams.set('state', url.searchParams.get('state') ?? '');
      if (state.iss !== null) back.searchParams.set('iss', state.iss);
      return response.writeHead(302, { location: back.href }).end();
    }
    const body = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
    state.tokenRequests.push(body);
    const nonce = state.request.get('nonce') ?? undefined;
    const { claims, ...how } = state.next;
    return json({
      access_token: 'an-access-token',
      token_type: 'Bearer',
      expires_in: 300,
      id_token: await mint({ ...how, claims: { nonce, ...claims } }),
    });
  }

  return {
    issuer,
    state,
    mint,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type MintingProvider = Awaited<ReturnType<typeof startMintingProvider>>;
