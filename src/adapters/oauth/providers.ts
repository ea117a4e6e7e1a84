/** The providers that are on, each made from what its operator says of it. */
import { discordTraits } from './discord.ts';
import { githubTraits } from './github.ts';
import { createOAuthProvider } from './oauth-provider.ts';
import { createOpenIdProvider, type OpenIdTraits } from './openid-provider.ts';
import type { OAuthProvider } from './provider.ts';
import type { Preset, ProviderSettings } from './provider-settings.ts';

/** By name, in the order they are shown. */
export type OAuthProviders = ReadonlyMap<string, OAuthProvider>;

/** Asks nobody: a provider that is down keeps no server from starting. */
export function createOAuthProviders(settings: readonly ProviderSettings[]): OAuthProviders {
  return new Map(settings.map((one) => [one.name, createProvider(one)]));
}

function createProvider(settings: ProviderSettings): OAuthProvider {
  const { kind, url } = settings;
  if (kind === 'github') return createOAuthProvider(settings, githubTraits(url));
  if (kind === 'discord') return createOAuthProvider(settings, discordTraits(url));
  return createOpenIdProvider(settings, OPENID_TRAITS[kind](url ?? ''));
}

const SCOPES = ['openid', 'email', 'profile'];

/** By kind, from where the operator says it is; empty for its usual place. */
const OPENID_TRAITS: Record<Exclude<Preset, 'github' | 'discord'> | 'oidc', (url: string) => OpenIdTraits> = {
  oidc: (url) => ({ issuer: url, scopes: SCOPES }),
  google: (url) => ({ issuer: url || 'https://accounts.google.com', scopes: SCOPES }),
  gitlab: (url) => ({ issuer: url || 'https://gitlab.com', scopes: SCOPES }),
  azure: (url) => ({
    issuer: withVersion(url || 'https://login.microsoftonline.com/common'),
    scopes: SCOPES,
    // Any administrator of any tenant can write any address on any account, so `email` proves nothing; Microsoft itself says in this
    // optional claim whether the domain belongs to the tenant.
    emailVerified: ({ xms_edov }) => xms_edov ?? false,
  }),
  apple: (url) => ({
    issuer: url || 'https://appleid.apple.com',
    scopes: ['openid', 'email', 'name'],
    // Without it Apple refuses the scopes `email` and `name`.
    parameters: { response_mode: 'form_post' },
  }),
};

/** Supabase's setting is the tenant's address without the version of the protocol. */
const withVersion = (url: string) =>
  /\/v2\.0$/.test(url) || !url.includes('microsoftonline') ? url : `${url}/v2.0`;
