/** A provider that speaks OpenID Connect: found out about from its issuer, at the first sign-in and not at the start. */
import * as oidc from 'openid-client';
import { signAppleSecret } from './apple-secret.ts';
import { identityFrom } from './claims.ts';
import { createIdTokenVerifier } from './id-token.ts';
import { buildUrl, clientAuth, exchangeCode, isInsecure, sorted, TIMEOUT_SECONDS } from './openid-client.ts';
import type { OAuthProvider, ProviderFlow, ProviderIdentity } from './provider.ts';
import { ProviderRefusalError } from './provider.ts';
import type { ProviderSettings } from './provider-settings.ts';

/** What the presets differ in. */
export interface OpenIdTraits {
  issuer: string;
  scopes: readonly string[];
  parameters?: Record<string, string>;
  /** Where `email_verified` is not what says it. */
  emailVerified?: (claims: Claims) => unknown;
}

type Claims = Record<string, unknown>;

/** A provider changes its endpoints once in years; its keys have a cache of their own. */
const METADATA_TTL_MS = 3_600_000;

export function createOpenIdProvider(settings: ProviderSettings, traits: OpenIdTraits): OAuthProvider {
  const { name, label, emailOptional, redirectUri, trustEmail } = settings;
  const [clientId] = settings.clientIds;
  const configuration = lazyConfiguration(settings, traits.issuer);
  const scopesWith = (more: string) => [
    ...traits.scopes,
    ...settings.scopes,
    ...more.split(/\s+/).filter(Boolean),
  ];

  function identityOf(claims: Claims, extra: Claims = {}): ProviderIdentity {
    const all: Claims = { ...extra, ...claims };
    return identityFrom({
      issuer: String(claims.iss),
      subject: claims.sub,
      email: all.email,
      emailVerified: trustEmail || (traits.emailVerified?.(all) ?? all.email_verified),
      name: all.name,
      userName: all.preferred_username ?? all.nickname,
      avatarUrl: all.picture,
      givenName: all.given_name,
      familyName: all.family_name,
      locale: all.locale,
    });
  }

  return {
    name,
    label,
    emailOptional,
    answersByForm: traits.parameters?.response_mode === 'form_post',
    async authorizationUrl(flow, scopes, parameters) {
      const config = await configuration();
      const url = await buildUrl(config, flow, {
        redirectUri,
        scopes: scopesWith(scopes),
        parameters: { ...parameters, ...traits.parameters },
      });
      url.searchParams.set('nonce', flow.nonce);
      return url;
    },
    async exchange(answer, flow: ProviderFlow) {
      const config = await configuration();
      const tokens = await exchangeCode(config, redirectUri, paramsOf(answer), flow, flow.nonce);
      const claims = tokens.claims() as Claims | undefined;
      if (!claims) throw new ProviderRefusalError('the provider sent no ID token');
      const needsMore = claims.email === undefined && config.serverMetadata().userinfo_endpoint !== undefined;
      const more = needsMore
        ? await sorted(() => oidc.fetchUserInfo(config, tokens.access_token, String(claims.sub)))
        : {};
      return {
        identity: identityOf(claims, { ...more, ...nameFromForm(answer) }),
        tokens: { accessToken: tokens.access_token, refreshToken: tokens.refresh_token ?? null },
      };
    },
    verifyIdToken: createIdTokenVerifier({
      clientIds: settings.clientIds,
      skipNonceCheck: settings.skipNonceCheck,
      metadata: async () => (await configuration()).serverMetadata(),
      identityOf,
    }),
  };

  function lazyConfiguration(
    { secret, appleKey }: ProviderSettings,
    issuer: string,
  ): () => Promise<oidc.Configuration> {
    let known: { config: Promise<oidc.Configuration>; at: number } | undefined;
    let appleSecret = '';
    const auth: oidc.ClientAuth = appleKey
      ? (server, client, body, headers) => oidc.ClientSecretPost(appleSecret)(server, client, body, headers)
      : clientAuth(secret);
    return async () => {
      if (appleKey) appleSecret = await signAppleSecret(appleKey, clientId);
      if (known && Date.now() - known.at < METADATA_TTL_MS) return known.config;
      const previous = known;
      const config = sorted(() =>
        oidc.discovery(new URL(issuer), clientId, {}, auth, {
          timeout: TIMEOUT_SECONDS,
          // With the signature looked at too, a provider's token endpoint that is spoofed gains nothing.
          execute: [
            oidc.enableNonRepudiationChecks,
            ...(isInsecure(issuer) ? [oidc.allowInsecureRequests] : []),
          ],
        }),
      );
      const next = { config, at: Date.now() };
      known = next;
      // What could not be found out is asked again by the next sign-in; until then what was known before does.
      config.catch(() => {
        if (known === next) known = previous;
      });
      return previous ? config.catch(() => previous.config) : config;
    };
  }
}

/** Apple adds the name to its form the first time, for the taking: in the answer proper the library allows no other parameters twice. */
function paramsOf(answer: URLSearchParams): URLSearchParams {
  const params = new URLSearchParams(answer);
  params.delete('user');
  return params;
}

function nameFromForm(answer: URLSearchParams): Claims {
  try {
    const { name } = JSON.parse(answer.get('user') ?? '{}') as { name?: Record<string, unknown> };
    return name ? { given_name: name.firstName, family_name: name.lastName } : {};
  } catch {
    return {};
  }
}
