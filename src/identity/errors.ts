/**
 * The outcomes a caller acts on. Each has a code that never changes; the schema shows each as a type.
 * Everything else is thrown as it is, logged once with the request id, and masked.
 */
export const ERROR_CODES = {
  VALIDATION_FAILED: 'Something in the input is not acceptable; `issues` says what and where.',
  WEAK_PASSWORD:
    'The password is too short, too long, too common, or the address itself; `reasons` says which.',
  SAME_PASSWORD: 'The new password is the current one.',
  EMAIL_TAKEN:
    'The address has an account. Strangers are told only where sign-ups are confirmed at once, as the success itself would tell.',
  PHONE_TAKEN: 'The number has an account.',
  NOT_ENABLED: 'This installation does not offer this way in. Its operator can turn it on.',
  SIGNUP_DISABLED: 'This installation takes no sign-ups.',
  INVALID_CREDENTIALS: 'The address and the password do not go together, or nobody has that address.',
  INVALID_CODE: 'The link or the code is wrong, used, or too old. Ask for another one.',
  EMAIL_NOT_CONFIRMED:
    'The password is right, and the address has still to be confirmed: `resendVerification` sends the mail again.',
  ACCOUNT_BANNED: 'The password is right, and an administrator has banned the account.',
  INVALID_REFRESH_TOKEN:
    'The refresh token is unknown, expired, or older than the last two of its session. Log in again.',
  REAUTHENTICATION_REQUIRED:
    'The session alone is not enough for this change: give the current password, or a code (`requestReauthentication`), or log in again.',
  AAL2_REQUIRED:
    'The person has a second factor, and this session has not shown it. Ask for a code, call `stepUp`, and try again.',
  INVALID_MFA_CODE: 'The code is wrong, too old, or was used before.',
  MFA_CHALLENGE_EXPIRED:
    'Nobody can finish this sign-in any more: it took too long, or there were too many wrong codes. Log in again.',
  FACTOR_NOT_FOUND: 'The person has no such factor.',
  FACTOR_NAME_TAKEN: 'The person has a factor of that name already.',
  TOO_MANY_FACTORS: 'The person has as many factors as they may have. Remove one first.',
  LAST_FACTOR: 'Recovery codes alone would be left. Set another factor up first.',
  PASSKEY_CHALLENGE_EXPIRED:
    'The challenge is too old, was used before, or was for something else. Start again for another one.',
  PASSKEY_NOT_ACCEPTED:
    'The passkey is unknown, from another site, or its answer is not good. Nothing more is said of why.',
  PASSKEY_EXISTS: 'The passkey is registered already, for this account or for another one.',
  PASSKEY_NOT_FOUND: 'The person has no such passkey.',
  TOO_MANY_PASSKEYS: 'The person has as many passkeys as they may have. Remove one first.',
  NOT_SUPPORTED: 'The auth server behind this API cannot do it; `missing` says what it lacks.',
  MANAGED_ELSEWHERE: "An organization's own sign-in keeps this account; its password cannot be changed here.",
  REFUSED: 'A rule of this installation says no; `message` gives its reason, for the person to read.',
  INVALID_AUTH_CODE:
    'The code of this sign-in is unknown, used, older than five minutes, or the verifier is not the one it began with.',
  INVALID_ID_TOKEN:
    'The ID token is not one of this provider for this application, is out of date or used, or its nonce is another one.',
  PROVIDER_DISABLED:
    'This installation does not sign people in by that provider; `authProviders` lists those it does.',
  PROVIDER_EMAIL_UNVERIFIED:
    'The provider gives no address, or has not verified it. Verify it there, and try again.',
  IDENTITY_ALREADY_LINKED:
    'That account of the provider opens an account here already: this one, or somebody else’s.',
  IDENTITY_NOT_FOUND: 'The person signs in by nothing of that id.',
  LAST_IDENTITY: 'It is the only way the person signs in. Add another one first.',
  LINKING_DISABLED: 'This installation does not let people link and unlink providers.',
  USER_NOT_FOUND: 'Nobody has that id.',
  LAST_ADMIN: 'The change would leave nobody with the role `admin`.',
  METADATA_TOO_LARGE:
    'The profile would no longer fit into the access token; `maxBytes` and `actualBytes` say by how much.',
  RATE_LIMITED: 'Too many attempts. Try again after `retryAfterSeconds`.',
  SERVICE_UNAVAILABLE:
    'The auth server is busy or out of reach, and may or may not have done what was asked. Try again later.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

const DENIALS = {
  UNAUTHENTICATED: 'Log in first.',
  FORBIDDEN: 'Not allowed.',
  CSRF_REFUSED: 'The cookie of a session is for pages of this origin, and of those in CORS_ORIGINS.',
} as const;

export type DenialCode = keyof typeof DENIALS;

export const DENIAL_CODES = Object.keys(DENIALS) as DenialCode[];

/** Not signed in (any more), or not allowed. A top-level error and no member of a union: every field can answer so. */
export class DeniedError extends Error {
  override readonly name = 'DeniedError';
  readonly code: DenialCode;
  /** Shown as `extensions.reason`, where the caller can do something about it; null otherwise. */
  readonly reason: 'AAL2_REQUIRED' | null;

  constructor(code: DenialCode, reason: 'AAL2_REQUIRED' | null = null) {
    super(reason ? ERROR_CODES[reason] : DENIALS[code]);
    this.code = code;
    this.reason = reason;
  }
}

export abstract class UserError extends Error {
  abstract readonly code: ErrorCode;
}

/** One thing wrong with one field. */
export interface FieldIssue {
  /** Where in the input, from the outside in: `['profile', 'avatarUrl']`. */
  readonly path: readonly string[];
  /** Stable, for programs: `TOO_LONG`, `INVALID_FORMAT`, … */
  readonly code: string;
  readonly message: string;
}

export class ValidationError extends UserError {
  readonly code = 'VALIDATION_FAILED';
  readonly issues: readonly FieldIssue[];

  constructor(issues: readonly FieldIssue[]) {
    super('The input is not acceptable.');
    this.issues = issues;
  }
}

/** Both values, or one error with what is wrong with either. @throws {ValidationError} */
export function allValid<A, B>(parseA: () => A, parseB: () => B): [A, B] {
  const issues: FieldIssue[] = [];
  const values = [parseA, parseB].map((parse) => {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      issues.push(...error.issues);
      return undefined;
    }
  });
  if (issues.length > 0) throw new ValidationError(issues);
  return values as [A, B];
}

