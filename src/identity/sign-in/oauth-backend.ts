/** What the rules need of Supabase Auth for sign-in by other providers. Every method may throw what `AuthBackend`'s may. */
import type { Proof } from '../proof.ts';
import type { Session } from '../sessions/session.ts';

export interface AuthProvider {
  /** As `app_metadata.provider` and identities have it: `google`, `custom:acme`. */
  readonly name: string;
  /** For a button; null where the server has none of its own. */
  readonly label: string | null;
}

/** The way to a provider and back, always with PKCE (RFC 7636). */
export interface ProviderRoute {
  readonly provider: string;
  /** Where to come back to; null: to the site. */
  readonly redirectTo: string | null;
  readonly scopes: readonly string[];
  /** The SHA-256 of the verifier, as base64url. */
  readonly codeChallenge: string;
  /** For the provider, as it documents them. */
  readonly queryParams: Readonly<Record<string, string>>;
}

export interface OAuthBackend {
  /** Whether the server itself tells `ChangeLog` whom a sign-in has changed. */
  readonly tellsChanges: boolean;

  /** Those that are on. */
  providers(): Promise<readonly AuthProvider[]>;

  /** Also true of a project's own provider where the server does not say which of those it has: Supabase keeps them to itself. */
  mayBeOn(provider: string): Promise<boolean>;

  /** Where to send a browser. Asks nobody. */
  signInUrl(route: ProviderRoute): Promise<string>;

  /**
   * Exchanges the code that somebody came back with for a session, and makes the link that they asked for.
   * @throws {InvalidAuthCodeError} @throws {AccountBannedError} @throws {IdentityAlreadyLinkedError} @throws {EmailTakenError}
   */
  exchangeCode(input: { code: string; codeVerifier: string }): Promise<Session>;

  /**
   * @throws {InvalidIdTokenError} @throws {ProviderDisabledError} @throws {ProviderEmailUnverifiedError} @throws {EmailTakenError}
   * @throws {SignupDisabledError} @throws {AccountBannedError}
   */
  signInWithIdToken(input: {
    provider: string;
    idToken: string;
    accessToken: string | null;
    nonce: string | null;
  }): Promise<Session>;

  /**
   * Where to send the browser of the token's person, to add a provider to their account.
   * @throws {LinkingDisabledError} @throws {AssuranceRequiredError} @throws {ManagedElsewhereError} @throws {DeniedError}
   * @throws {InvalidCredentialsError} @throws {InvalidCodeError} @throws {ReauthenticationRequiredError}
   */
  linkUrl(accessToken: string, route: ProviderRoute, proof: Proof | null): Promise<string>;

  /**
   * @throws {IdentityNotFoundError} @throws {LastIdentityError} @throws {EmailTakenError} @throws {LinkingDisabledError}
   * @throws {AssuranceRequiredError} @throws {ManagedElsewhereError} @throws {DeniedError}
   * @throws {InvalidCredentialsError} @throws {InvalidCodeError} @throws {ReauthenticationRequiredError}
   */
  unlinkIdentity(accessToken: string, identityId: string, proof: Proof | null): Promise<void>;
}
