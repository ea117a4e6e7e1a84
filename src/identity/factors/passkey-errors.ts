/** What can come of passkeys. */
import { UserError } from '../errors.ts';

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
