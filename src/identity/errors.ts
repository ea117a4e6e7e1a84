/**
 * The outcomes a caller acts on. Each has a code that never changes; the schema shows each as a type.
 * Everything else is thrown as it is, logged once with the request id, and masked.
 */
import type { ErrorCode } from './error-codes.ts';

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
  constructor(message = 'This way in is turned off here.') {
    super(message);
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

export class PhoneNotConfirmedError extends UserError {
  readonly code = 'PHONE_NOT_CONFIRMED';
  constructor() {
    super('Confirm the number first.');
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

export class PreferencesTooLargeError extends UserError {
  readonly code = 'PREFERENCES_TOO_LARGE';
  readonly limitBytes: number;
  readonly actualBytes: number;

  constructor(limitBytes: number, actualBytes: number) {
    super(
      `The preferences take ${actualBytes} bytes, ${actualBytes - limitBytes} more than the ${limitBytes} there are.`,
    );
    this.limitBytes = limitBytes;
    this.actualBytes = actualBytes;
  }

  get excessBytes(): number {
    return this.actualBytes - this.limitBytes;
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
