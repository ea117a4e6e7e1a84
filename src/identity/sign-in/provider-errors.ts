/** What can come of signing in by another provider, and of linking one. */
import { UserError } from '../errors.ts';

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
