/** What an application asks for when it sends somebody to a provider, checked. */
import { z } from 'zod';
import type { OAuthProvider } from '../../adapters/oauth/provider.ts';
import { hashOf } from '../codes/one-time-token.ts';
import { type CodeChallenge, parseCodeChallenge } from '../links/flow-state.ts';
import { optionalText, readQuery } from '../protocol/body.ts';
import type { Services } from '../protocol/endpoint.ts';
import { validationFailed } from '../protocol/protocol-error.ts';
import { redirectTarget } from '../protocol/redirect.ts';

export interface OAuthRequest {
  provider: OAuthProvider;
  target: string;
  scopes: string;
  challenge: CodeChallenge | undefined;
  inviteHash: string | null;
  isAnswerWanted: boolean;
  /** What the application adds for the provider. */
  parameters: Record<string, string>;
}

const MAX_PARAMETER = 1024;
const MAX_PARAMETERS = 20;

const OWN = {
  provider: optionalText,
  redirect_to: optionalText,
  scopes: optionalText,
  code_challenge: optionalText,
  code_challenge_method: optionalText,
  invite_token: optionalText,
  skip_http_redirect: optionalText,
};

/**
 * Parameters of OAuth and OpenID Connect that decide who the answer goes to, what it is, or how it is checked: they are ours to set. And
 * what would let the caller speak for us, or have the provider fetch something.
 */
const RESERVED = new Set([
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'redirect_uri',
  'response_type',
  'response_mode',
  'scope',
  'state',
  'nonce',
  'request',
  'request_uri',
  'registration',
  'code',
  'iss',
  'claims',
  'resource',
  'id_token_hint',
  'dpop_jkt',
]);

/** @throws {ProtocolError} 400 validation_failed */
export function readOAuthRequest({ oauth, settings }: Services, request: Request): OAuthRequest {
  const { searchParams } = new URL(request.url);
  // The last of two would win, and an attacker may have written it (RFC 6749, section 3.1).
  const repeated = Object.keys(OWN).find((name) => searchParams.getAll(name).length > 1);
  if (repeated) throw validationFailed(`${repeated}: given more than once`);
  const query = readQuery(request.url, z.object(OWN));
  const provider = oauth.get(query.provider ?? '');
  if (!provider) throw validationFailed('Unsupported provider: provider is not enabled');
  return {
    provider,
    target: redirectTarget(settings, query.redirect_to ?? request.headers.get('referer')),
    scopes: query.scopes ?? '',
    challenge: parseCodeChallenge(query.code_challenge, query.code_challenge_method),
    inviteHash: query.invite_token ? hashOf(query.invite_token, 'invite') : null,
    isAnswerWanted: query.skip_http_redirect === 'true',
    parameters: passedThrough(searchParams),
  };
}

function passedThrough(searchParams: URLSearchParams): Record<string, string> {
  const isOurs = (name: string) => name in OWN || RESERVED.has(name.toLowerCase());
  const others = [...searchParams].filter(([name]) => !isOurs(name));
  if (others.length > MAX_PARAMETERS || others.some((pair) => pair.join('=').length > MAX_PARAMETER)) {
    throw validationFailed('More is to be passed to the provider than it needs');
  }
  return Object.fromEntries(others);
}