export type WeakPasswordReason = 'length' | 'characters' | 'pwned';

export class WeakPasswordError extends UserError {
  readonly code = 'WEAK_PASSWORD';
  readonly reasons: readonly WeakPasswordReason[];

  constructor(message: string, reasons: readonly WeakPasswordReason[]) {
    super(message);
    this.reasons = reasons;
  }
}

export class SamePasswordError extends UserError {
  readonly code = 'SAME_PASSWORD';
  constructor() {
    super('The new password must differ from the current one.');
  }
}

export class EmailTakenError extends UserError {
  readonly code = 'EMAIL_TAKEN';
  constructor() {
    super('An account with this address exists. Log in instead.');
  }
}

export class PhoneTakenError extends UserError {
  readonly code = 'PHONE_TAKEN';
  constructor() {
    super('An account with this number exists.');
  }
}

export class NotEnabledError extends UserError {
  readonly code = 'NOT_ENABLED';
  constructor() {
    super('This way in is turned off here.');
  }
}

export class SignupDisabledError extends UserError {
  readonly code = 'SIGNUP_DISABLED';
  constructor() {
    super('Sign-ups are closed.');
  }
}

export class InvalidCredentialsError extends UserError {
  readonly code = 'INVALID_CREDENTIALS';
  /** @param message what a rule of the operator's has to say to whoever tries, known or not */
  constructor(message = 'The address or the password is wrong.') {
    super(message);
  }
}

export class InvalidCodeError extends UserError {
  readonly code = 'INVALID_CODE';
  constructor() {
    super('The link or the code is not valid, or no longer.');
  }
}

export class EmailNotConfirmedError extends UserError {
  readonly code = 'EMAIL_NOT_CONFIRMED';
  constructor() {
    super('Confirm the address first.');
  }
}

export class AccountBannedError extends UserError {
  readonly code = 'ACCOUNT_BANNED';
  constructor() {
    super('This account is banned.');
  }
}

export class InvalidRefreshTokenError extends UserError {
  readonly code = 'INVALID_REFRESH_TOKEN';
  constructor() {
    super('This session cannot be continued. Log in again.');
  }
}

export class ReauthenticationRequiredError extends UserError {
  readonly code = 'REAUTHENTICATION_REQUIRED';
  constructor() {
    super('Log in again before this change.');
  }
}

export class AssuranceRequiredError extends UserError {
  readonly code = 'AAL2_REQUIRED';
  constructor() {
    super('Show your second factor first.');
  }
}

export class InvalidMfaCodeError extends UserError {
  readonly code = 'INVALID_MFA_CODE';
  constructor() {
    super('This code is not right.');
  }
}

export class MfaChallengeExpiredError extends UserError {
  readonly code = 'MFA_CHALLENGE_EXPIRED';
  constructor() {
    super('Log in again.');
  }
}

export class FactorNotFoundError extends UserError {
  readonly code = 'FACTOR_NOT_FOUND';
  constructor() {
    super('There is no such factor.');
  }
}

