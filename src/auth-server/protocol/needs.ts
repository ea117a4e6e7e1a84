/** What the auth server needs from outside, and who may call it. */
import type { Logger } from 'pino';
import type { Hooks } from '../../adapters/hooks/hook.ts';
import type { Outbox } from '../../adapters/mail/outbox.ts';
import type { OAuthProviders } from '../../adapters/oauth/providers.ts';
import type { PasswordHasher } from '../../adapters/passwords/password-hasher.ts';
import type { PasswordRules } from '../../adapters/passwords/password-policy.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import type { SigningKeys } from '../../adapters/tokens/signing-keys.ts';
import type { AttemptLimiter } from '../../identity/attempts.ts';
import type { AuditRecorder } from '../../identity/audit/audit-event.ts';
import type { ChangeSink } from '../../identity/changes.ts';
import type { Client } from '../../identity/client.ts';
import type { Clock } from '../../identity/clock.ts';
import type { RelyingParty } from '../passkeys/relying-party.ts';
import type { RedirectSettings } from './redirect.ts';

export interface SessionLimits {
  /** Whatever is done with it, a session ends so long after it began. Null: never. */
  readonly timeboxSeconds: number | null;
  /** A session nobody refreshes for so long is over. Null: only the life of its refresh token says. */
  readonly inactivityTimeoutSeconds: number | null;
  /** Whether only the newest of a person's sessions goes on. */
  readonly isSinglePerUser: boolean;
  /** How long a used refresh token of version 1 may come again, as happens to lost answers and racing tabs. */
  readonly reuseIntervalSeconds: number;
}

export interface AuthServerSettings extends RedirectSettings {
  /** The `iss` of access tokens: the public address of `/auth/v1`. */
  issuer: string;
  accessTokenTtlSeconds: number;
  /** A session nobody refreshes for so long is over. */
  refreshTokenTtlSeconds: number;
  /** Whether an address must be confirmed before its first sign-in. */
  emailConfirmation: boolean;
  signupEnabled: boolean;
  /** Whether anybody gets an account and a session without an address. */
  anonymousUsersEnabled: boolean;
  phone: PhoneSettings;
  /** Whether the present address has to confirm a change of address too. */
  secureEmailChange: boolean;
  passwordRules: PasswordRules;
  sessions: SessionLimits;
  /** Whether a new password or address asks for the current password, so that a borrowed access token cannot take over an account that has one. */
  requireCurrentPassword: boolean;
  /** Whether people may link and unlink providers by themselves. */
  manualLinking: boolean;
  /** Whether a session alone does for that only just after its person has shown who they are. */
  linkingNeedsProof: boolean;
  /** The same of adding second factors and passkeys, and taking them away. */
  factorsNeedProof: boolean;
  codes: CodeSettings;
  mfa: MfaSettings;
  /** Null: they are off. */
  passkeys: PasskeySettings | null;
  /** Null: nobody acts in anybody's stead. */
  impersonation: ImpersonationSettings | null;
}

/** Codes and links by mail. */
export interface CodeSettings {
  /** How many digits a code has: 6 to 10. */
  length: number;
  /** How long a code and its link hold. */
  ttlSeconds: number;
  /**
   * What opening a link does: show a page with a button, use the link up at once as Supabase Auth does, or hand what it holds to the application.
   */
  links: 'page' | 'direct' | 'app';
  /** Whether a session of more than a day sets a password only with a code by mail (`nonce`). */
  requireReauthentication: boolean;
}

export interface MfaSettings {
  isTotpEnrollEnabled: boolean;
  /** What authenticator apps show beside the code, unless the enrolment names another. */
  totpIssuer: string;
  /** Of one person, begun ones and recovery codes counted. */
  maxEnrolledFactors: number;
  challengeTtlSeconds: number;
}

/** Phone numbers as a way in. */
export interface PhoneSettings {
  enabled: boolean;
  /** Whether a number counts as confirmed without a code. Proves nothing. */
  autoconfirm: boolean;
  codeTtlSeconds: number;
  codeLength: number;
}

export interface ImpersonationSettings {
  ttlSeconds: number;
}

export interface PasskeySettings extends RelyingParty {
  /** From being asked for a passkey to showing it. */
  challengeTtlSeconds: number;
}

/** Who calls. `process` is Limen itself, whose rules have counted the attempt already; `socket` is anybody. */
export interface Caller extends Client {
  via: 'process' | 'socket';
}

export interface AuthServerNeeds {
  database: Database;
  keys: SigningKeys;
  passwords: PasswordHasher;
  outbox: Outbox;
  /** Those that are on. */
  oauth: OAuthProviders;
  clock: Clock;
  settings: AuthServerSettings;
  changes: ChangeSink;
  /** The same limiter that the GraphQL rules use, so that nobody gets two budgets. */
  attempts: AttemptLimiter;
  hooks: Hooks;
  audit: AuditRecorder;
  log: Logger;
}
