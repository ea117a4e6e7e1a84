/** Sign-in by other providers. */

import { type AttemptLimiter, countAttempt } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import { type ChangeLog, changing } from '../changes.ts';
import type { Client } from '../client.ts';
import type { Clock } from '../clock.ts';
import { type FieldIssue, ValidationError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { type ProofInput, provingWhoAsks } from '../proof.ts';
import type { Session } from '../sessions/session.ts';
import { isStorable } from '../text.ts';
import { isUuid } from '../uuid.ts';
import type { Person } from '../viewer.ts';
import type { ProviderRoute } from './oauth-backend.ts';
import { IdentityNotFoundError, ProviderDisabledError } from './provider-errors.ts';
import { finishSignIn, type SignedIn } from './sign-in.ts';

interface Needs {
  auth: AuthBackend;
  attempts: AttemptLimiter;
  client: Client;
}

type SignInNeeds = Needs & { changes: ChangeLog };
type ProvingNeeds = Needs & { clock: Clock };

export interface RouteInput {
  provider: string;
  redirectTo?: string | null | undefined;
  scopes?: readonly string[] | null | undefined;
  codeChallenge: string;
  queryParams?: JsonObject | null | undefined;
}

/** For buttons. */
export async function listAuthProviders({
  auth,
}: {
  auth: AuthBackend;
}): Promise<{ name: string; label: string }[]> {
  const providers = await auth.oauth.providers();
  return providers.map(({ name, label }) => ({ name, label: label ?? labelOf(name) }));
}

/** @throws {ValidationError} @throws {ProviderDisabledError} */
export async function signInWithOAuth({ auth }: { auth: AuthBackend }, input: RouteInput): Promise<string> {
  return auth.oauth.signInUrl(await routeFrom(auth, input));
}

/** @throws {ValidationError} @throws {InvalidAuthCodeError} @throws {RateLimitedError} and more: see `OAuthBackend` */
export async function exchangeCode(
  needs: SignInNeeds,
  input: { code: string; codeVerifier: string },
): Promise<SignedIn> {
  const issues = isVerifier(input.codeVerifier) ? [] : [issueOf('codeVerifier')];
  if (input.code.length > MAX_TEXT || !isStorable(input.code)) issues.push(issueOf('code'));
  if (issues.length > 0) throw new ValidationError(issues);
  await countAttempt(needs, 'oauth');
  return finishProviderSignIn(needs, await needs.auth.oauth.exchangeCode(input));
}

/** @throws {InvalidIdTokenError} @throws {RateLimitedError} and more: see `OAuthBackend` */
export async function signInWithIdToken(
  needs: SignInNeeds,
  input: {
    provider: string;
    idToken: string;
    accessToken?: string | null | undefined;
    nonce?: string | null | undefined;
  },
): Promise<SignedIn> {
  const { provider, idToken, accessToken = null, nonce = null } = input;
  await countAttempt(needs, 'oauth');
  const session = await needs.auth.oauth.signInWithIdToken({ provider, idToken, accessToken, nonce });
  return finishProviderSignIn(needs, session);
}

/** A link, or what the provider says of them now, is in tokens too: those of their other sessions are out of date. */
function finishProviderSignIn(needs: SignInNeeds, session: Session): Promise<SignedIn> {
  if (!needs.auth.oauth.tellsChanges) needs.changes.userChanged(session.account.id);
  return finishSignIn(needs, session);
}

/**
 * Asks who it is (see `provingWhoAsks`): whoever has added a way to sign in keeps the account.
 * @throws {ValidationError} @throws {ProviderDisabledError} @throws {RateLimitedError} and more: see `OAuthBackend`
 */
export async function linkIdentity(
  needs: ProvingNeeds,
  viewer: Person,
  input: RouteInput & ProofInput,
): Promise<string> {
  const route = await routeFrom(needs.auth, input);
  await countAttempt(needs, 'oauth');
  return provingWhoAsks(needs, viewer, input, (proof) =>
    needs.auth.oauth.linkUrl(viewer.accessToken, route, proof),
  );
}

/** Asks who it is, as `linkIdentity` does. @throws {IdentityNotFoundError} @throws {LastIdentityError} and more: see `OAuthBackend` */
export async function unlinkIdentity(
  needs: ProvingNeeds & { changes: ChangeLog },
  viewer: Person,
  { identityId, ...input }: ProofInput & { identityId: string },
): Promise<void> {
  if (!isUuid(identityId)) throw new IdentityNotFoundError();
  await provingWhoAsks(needs, viewer, input, (proof) =>
    changing(needs.changes, viewer.account.id, () =>
      needs.auth.oauth.unlinkIdentity(viewer.accessToken, identityId, proof),
    ),
  );
}

const MAX_TEXT = 2048;
const MAX_QUERY_PARAMS = 20;

/** Verifier and challenge are written alike (RFC 7636, sections 4.1 and 4.2); a challenge by SHA-256 has just this length. */
const isVerifier = (text: string) => /^[\w.~-]{43,128}$/.test(text);
const isChallenge = (text: string) => /^[\w-]{43}$/.test(text);

/** What the protocol itself has in the address: none of it may come in by the back door, the challenge least of all. */
const OWN_PARAMS = new Set([
  'provider',
  'redirect_to',
  'scopes',
  'code_challenge',
  'code_challenge_method',
  'invite_token',
  'skip_http_redirect',
]);

async function routeFrom(auth: AuthBackend, input: RouteInput): Promise<ProviderRoute> {
  const { provider, redirectTo = null, scopes, codeChallenge, queryParams } = input;
  const issues: FieldIssue[] = [];
  if (!isChallenge(codeChallenge)) issues.push(issueOf('codeChallenge'));
  if (redirectTo !== null && !isAddress(redirectTo)) issues.push(issueOf('redirectTo'));
  for (const scope of scopes ?? []) {
    // Of what a scope is made (RFC 6749, section 3.3).
    if (!/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(scope)) issues.push(issueOf('scopes'));
  }
  const params = Object.entries(queryParams ?? {});
  if (params.length > MAX_QUERY_PARAMS) issues.push({ ...issueOf('queryParams'), code: 'TOO_MANY' });
  for (const [name, value] of params) {
    if (OWN_PARAMS.has(name)) issues.push({ ...issueOf('queryParams', name), code: 'RESERVED_KEY' });
    else if (typeof value !== 'string' || value.length > MAX_TEXT) issues.push(issueOf('queryParams', name));
  }
  if (issues.length > 0) throw new ValidationError(issues);
  if (!(await auth.oauth.mayBeOn(provider))) throw new ProviderDisabledError();
  return {
    provider,
    redirectTo,
    scopes: scopes ?? [],
    codeChallenge,
    queryParams: Object.fromEntries(params) as Record<string, string>,
  };
}

/** A lone surrogate can be parsed as part of an address, and not be written into one. */
const isAddress = (text: string) => text.length <= MAX_TEXT && isStorable(text) && URL.canParse(text);

const issueOf = (...path: string[]): FieldIssue => ({
  path,
  code: 'INVALID_FORMAT',
  message: 'This is not acceptable here.',
});

/** As companies write their names; of any other provider its name with a capital. */
const LABELS: Readonly<Record<string, string>> = {
  azure: 'Microsoft',
  github: 'GitHub',
  gitlab: 'GitLab',
  linkedin_oidc: 'LinkedIn',
  slack_oidc: 'Slack',
  workos: 'WorkOS',
};

function labelOf(name: string): string {
  const plain = name.replace(/^custom:/, '');
  return LABELS[name] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}
