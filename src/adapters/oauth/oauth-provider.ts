/** A provider that speaks OAuth 2 alone: who somebody is, its own API says. */
import * as oidc from 'openid-client';
import { identityFrom, type ProviderClaims } from './claims.ts';
import { buildUrl, clientAuth, exchangeCode, isInsecure, sorted, TIMEOUT_SECONDS } from './openid-client.ts';
import { type OAuthProvider, ProviderRefusalError, ProviderUnavailableError } from './provider.ts';
import type { ProviderSettings } from './provider-settings.ts';

export interface OAuthTraits {
  server: oidc.ServerMetadata;
  scopes: readonly string[];
  /** Asks the provider's API. @param get reads JSON from an address, as the person */
  claims: (get: (url: string) => Promise<unknown>) => Promise<ProviderClaims>;
}

export function createOAuthProvider(settings: ProviderSettings, traits: OAuthTraits): OAuthProvider {
  const { name, label, emailOptional, redirectUri, trustEmail } = settings;
  const config = new oidc.Configuration(
    traits.server,
    settings.clientIds[0],
    {},
    clientAuth(settings.secret),
  );
  config.timeout = TIMEOUT_SECONDS;
  if (isInsecure(traits.server.token_endpoint ?? '')) oidc.allowInsecureRequests(config);

  return {
    name,
    label,
    emailOptional,
    answersByForm: false,
    authorizationUrl: (flow, scopes, parameters) =>
      buildUrl(config, flow, {
        redirectUri,
        scopes: [...traits.scopes, ...settings.scopes, ...scopes.split(/\s+/).filter(Boolean)],
        parameters,
      }),
    async exchange(answer, flow) {
      const tokens = await exchangeCode(config, redirectUri, answer, flow, undefined);
      const claims = await sorted(() => traits.claims((url) => readJson(config, tokens.access_token, url)));
      return {
        identity: identityFrom({ ...claims, emailVerified: trustEmail || claims.emailVerified }),
        tokens: { accessToken: tokens.access_token, refreshToken: tokens.refresh_token ?? null },
      };
    },
    verifyIdToken: null,
  };
}

async function readJson(config: oidc.Configuration, accessToken: string, url: string): Promise<unknown> {
  const response = await oidc.fetchProtectedResource(
    config,
    accessToken,
    new URL(url),
    'GET',
    null,
    // GitHub refuses whoever does not say who they are.
    new Headers({ accept: 'application/json', 'user-agent': 'limen' }),
  );
  if (response.ok) return response.json();
  await response.body?.cancel();
  if (response.status >= 500)
    throw new ProviderUnavailableError(`the provider’s API answered ${response.status}`);
  throw new ProviderRefusalError(`the provider’s API answered ${response.status}`);
}
