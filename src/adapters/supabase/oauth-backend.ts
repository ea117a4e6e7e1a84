import {
  type AuthError,
  isAuthSessionMissingError,
  type Provider,
  type UserIdentity,
} from '@supabase/supabase-js';
import { DeniedError } from '../../identity/denial.ts';
import type { Proof } from '../../identity/proof.ts';
import type { OAuthBackend, ProviderRoute } from '../../identity/sign-in/oauth-backend.ts';
import { InvalidAuthCodeError, InvalidIdTokenError } from '../../identity/sign-in/provider-errors.ts';
import type { Project, Transport } from './call.ts';
import type { Calls } from './calls.ts';
import { isGone } from './gone.ts';
import { outcomeOf } from './outcome.ts';
import type { Proving } from './proof.ts';
import type { ProviderList } from './provider-list.ts';
import { sessionFromSupabase } from './user.ts';

interface SupabaseOAuthOptions {
  project: Project;
  calls: Calls;
  proving: Proving;
  providers: () => Promise<ProviderList>;
  tellsChanges: boolean;
}

export class SupabaseOAuth implements OAuthBackend {
  readonly tellsChanges: boolean;
  readonly #project: Project;
  readonly #calls: Calls;
  readonly #proving: Proving;
  readonly #providers: () => Promise<ProviderList>;

  constructor({ project, calls, proving, providers, tellsChanges }: SupabaseOAuthOptions) {
    this.tellsChanges = tellsChanges;
    this.#project = project;
    this.#calls = calls;
    this.#proving = proving;
    this.#providers = providers;
  }

  async providers() {
    return (await this.#providers()).providers;
  }

  async mayBeOn(provider: string) {
    const { providers, isComplete } = await this.#providers();
    if (providers.some(({ name }) => name === provider)) return true;
    return provider.startsWith('custom:') && !isComplete;
  }

  async signInUrl(route: ProviderRoute) {
    const { url, publicUrl } = this.#project;
    const answer = await this.#calls.asAnybody((auth) => auth.signInWithOAuth(credentialsFrom(route)));
    if (answer.error) throw outcomeOf(answer.error, answer.transport);
    return publicUrl + answer.data.url.slice(url.length);
  }

  async exchangeCode({ code, codeVerifier }: { code: string; codeVerifier: string }) {
    const answer = await this.#calls.asAnybody((auth) => auth.exchangeCodeForSession(code), codeVerifier);
    if (answer.error) {
      // Whoever asked for a link has signed out since, or is gone.
      const hasLeft = isAuthSessionMissingError(answer.error) || answer.error.code === 'user_not_found';
      throw hasLeft ? new InvalidAuthCodeError() : outcomeOf(answer.error, answer.transport);
    }
    return sessionFromSupabase(answer.data.session);
  }

  async signInWithIdToken(input: Parameters<OAuthBackend['signInWithIdToken']>[0]) {
    const { provider, idToken, accessToken, nonce } = input;
    const answer = await this.#calls.asAnybody((auth) =>
      auth.signInWithIdToken({
        provider,
        token: idToken,
        ...(accessToken !== null && { access_token: accessToken }),
        ...(nonce !== null && { nonce }),
      }),
    );
    if (!answer.error) return sessionFromSupabase(answer.data.session);
    // What is wrong with the token is said as OAuth does, without a code.
    if (answer.error.status === 400 && !answer.error.code) throw new InvalidIdTokenError();
    throw outcomeOf(answer.error, answer.transport);
  }

  async linkUrl(accessToken: string, route: ProviderRoute, proof: Proof | null) {
    const answer = await this.#proving(proof, ({ headers }) =>
      this.#calls.asPerson(accessToken, (auth) => auth.linkIdentity(credentialsFrom(route)), headers),
    );
    if (answer.error) throw deniedOr(answer.error, answer.transport);
    if (!answer.data.url) throw new Error('Supabase Auth answered a link without an address.');
    return answer.data.url;
  }

  async unlinkIdentity(accessToken: string, identityId: string, proof: Proof | null) {
    // Of the identity nothing but this is looked at.
    const identity = { identity_id: identityId } as UserIdentity;
    const answer = await this.#proving(proof, ({ headers }) =>
      this.#calls.asPerson(accessToken, (auth) => auth.unlinkIdentity(identity), headers),
    );
    if (answer.error) throw deniedOr(answer.error, answer.transport);
  }
}

/** supabase-js would make a verifier of its own; the caller has one, so its challenge goes where supabase-js puts what it does not know. */
function credentialsFrom({ provider, redirectTo, scopes, codeChallenge, queryParams }: ProviderRoute) {
  return {
    provider: provider as Provider,
    options: {
      ...(redirectTo !== null && { redirectTo }),
      ...(scopes.length > 0 && { scopes: scopes.join(' ') }),
      queryParams: { ...queryParams, code_challenge: codeChallenge, code_challenge_method: 's256' },
      skipBrowserRedirect: true,
    },
  };
}

function deniedOr(error: AuthError, transport: Transport): Error {
  return isGone(error) ? new DeniedError('UNAUTHENTICATED') : outcomeOf(error, transport);
}
