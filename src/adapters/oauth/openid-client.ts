/** The calls of openid-client that every provider shares: one client, one deadline, and errors sorted by whose they are. */
import * as oidc from 'openid-client';
import { type ProviderFlow, ProviderRefusalError, ProviderUnavailableError } from './provider.ts';

/** Somebody's browser waits for each of these. */
export const TIMEOUT_SECONDS = 10;

/** The secret as the provider takes it: in the body where it says so or says nothing we know, else in the header (RFC 6749, section 2.3.1). */
export function clientAuth(secret: string | null): oidc.ClientAuth {
  if (secret === null) return oidc.None();
  const [post, basic] = [oidc.ClientSecretPost(secret), oidc.ClientSecretBasic(secret)];
  return (server, ...rest) => {
    const supported = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (supported.includes('client_secret_post') ? post : basic)(server, ...rest);
  };
}

/** Plain HTTP is for a provider on this machine: the configuration refuses it in production. */
export const isInsecure = (url: string) => url.startsWith('http:');

/** Where to send the browser. What the protocol itself needs comes last, so that nothing an application adds can stand in for it. */
export async function buildUrl(
  config: oidc.Configuration,
  flow: ProviderFlow,
  request: { redirectUri: string; scopes: readonly string[]; parameters: Record<string, string> },
): Promise<URL> {
  return oidc.buildAuthorizationUrl(config, {
    ...request.parameters,
    ...(request.scopes.length > 0 && { scope: [...new Set(request.scopes)].join(' ') }),
    redirect_uri: request.redirectUri,
    state: flow.state,
    // A provider that knows no PKCE leaves it alone (RFC 6749, section 3.1), and Limen never does without where there is one that does.
    code_challenge: await oidc.calculatePKCECodeChallenge(flow.codeVerifier),
    code_challenge_method: 'S256',
  });
}

/**
 * Exchanges the code of a callback. Issuer (RFC 9207), state, PKCE, and with a nonce the ID token are checked by the library.
 * @throws {ProviderRefusalError} @throws {ProviderUnavailableError}
 */
export async function exchangeCode(
  config: oidc.Configuration,
  redirectUri: string,
  answer: URLSearchParams,
  flow: ProviderFlow,
  expectedNonce: string | undefined,
) {
  // The answer is put to our registered address, whatever a proxy made of the one it arrived at.
  const url = new URL(redirectUri);
  for (const [name, value] of answer) url.searchParams.append(name, value);
  return sorted(() =>
    oidc.authorizationCodeGrant(config, url, {
      expectedState: flow.state,
      pkceCodeVerifier: flow.codeVerifier,
      ...(expectedNonce !== undefined && { expectedNonce, idTokenExpected: true }),
    }),
  );
}

/** Does what asks the provider. @throws {ProviderRefusalError} @throws {ProviderUnavailableError} */
export async function sorted<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ProviderRefusalError || error instanceof ProviderUnavailableError) throw error;
    if (isOutage(error)) throw new ProviderUnavailableError('the provider is out of reach', { cause: error });
    throw new ProviderRefusalError(reasonOf(error), { cause: error });
  }
}

/** `fetch` rejects with a `TypeError` where nobody answers. */
function isOutage(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  const { code, cause } = error as { code?: string; cause?: unknown };
  if (code === 'OAUTH_TIMEOUT' || cause instanceof TypeError) return true;
  return cause instanceof Response && cause.status >= 500;
}

/** For the log: the innermost error says most, and neither library's messages quote what a token or an answer holds. */
function reasonOf(error: unknown): string {
  if (error instanceof oidc.ResponseBodyError || error instanceof oidc.AuthorizationResponseError) {
    return `the provider answered ${error.error.slice(0, 64)}`;
  }
  if (!(error instanceof Error)) return 'unknown';
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
