/** What can come of second factors. */
import { UserError } from '../errors.ts';

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
