/** The typed outcomes of `identity/errors.ts`, as union members. */

import { OutrankedError, OwnAccountError } from '../identity/administration/administration-errors.ts';
import { ERROR_CODES } from '../identity/error-codes.ts';
import {
  AccountBannedError,
  EmailNotConfirmedError,
  EmailTakenError,
  type FieldIssue,
  InvalidCodeError,
  InvalidCredentialsError,
  InvalidRefreshTokenError,
  LastAdminError,
  ManagedElsewhereError,
  MetadataTooLargeError,
  NotEnabledError,
  NotSupportedError,
  PhoneNotConfirmedError,
  PhoneTakenError,
  PreferencesTooLargeError,
  RateLimitedError,
  ReauthenticationRequiredError,
  RefusedError,
  SamePasswordError,
  ServiceUnavailableError,
  SignupDisabledError,
  type UserError,
  UserNotFoundError,
  ValidationError,
  WeakPasswordError,
} from '../identity/errors.ts';
import {
  AssuranceRequiredError,
  FactorNameTakenError,
  FactorNotFoundError,
  InvalidMfaCodeError,
  LastFactorError,
  MfaChallengeExpiredError,
  TooManyFactorsError,
} from '../identity/factors/factor-errors.ts';
import {
  PasskeyChallengeExpiredError,
  PasskeyExistsError,
  PasskeyNotAcceptedError,
  PasskeyNotFoundError,
  TooManyPasskeysError,
} from '../identity/factors/passkey-errors.ts';
import {
  IdentityAlreadyLinkedError,
  IdentityNotFoundError,
  InvalidAuthCodeError,
  InvalidIdTokenError,
  LastIdentityError,
  LinkingDisabledError,
  ProviderDisabledError,
  ProviderEmailUnverifiedError,
} from '../identity/sign-in/provider-errors.ts';
import {
  TooManyWebhooksError,
  WebhookDeliveryNotFoundError,
  WebhookNotFoundError,
} from '../identity/webhooks/webhook-errors.ts';
import { builder } from './builder.ts';

type Codes = { [Code in keyof typeof ERROR_CODES]: { description: string } };

const ErrorCode = builder.enumType('ErrorCode', {
  description:
    'Stable names for outcomes that a caller can act on. More may be added; none changes its meaning.',
  values: Object.fromEntries(
    Object.entries(ERROR_CODES).map(([code, description]) => [code, { description }]),
  ) as Codes,
});

const UserErrorRef = builder.interfaceRef<UserError>('UserError').implement({
  description: 'An outcome that is not the one asked for, and that the caller can do something about.',
  fields: (t) => ({
    code: t.field({
      type: ErrorCode,
      description: 'For programs. Never changes.',
      resolve: (error) => error.code,
    }),
    message: t.exposeString('message', {
      description: 'For people, in English. May change; do not compare it.',
    }),
  }),
});

const FieldIssueRef = builder.objectRef<FieldIssue>('FieldIssue').implement({
  description: 'One thing wrong with one field of the input.',
  fields: (t) => ({
    path: t.field({
      type: ['String'],
      description:
        'Where in the input, from the outside in: `["profile", "avatarUrl"]`. Empty: the input as a whole.',
      resolve: ({ path }) => [...path],
    }),
    code: t.exposeString('code', {
      description:
        'For programs: `TOO_LONG`, `TOO_MANY`, `TOO_DEEP`, `CHOOSE_ONE`, `INVALID_FORMAT`, `INVALID_CHARACTER`, `RESERVED_KEY`, `REQUIRED`, `IN_THE_PAST` or `NOT_ACCEPTED`.',
    }),
    message: t.exposeString('message', { description: 'For people, in English.' }),
  }),
});

const WeakPasswordReason = builder.enumType('WeakPasswordReason', {
  description: 'Why a password is refused.',
  values: {
    LENGTH: { value: 'length', description: 'Too short, or longer than can be hashed.' },
    CHARACTERS: {
      value: 'characters',
      description: 'The address itself, or characters that are missing or refused.',
    },
    PWNED: { value: 'pwned', description: 'Among the passwords that attackers try first.' },
  } as const,
});

const implementsUserError = { interfaces: [UserErrorRef] };

builder.objectType(ValidationError, {
  name: 'ValidationError',
  ...implementsUserError,
  description: 'Something in the input is not acceptable. Nothing was changed.',
  fields: (t) => ({
    issues: t.field({
      type: [FieldIssueRef],
      description: 'Everything that is wrong, not just the first thing.',
      resolve: ({ issues }) => [...issues],
    }),
  }),
});

builder.objectType(WeakPasswordError, {
  name: 'WeakPasswordError',
  ...implementsUserError,
  description: 'The password is not strong enough to be stored.',
  fields: (t) => ({
    reasons: t.field({
      type: [WeakPasswordReason],
      description: 'Why; at least one reason.',
      resolve: ({ reasons }) => [...reasons],
    }),
  }),
});

