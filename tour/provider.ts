/** Where people of a company sign in: a real OpenID provider, with the browser in which they do it. */
import { createHash, randomBytes } from 'node:crypto';
import { createBrowser } from '../test/support/cookie-jar.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type Claims,
  startOpenIdProvider,
} from '../test/support/openid-provider.ts';

export interface Provider {
  /** As `authProviders` names it. */
  readonly name: string;
  /** Goes where the application sends the browser, signs in there, and answers the code that comes back to the application. */
  signIn(url: string, claims: Claims & { email: string }): Promise<string>;
  /** As an application gets one that has the provider's own button. */
  idTokenOf(email: string): Promise<{ idToken: string; nonce: string }>;
}

/** @param callback where the provider sends people back to: the auth server's @param site where that sends them on to */
export async function openProvider(callback: string, site: string) {
  const provider = await startOpenIdProvider(callback);

  async function visit(url: string, subject: string, end: string): Promise<string> {
    const browser = createBrowser({}, (place) => place.href.startsWith(end));
    const page = await provider.signIn(browser, await browser.open(url), subject);
    const code = page.url.searchParams.get('code');
    if (!code) throw new Error(`The browser is at ${page.url.origin}${page.url.pathname}, without a code.`);
    return code;
  }

  return {
    name: 'custom:acme',
    /** For the auth server. */
    env: {
      OIDC_PROVIDERS: 'acme',
      OIDC_ACME_ISSUER: provider.issuer,
      OIDC_ACME_CLIENT_ID: CLIENT_ID,
      OIDC_ACME_SECRET: CLIENT_SECRET,
      SECURITY_MANUAL_LINKING_ENABLED: 'on',
    },
    signIn(url: string, claims: Claims & { email: string }) {
      provider.people.set(claims.email, claims);
      return visit(url, claims.email, site);
    },
    async idTokenOf(email: string) {
      const [nonce, verifier] = [randomBytes(16).toString('hex'), randomBytes(32).toString('base64url')];
      const request = new URLSearchParams({
        client_id: CLIENT_ID,
        redirect_uri: callback,
        response_type: 'code',
        scope: 'openid email',
        nonce: createHash('sha256').update(nonce).digest('hex'),
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
      });
      const code = await visit(`${provider.issuer}/auth?${request}`, email, callback);
      const response = await fetch(`${provider.issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${CLIENT_ID}:${CLIENT_SECRET}`)}` },
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code,
          redirect_uri: callback,
          code_verifier: verifier,
        }),
      });
      const { id_token: idToken = '' } = (await response.json()) as { id_token?: string };
      return { idToken, nonce };
    },
    close: provider.close,
  };
}
