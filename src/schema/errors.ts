/** The typed outcomes of `identity/errors.ts`, as union members. */
import {
  AccountBannedError,
  EmailNotConfirmedError,
  EmailTakenError,
  ERROR_CODES,
  type FieldIssue,
  InvalidCredentialsError,
  InvalidRefreshTokenError,
  LastAdminError,
  MetadataTooLargeError,
  RateLimitedError,
  ReauthenticationRequiredError,
  SamePasswordError,
  ServiceUnavailableError,
  SignupDisabledError,
  type UserError,
  UserNotFoundError,
  ValidationError,
  WeakPasswordError,
} from '../identity/errors.ts';
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
      description: 'For programs: `INVALID_FORMAT`, `TOO_LONG`, `RESERVED_KEY`, …',
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
      description: 'Every reason that applies.',
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

const plain = <Type extends new (...args: never[]) => UserError>(
  type: Type,
  name: string,
  description: string,
) => builder.objectType(type as never, { name, ...implementsUserError, description } as never);

plain(SamePasswordError, 'SamePasswordError', 'The new password is the current one.');
plain(
  EmailTakenError,
  'EmailTakenError',
  'The address has an account. Told only where sign-ups are confirmed at once, since there the success itself would tell.',
);
plain(SignupDisabledError, 'SignupDisabledError', 'This installation takes no sign-ups.');
plain(
  InvalidCredentialsError,
  'InvalidCredentialsError',
  'Address and password do not go together. The same for an address nobody has.',
);
plain(
  EmailNotConfirmedError,
  'EmailNotConfirmedError',
  'The password is right; the address has still to be confirmed.',
);
plain(AccountBannedError, 'AccountBannedError', 'The password is right; the account is banned.');
plain(
  InvalidRefreshTokenError,
  'InvalidRefreshTokenError',
  'The session cannot be continued: its refresh token is unknown, expired, or was used twice. Log in again.',
);
plain(
  ReauthenticationRequiredError,
  'ReauthenticationRequiredError',
  'The session is too old or too weak for this change. Log in again first.',
);
plain(UserNotFoundError, 'UserNotFoundError', 'Nobody has that id.');
plain(LastAdminError, 'LastAdminError', 'The change would leave nobody with the role `admin`.');
