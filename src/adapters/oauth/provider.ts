/** Where else people sign in: what the auth server asks of a provider, and what it hears. */
import type { JsonObject } from '../../identity/json.ts';

/** What a provider says of somebody who signed in there. */
export interface ProviderIdentity {
  /** The provider's own id of the person. It stays the same, and nobody else ever gets it. */
  subject: string;
  /** In lower case; null where the provider gave none, or none that anybody could sign up with. */
  email: string | null;
  /** Whether the provider knows the address to be theirs. Nothing else may decide whose account this is. */
  emailVerified: boolean;
  /** As it is kept in `auth.identities.identity_data`, and shown in `user_metadata`. */
  data: JsonObject;
}

/** For the provider's own API. */
export interface ProviderTokens {
  accessToken: string;
  refreshToken: string | null;
}

/** What is made for one sign-in, and compared when it comes back. */
export interface ProviderFlow {
  state: string;
  nonce: string;
  /** PKCE between us and the provider, whatever the application does. */
  codeVerifier: string;
}

export interface PresentedIdToken {
  idToken: string;
  /** As the application made it; the token holds its hash. */
  nonce: string | null;
  /** Checked against the token's `at_hash`. */
  accessToken: string | null;
}

export interface VerifiedIdToken {
  identity: ProviderIdentity;
  /** What the token can be known again by, if its nonce makes it one that counts once; else null. */
  onceKey: string | null;
  expiresAt: Date;
}

export interface OAuthProvider {
  /** As `auth.identities.provider` has it. */
  readonly name: string;
  /** For a button. */
  readonly label: string;
  /** Whether people without an address may come from there. */
  readonly emailOptional: boolean;
  /** Whether its answer comes by a form that its page sends here, and not by a redirect. */
  readonly answersByForm: boolean;

  /**
   * Where to send the browser.
   * @param scopes beside those the provider needs; empty for no more
   * @param parameters what the application adds; none of those that the protocol itself uses
   * @throws {ProviderUnavailableError}
   */
  authorizationUrl(flow: ProviderFlow, scopes: string, parameters: Record<string, string>): Promise<URL>;

  /**
   * Exchanges the code that came back. @throws {ProviderRefusalError} @throws {ProviderUnavailableError}
   * @param answer the parameters of the callback
   */
  exchange(
    answer: URLSearchParams,
    flow: ProviderFlow,
  ): Promise<{ identity: ProviderIdentity; tokens: ProviderTokens }>;

  /** Null where the provider issues no ID tokens. @throws {ProviderRefusalError} @throws {ProviderUnavailableError} */
  readonly verifyIdToken: ((presented: PresentedIdToken, now: Date) => Promise<VerifiedIdToken>) | null;
}

/** What came from the provider is not what was asked for, or says no. `reason` is for the log. */
export class ProviderRefusalError extends Error {
  override readonly name = 'ProviderRefusalError';
  readonly code: 'refused' | 'nonce_missing' | 'nonce_mismatch';

  constructor(reason: string, options: ErrorOptions & { code?: ProviderRefusalError['code'] } = {}) {
    super(reason, options);
    this.code = options.code ?? 'refused';
  }
}

/** The provider is out of reach, too slow, or broken at the moment. */
export class ProviderUnavailableError extends Error {
  override readonly name = 'ProviderUnavailableError';
}
