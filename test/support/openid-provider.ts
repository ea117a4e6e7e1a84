/** A real OpenID provider, on this machine. Its own pages ask who signs in, and whether they agree. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import type { Browser, Page } from './cookie-jar.ts';

export interface Claims {
  email?: string;
  email_verified?: boolean;
  name?: string;
  picture?: string;
}

export const CLIENT_ID = 'limen';
export const CLIENT_SECRET = 'a-secret-between-limen-and-the-provider';

/** @param redirectUri where it may send people back to */
export async function startOpenIdProvider(redirectUri: string) {
  const people = new Map<string, Claims>();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), kid: 'key-1', use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['a key of the test'] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
    pkce: { required: () => true },
    // Said, so that it need not say that they were not.
    ttl: {
      Interaction: 600,
      Session: 600,
      Grant: 600,
      AccessToken: 600,
      IdToken: 600,
      AuthorizationCode: 60,
    },
    findAccount: (_context, sub) => ({
      accountId: sub,
      claims: async () => ({ sub, ...people.get(sub) }),
    }),
  });
  server.on('request', provider.callback());

  /** What a person does on its pages, until they are sent back. */
  async function signIn(browser: Browser, page: Page, subject: string): Promise<Page> {
    let current = page;
    for (let steps = 0; steps < 5 && current.url.origin === issuer; steps += 1) {
      const prompt = /name="prompt" value="(\w+)"/.exec(current.text)?.[1];
      if (!prompt) throw new Error(`The provider shows no form: ${current.status} ${current.text}`);
      const action = /action="([^"]+)"/.exec(current.text)?.[1] ?? '';
      current = await browser.post(new URL(action, current.url), { prompt, login: subject, password: 'any' });
    }
    return current;
  }

  return {
    issuer,
    people,
    signIn,
    /** What a person says no with. */
    abort: (browser: Browser, page: Page) => browser.open(new URL(`${page.url.pathname}/abort`, page.url)),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type OpenIdProvider = Awaited<ReturnType<typeof startOpenIdProvider>>;
