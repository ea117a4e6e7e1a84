/** What the rules need of Supabase Auth, hosted or embedded. One is made for each request, so that it can say on whose behalf it calls. */
import type { Account } from './account.ts';
import type { ImpersonationBackend } from './administration/impersonation-backend.ts';
import type { UserAdministration } from './administration/user-administration.ts';
import type { UserDirectory } from './administration/user-directory.ts';
import type { Contact } from './contact.ts';
import type { FactorBackend } from './factors/factor-backend.ts';
import type { PasskeyBackend } from './factors/passkey-backend.ts';
import type { JsonObject } from './json.ts';
import type { AddressBackend } from './own-account/address-backend.ts';
import type { Proof } from './proof.ts';
import type { LogoutScope, Session } from './sessions/session.ts';
import type { AnonymousBackend } from './sign-in/anonymous-backend.ts';
import type { CodesBackend } from './sign-in/codes-backend.ts';
import type { InvitationBackend } from './sign-in/invitation-backend.ts';
import type { OAuthBackend } from './sign-in/oauth-backend.ts';
import type { SignInChallengeStore } from './sign-in/sign-in-challenge.ts';

/** Every method may throw `RateLimitedError` and `ServiceUnavailableError`; the others are named where they can happen. */
export interface AuthBackend {
  readonly addresses: AddressBackend;
  readonly anonymous: AnonymousBackend;
  readonly invitations: InvitationBackend;
  readonly codes: CodesBackend;
  readonly passkeys: PasskeyBackend;
  readonly users: UserAdministration;
  readonly impersonation: ImpersonationBackend;
  /** Needs the project's secret key, or the `auth` schema at hand. */
  readonly directory: UserDirectory;

  /**
   * Whether the server itself pauses between two sign-ups, sign-in codes or recoveries of one address, whether or not it has an account, and
   * so hears what comes too early. Supabase's server pauses only where there is one, which tells.
   */
  readonly pausesMessages: boolean;

  readonly factors: FactorBackend;

  /** Kept by Limen itself, wherever people live: Supabase Auth hands the first factor's session to whoever signs in. */
  readonly signInChallenges: SignInChallengeStore;
  readonly oauth: OAuthBackend;

  /**
   * Null when the address must be confirmed first, and then also when it is taken.
   * @throws {EmailTakenError} @throws {PhoneTakenError} these two only while sign-ups are confirmed at once @throws {WeakPasswordError}
   * @throws {SignupDisabledError} @throws {NotEnabledError}
   */
  signUp(input: Contact & { password: string; userMetadata: JsonObject }): Promise<Session | null>;

  /**
   * @throws {InvalidCredentialsError} @throws {EmailNotConfirmedError} @throws {PhoneNotConfirmedError} @throws {AccountBannedError}
   * @throws {NotEnabledError}
   */
  signInWithPassword(input: Contact & { password: string }): Promise<Session>;

  /** @throws {InvalidRefreshTokenError} */
  refreshSession(refreshToken: string): Promise<Session>;

  /** Ends sessions of the token's person; a session that is already over is no error. */
  signOut(accessToken: string, scope: LogoutScope): Promise<void>;

  /** The token's person as they are now, with their record. Null when they, or the session, are gone or banned. */
  findOwnAccount(accessToken: string): Promise<Account | null>;

  /** Merges one level deep: keys not named stay, null takes a key away. @throws {DeniedError} when the session is over */
  updateUserMetadata(accessToken: string, changes: JsonObject): Promise<Account>;

  /**
   * Also ends the person's other sessions.
   * @throws {InvalidCredentialsError} the current password is wrong @throws {WeakPasswordError} @throws {SamePasswordError}
   * @throws {ReauthenticationRequiredError} @throws {AssuranceRequiredError} @throws {ManagedElsewhereError}
   * @throws {DeniedError} when the session is over
   */
  changePassword(accessToken: string, input: PasswordChange): Promise<Account>;

  /** Needs the project's secret key. Null for an unknown id. */
  findAccount(id: string): Promise<Account | null>;

  /**
   * Looks at what shows that it is the person who asks, and uses a code up. @throws {InvalidCredentialsError} @throws {InvalidCodeError}
   * @throws {DeniedError} when the session is over
   */
  prove(accessToken: string, proof: Proof): Promise<void>;

  /** Needs the project's secret key. */
  hasAnyAccount(): Promise<boolean>;

  /** Whether anybody else, neither deleted nor banned, holds the role. Looks at every account where no index helps. */
  hasAnotherWithRole(role: string, exceptId: string): Promise<boolean>;
}

export interface PasswordChange {
  /** By which the person signs in. */
  readonly contact: Contact;
  readonly currentPassword: string;
  readonly newPassword: string;
}
