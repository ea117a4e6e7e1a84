import {
  EmailTakenError,
  MetadataTooLargeError,
  RateLimitedError,
  ServiceUnavailableError,
  SignupDisabledError,
  ValidationError,
  WeakPasswordError,
} from '../identity/errors.ts';
import { type EmailConfirmationSent, signUp } from '../identity/sign-up.ts';
import { builder } from './builder.ts';
import { UpdateProfileInput } from './profile.ts';
import { TAKES_CREDENTIAL } from './session.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from './sign-in.ts';

const SignupInput = builder.inputType('SignupInput', {
  description: 'A new account.',
  fields: (t) => ({
    email: t.field({
      type: 'EmailAddress',
      required: true,
      description: 'Kept in lower case. One account for each.',
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

const SignupResult = builder.errorUnion('SignupResult', {
  description:
    'A session where sign-ups are confirmed at once, a confirmation by mail where they are not, or why there is no account.',
  types: [
    ...SIGN_IN_OUTCOMES,
    EmailConfirmationSentRef,
    EmailTakenError,
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
    description: 'Makes an account with an address and a password.',
    args: { input: t.arg({ type: SignupInput, required: true }) },
    resolve: (_root, { input }, context) => handOver(context, input, () => signUp(context.services, input)),
  }),
);
