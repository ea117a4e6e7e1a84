/** Sign-ins by a provider, as tests do them. */

import { createHash, randomBytes } from 'node:crypto';
import type { ProviderSettings } from '../../src/adapters/oauth/provider-settings.ts';
import { newClient } from '../../src/identity/client.ts';
import { type Browser, createBrowser, type Page } from '../support/cookie-jar.ts';
import { CLIENT_ID, CLIENT_SECRET } from '../support/openid-provider.ts';
import type { TestServer } from './support.ts';

export const ORIGIN = 'https://auth.example.com';
export const CALLBACK = `${ORIGIN}/auth/v1/callback`;
export const APP = 'https://app.example.com';

export const providerSettings = (more: Partial<ProviderSettings> = {}): ProviderSettings => ({
  name: 'custom:acme',
  label: 'Acme',
  kind: 'oidc',
  clientIds: [CLIENT_ID],
  secret: CLIENT_SECRET,
  appleKey: null,
  url: null,
  redirectUri: CALLBACK,
  scopes: [],
  skipNonceCheck: false,
  emailOptional: false,
  trustEmail: false,
  ...more,
});

export function newVerifier() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** Somebody's browser, which stops where the application begins. */
export function browserAt(auth: TestServer, stopAlsoAt: (url: URL) => boolean = () => false): Browser {
  const servers = {
    [ORIGIN]: (request: Request) =>
      auth.server.fetch(request, {
        ...newClient({ address: '192.0.2.7', userAgent: 'test/1', requestId: 'request-1' }),
        via: 'socket',
      }),
  };
  return createBrowser(servers, (url) => url.origin === APP || url.protocol === 'exp:' || stopAlsoAt(url));
}

export const authorizeUrl = (parameters: Record<string, string>) =>
  `${ORIGIN}/auth/v1/authorize?${new URLSearchParams({ provider: 'custom:acme', redirect_to: `${APP}/welcome`, ...parameters })}`;

/** What the application finds in its address. */
export const fragmentOf = ({ url }: Page) => Object.fromEntries(new URLSearchParams(url.hash.slice(1)));
export const queryOf = ({ url }: Page) => Object.fromEntries(url.searchParams);
