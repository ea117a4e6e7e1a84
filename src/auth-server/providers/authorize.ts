/** `GET /authorize`: sends somebody to a provider. */
import { ProviderUnavailableError } from '../../adapters/oauth/provider.ts';
import {
  type Call,
  countAttempt,
  type Endpoints,
  newEndpoints,
  type Services,
} from '../protocol/endpoint.ts';
import { type RedirectError, redirectWithError } from '../protocol/redirect-answer.ts';
import { markBrowser } from './browser-cookie.ts';
import { type NewOAuthFlow, startOAuthFlow } from './oauth-flow.ts';
import { type OAuthRequest, readOAuthRequest } from './oauth-request.ts';

export function authorizeEndpoints(services: Services): Endpoints {
  return newEndpoints().get('/authorize', (call) => authorize(services, call));
}

async function authorize(services: Services, call: Call): Promise<Response> {
  const request = readOAuthRequest(services, call.req.raw);
  await countAttempt(services, call.var.client, 'oauth');
  const { provider, challenge, target } = request;
  const { issuer } = services.settings;
  const url = await providerUrl(services, request, {
    linkTo: null,
    // With PKCE the application ends what it began, and the browser may be another one, as on a phone.
    browserSecret: challenge ? null : markBrowser(call, { issuer, answersByForm: provider.answersByForm }),
  });
  return url ? call.redirect(url.href, 302) : redirectWithError(target, PROVIDER_DOWN);
}

/** Begins a flow. Null where the provider is out of reach. */
export async function providerUrl(
  { database, clock, log }: Services,
  { provider, target, challenge, scopes, parameters, inviteHash }: OAuthRequest,
  { linkTo, browserSecret }: Pick<NewOAuthFlow, 'linkTo' | 'browserSecret'>,
): Promise<URL | null> {
  const flow = await startOAuthFlow(
    database,
    { provider: provider.name, target, challenge, linkTo, inviteHash, browserSecret },
    clock(),
  );
  try {
    return await provider.authorizationUrl(flow, scopes, parameters);
  } catch (error) {
    if (!(error instanceof ProviderUnavailableError)) throw error;
    log.warn({ provider: provider.name, reason: error.message }, 'sign-in provider out of reach');
    return null;
  }
}

/** Of OAuth's own errors the one for a server that is down (RFC 6749, section 4.1.2.1). */
export const PROVIDER_DOWN: RedirectError = {
  error: 'temporarily_unavailable',
  code: 'provider_unavailable',
  description: 'The provider is out of reach, try again later',
};
