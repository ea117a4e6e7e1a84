import {
  EmailTakenError,
  MetadataTooLargeError,
  NotEnabledError,
  PhoneTakenError,
  RateLimitedError,
  ServiceUnavailableError,
  SignupDisabledError,
  ValidationError,
  WeakPasswordError,
} from '../../identity/errors.ts';
import {
  type EmailConfirmationSent,
  type PhoneConfirmationSent,
  signUp,
} from '../../identity/sign-in/sign-up.ts';
import { builder } from '../builder.ts';
import { UpdateProfileInput } from '../own-account/profile.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from './sign-in.ts';

const SignupInput = builder.inputType('SignupInput', {
  description: 'A new account.',
  fields: (t) => ({
    email: t.field({
      type: 'EmailAddress',
      description: 'Kept in lower case. One account for each. This, or `phone`.',
    }),
    phone: t.string({
      description:
        'With the country, like `+41 79 555 00 11`, where the operator has turned phones on. One account for each. This, or `email`.',
    }),
    password: t.string({
      required: true,
      description: 'At least 8 characters, of any kind; not a common one, and not the address. Never logged.',
    }),
    profile: t.field({
      type: UpdateProfileInput,
      description: 'What the person says about themselves, if anything.',
    }),
    ...signInFields(t),
  }),
});

export const EmailConfirmationSentRef = builder
  .objectRef<EmailConfirmationSent>('EmailConfirmationSent')
  .implement({
    isTypeOf: (value) => typeof value === 'object' && value !== null && 'confirmationSentTo' in value,
    description:
      'The address must be confirmed before the first sign-in: `verifyEmail` takes the code, or what the link holds. Says nothing about whether the address was free. A mail went out in any case, but to somebody who has an account already it says just that.',
    fields: (t) => ({
      email: t.expose('confirmationSentTo', {
        type: 'EmailAddress',
        description:
          'The address that was mailed. `resendVerification` sends the mail again, once a minute at most.',
      }),
    }),
  });

export const PhoneConfirmationSentRef = builder
  .objectRef<PhoneConfirmationSent>('PhoneConfirmationSent')
  .implement({
    isTypeOf: (value) => typeof value === 'object' && value !== null && 'confirmationTextSentTo' in value,
    description:
      'The number must be confirmed before the first sign-in: `verifyPhone` takes the code of the text message. Says nothing about whether the number was free: somebody who has an account by it already is sent nothing.',
    fields: (t) => ({
      phone: t.exposeString('confirmationTextSentTo', {
        description:
          'The number, as it is kept: digits, country first. `resendVerification` sends another code, once a minute at most.',
      }),
    }),
  });

const SignupResult = builder.errorUnion('SignupResult', {
  description:
    'A session where sign-ups are confirmed at once, a confirmation by mail or text message where they are not, or why there is no account.',
  types: [
    ...SIGN_IN_OUTCOMES,
    EmailConfirmationSentRef,
    PhoneConfirmationSentRef,
    EmailTakenError,
    PhoneTakenError,
    NotEnabledError,
    WeakPasswordError,
    ValidationError,
    MetadataTooLargeError,
    SignupDisabledError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('signup', (t) =>
  t.field({
    type: SignupResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description: 'Makes an account with an address or a number, and a password.',
    args: { input: t.arg({ type: SignupInput, required: true }) },
    resolve: (_root, { input }, context) => handOver(context, input, () => signUp(context.services, input)),
  }),
);
