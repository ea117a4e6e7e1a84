/** Confirmation of an address that somebody signed up with. The rules live in `identity/sign-in/verify-email.ts`. */
import {
  AccountBannedError,
  InvalidCodeError,
  NotEnabledError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import { resendVerification, verifyEmail } from '../../identity/sign-in/verify-email.ts';
import { builder } from '../builder.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { redirectToField, shownCodeFields } from './shown-code.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from './sign-in.ts';
import { EmailConfirmationSentRef, PhoneConfirmationSentRef } from './sign-up.ts';

const VerifyEmailInput = builder.inputType('VerifyEmailInput', {
  description: 'From the mail that a sign-up sent: `email` with `code`, or `tokenHash`.',
  fields: (t) => ({ ...shownCodeFields(t), ...signInFields(t) }),
});

const VerifyEmailResult = builder.errorUnion('VerifyEmailResult', {
  description: 'A session, or why the address is not confirmed.',
  types: [
    ...SIGN_IN_OUTCOMES,
    InvalidCodeError,
    AccountBannedError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('verifyEmail', (t) =>
  t.field({
    type: VerifyEmailResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Confirms the address of a sign-up and signs the person in. Takes what `signup` and `resendVerification` sent, and no other code.',
    args: { input: t.arg({ type: VerifyEmailInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => verifyEmail(context.services, input)),
  }),
);

const ResendVerificationInput = builder.inputType('ResendVerificationInput', {
  description: 'The address or number that somebody signed up with.',
  fields: (t) => ({
    email: t.field({ type: 'EmailAddress', description: 'In any case. This, or `phone`.' }),
    phone: t.string({ description: 'With the country. This, or `email`.' }),
    ...redirectToField(t),
  }),
});

const ResendVerificationResult = builder.errorUnion('ResendVerificationResult', {
  description: 'That a message went out if there is something to confirm, or why none can.',
  types: [
    EmailConfirmationSentRef,
    PhoneConfirmationSentRef,
    NotEnabledError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('resendVerification', (t) =>
  t.field({
    type: ResendVerificationResult,
    skipTypeScopes: true,
    description:
      'Sends the mail or text message of a sign-up again, with a new code; what was sent before is over. Answers alike for addresses and numbers without an account and for confirmed ones, which are sent nothing. One message a minute for each.',
    args: { input: t.arg({ type: ResendVerificationInput, required: true }) },
    resolve: (_root, { input }, { services }) => resendVerification(services, input),
  }),
);