builder.objectType(MetadataTooLargeError, {
  name: 'MetadataTooLargeError',
  ...implementsUserError,
  description: 'The profile rides in every access token, and this one would not fit. Nothing was changed.',
  fields: (t) => ({
    maxBytes: t.exposeInt('maxBytes', { description: 'What the whole metadata may take, as JSON in UTF-8.' }),
    actualBytes: t.exposeInt('actualBytes', { description: 'What it would have taken.' }),
  }),
});

builder.objectType(PreferencesTooLargeError, {
  name: 'PreferencesTooLargeError',
  ...implementsUserError,
  description: 'The preferences ride in every access token, and these are too many. Nothing was changed.',
  fields: (t) => ({
    limitBytes: t.exposeInt('limitBytes', {
      description: 'What all preferences may take, as JSON in UTF-8.',
    }),
    actualBytes: t.exposeInt('actualBytes', { description: 'What they would have taken.' }),
    excessBytes: t.exposeInt('excessBytes', { description: 'How much must go: the difference.' }),
  }),
});

builder.objectType(RateLimitedError, {
  name: 'RateLimitedError',
  ...implementsUserError,
  description: 'Too many attempts from this address or for this account, whether or not the account exists.',
  fields: (t) => ({
    retryAfterSeconds: t.exposeInt('retryAfterSeconds', { description: 'How long to wait, in seconds.' }),
  }),
});

builder.objectType(ServiceUnavailableError, {
  name: 'ServiceUnavailableError',
  ...implementsUserError,
  description:
    'The auth server is busy or out of reach, and may or may not have done what was asked. Send it again later.',
  fields: (t) => ({
    retryAfterSeconds: t.exposeInt('retryAfterSeconds', { description: 'How long to wait, in seconds.' }),
  }),
});

builder.objectType(NotSupportedError, {
  name: 'NotSupportedError',
  ...implementsUserError,
  description: ERROR_CODES.NOT_SUPPORTED,
  fields: (t) => ({
    missing: t.exposeString('missing', {
      description: 'For programs: what is lacking, like `RECOVERY_CODES` or `PASSKEYS`.',
    }),
  }),
});

/** Errors that say no more than their code. */
const PLAIN = {
  SAME_PASSWORD: SamePasswordError,
  EMAIL_TAKEN: EmailTakenError,
  PHONE_TAKEN: PhoneTakenError,
  NOT_ENABLED: NotEnabledError,
  SIGNUP_DISABLED: SignupDisabledError,
  INVALID_CREDENTIALS: InvalidCredentialsError,
  INVALID_CODE: InvalidCodeError,
  EMAIL_NOT_CONFIRMED: EmailNotConfirmedError,
  PHONE_NOT_CONFIRMED: PhoneNotConfirmedError,
  ACCOUNT_BANNED: AccountBannedError,
  INVALID_REFRESH_TOKEN: InvalidRefreshTokenError,
  AAL2_REQUIRED: AssuranceRequiredError,
  INVALID_MFA_CODE: InvalidMfaCodeError,
  MFA_CHALLENGE_EXPIRED: MfaChallengeExpiredError,
  FACTOR_NOT_FOUND: FactorNotFoundError,
  FACTOR_NAME_TAKEN: FactorNameTakenError,
  TOO_MANY_FACTORS: TooManyFactorsError,
  LAST_FACTOR: LastFactorError,
  REAUTHENTICATION_REQUIRED: ReauthenticationRequiredError,
  PASSKEY_CHALLENGE_EXPIRED: PasskeyChallengeExpiredError,
  PASSKEY_NOT_ACCEPTED: PasskeyNotAcceptedError,
  PASSKEY_EXISTS: PasskeyExistsError,
  PASSKEY_NOT_FOUND: PasskeyNotFoundError,
  TOO_MANY_PASSKEYS: TooManyPasskeysError,
  MANAGED_ELSEWHERE: ManagedElsewhereError,
  REFUSED: RefusedError,
  INVALID_AUTH_CODE: InvalidAuthCodeError,
  INVALID_ID_TOKEN: InvalidIdTokenError,
  PROVIDER_DISABLED: ProviderDisabledError,
  PROVIDER_EMAIL_UNVERIFIED: ProviderEmailUnverifiedError,
  IDENTITY_ALREADY_LINKED: IdentityAlreadyLinkedError,
  IDENTITY_NOT_FOUND: IdentityNotFoundError,
  LAST_IDENTITY: LastIdentityError,
  LINKING_DISABLED: LinkingDisabledError,
  USER_NOT_FOUND: UserNotFoundError,
  OUTRANKED: OutrankedError,
  OWN_ACCOUNT: OwnAccountError,
  LAST_ADMIN: LastAdminError,
  WEBHOOK_NOT_FOUND: WebhookNotFoundError,
  WEBHOOK_DELIVERY_NOT_FOUND: WebhookDeliveryNotFoundError,
  TOO_MANY_WEBHOOKS: TooManyWebhooksError,
} satisfies { [Code in keyof typeof ERROR_CODES]?: new (message?: string) => UserError & { code: Code } };

for (const [code, type] of Object.entries(PLAIN) as [
  keyof typeof PLAIN,
  (typeof PLAIN)[keyof typeof PLAIN],
][]) {
  builder.objectType(type, { name: type.name, interfaces: [UserErrorRef], description: ERROR_CODES[code] });
}
