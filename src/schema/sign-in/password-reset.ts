/** A new password for somebody who lost theirs. The rules live in `identity/sign-in/password-reset.ts`. */
import {
  AccountBannedError,
  InvalidCodeError,
  ManagedElsewhereError,
  RateLimitedError,
  ReauthenticationRequiredError,
  ServiceUnavailableError,
  ValidationError,
  WeakPasswordError,
} from '../../identity/errors.ts';
import { requestPasswordReset, resetPassword } from '../../identity/sign-in/password-reset.ts';
import { builder } from '../builder.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { redirectToField, shownCodeFields } from './shown-code.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from './sign-in.ts';
import { CodeSentRef } from './sign-in-code.ts';

const RequestPasswordResetInput = builder.inputType('RequestPasswordResetInput', {
  description: 'Whose password is lost.',
  fields: (t) => ({
    email: t.field({ type: 'EmailAddress', required: true, description: 'In any case.' }),
    ...redirectToField(t),
  }),
});

const RequestPasswordResetResult = builder.errorUnion('RequestPasswordResetResult', {
  description: 'That a code is on its way, or why none can be.',
  types: [CodeSentRef, ValidationError, RateLimitedError, ServiceUnavailableError],
});

builder.mutationField('requestPasswordReset', (t) =>
  t.field({
    type: RequestPasswordResetResult,
    skipTypeScopes: true,
    description:
      'Mails a code and a link to set a new password with. Answers alike whether or not the address has an account. One mail a minute for each address.',
    args: { input: t.arg({ type: RequestPasswordResetInput, required: true }) },
    resolve: (_root, { input }, { services }) => requestPasswordReset(services, input),
  }),
);

const ResetPasswordInput = builder.inputType('ResetPasswordInput', {
  description:
    'From the mail of `requestPasswordReset`: `email` with `code`, or `tokenHash`. And the new password.',
  fields: (t) => ({
    ...shownCodeFields(t),
    newPassword: t.string({
      required: true,
      description:
        'At least 8 characters, of any kind; not a common one, and not the address. A weak one is refused before the code is used, so that it can be tried again.',
    }),
    ...signInFields(t),
  }),
});

const ResetPasswordResult = builder.errorUnion('ResetPasswordResult', {
  description: 'A session in which the new password holds, or why it does not.',
  types: [
    ...SIGN_IN_OUTCOMES,
    InvalidCodeError,
    WeakPasswordError,
    AccountBannedError,
    ReauthenticationRequiredError,
    ManagedElsewhereError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('resetPassword', (t) =>
  t.field({
    type: ResetPasswordResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Sets a new password by a code or link, signs the person in, and ends all their other sessions. With a second factor the answer asks for it first and the password stays as it was: after that step, call `changePassword` with `newPassword` alone.',
    args: { input: t.arg({ type: ResetPasswordInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => resetPassword(context.services, input)),
  }),
);