export class FactorNameTakenError extends UserError {
  readonly code = 'FACTOR_NAME_TAKEN';
  constructor() {
    super('You have a factor of that name already.');
  }
}

export class TooManyFactorsError extends UserError {
  readonly code = 'TOO_MANY_FACTORS';
  constructor() {
    super('Remove a factor before you add another one.');
  }
}

export class LastFactorError extends UserError {
  readonly code = 'LAST_FACTOR';
  constructor() {
    super('Set up another factor before you remove this one.');
  }
}

export class PasskeyChallengeExpiredError extends UserError {
  readonly code = 'PASSKEY_CHALLENGE_EXPIRED';
  constructor() {
    super('That took too long. Try again.');
  }
}

export class PasskeyNotAcceptedError extends UserError {
  readonly code = 'PASSKEY_NOT_ACCEPTED';
  constructor() {
    super('This passkey is not accepted.');
  }
}

export class PasskeyExistsError extends UserError {
  readonly code = 'PASSKEY_EXISTS';
  constructor() {
    super('This passkey is registered already.');
  }
}

export class PasskeyNotFoundError extends UserError {
  readonly code = 'PASSKEY_NOT_FOUND';
  constructor() {
    super('There is no such passkey.');
  }
}

export class TooManyPasskeysError extends UserError {
  readonly code = 'TOO_MANY_PASSKEYS';
  constructor() {
    super('Remove a passkey before you add another one.');
  }
}

/** `missing` names what the auth server lacks, for programs: `RECOVERY_CODES`. */
export class NotSupportedError extends UserError {
  readonly code = 'NOT_SUPPORTED';
  readonly missing: string;

  constructor(missing: string) {
    super(`The auth server behind this API lacks ${missing}.`);
    this.missing = missing;
  }
}

export class ManagedElsewhereError extends UserError {
  readonly code = 'MANAGED_ELSEWHERE';
  constructor() {
    super('Change it where you log in.');
  }
}

/** A hook of the operator's said no. */
export class RefusedError extends UserError {
  readonly code = 'REFUSED';
}

export class InvalidAuthCodeError extends UserError {
  readonly code = 'INVALID_AUTH_CODE';
  constructor() {
    super('Start the sign-in again.');
  }
}

export class InvalidIdTokenError extends UserError {
  readonly code = 'INVALID_ID_TOKEN';
  constructor() {
    super('The provider’s token is not valid here.');
  }
}

export class ProviderDisabledError extends UserError {
  readonly code = 'PROVIDER_DISABLED';
  constructor() {
    super('This provider is not on.');
  }
}

export class ProviderEmailUnverifiedError extends UserError {
  readonly code = 'PROVIDER_EMAIL_UNVERIFIED';
  constructor() {
    super('Verify your address with the provider first.');
  }
}

export class IdentityAlreadyLinkedError extends UserError {
  readonly code = 'IDENTITY_ALREADY_LINKED';
  constructor() {
    super('That account is linked already.');
  }
}

export class IdentityNotFoundError extends UserError {
  readonly code = 'IDENTITY_NOT_FOUND';
  constructor() {
    super('There is no such way to sign in.');
  }
}

export class LastIdentityError extends UserError {
  readonly code = 'LAST_IDENTITY';
  constructor() {
    super('This is your only way to sign in.');
  }
}

export class LinkingDisabledError extends UserError {
  readonly code = 'LINKING_DISABLED';
  constructor() {
    super('Linking is off.');
  }
}

export class UserNotFoundError extends UserError {
  readonly code = 'USER_NOT_FOUND';
  constructor() {
    super('Nobody has that id.');
  }
}

export class LastAdminError extends UserError {
  readonly code = 'LAST_ADMIN';
  constructor() {
    super('Somebody must keep the role admin.');
  }
}

export class MetadataTooLargeError extends UserError {
  readonly code = 'METADATA_TOO_LARGE';
  readonly maxBytes: number;
  readonly actualBytes: number;

  constructor(maxBytes: number, actualBytes: number) {
    super(
      `The profile takes ${actualBytes} bytes, ${actualBytes - maxBytes} more than the ${maxBytes} there are.`,
    );
    this.maxBytes = maxBytes;
    this.actualBytes = actualBytes;
  }
}

export class RateLimitedError extends UserError {
  readonly code = 'RATE_LIMITED';
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super(`Too many attempts. Try again in ${retryAfterSeconds} s.`);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class ServiceUnavailableError extends UserError {
  readonly code = 'SERVICE_UNAVAILABLE';
  /** A suggestion, in seconds. */
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number, options?: ErrorOptions) {
    super(`Try again in ${retryAfterSeconds} s.`, options);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
