/** People without an address. The rule lives in `identity/sign-in/anonymous.ts`. */

import {
  MetadataTooLargeError,
  NotEnabledError,
  RateLimitedError,
  ServiceUnavailableError,
  SignupDisabledError,
  ValidationError,
} from '../../identity/errors.ts';
import { signInAnonymously } from '../../identity/sign-in/anonymous.ts';
import { builder } from '../builder.ts';
import { UpdateProfileInput } from '../own-account/profile.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from './sign-in.ts';

const SignInAnonymouslyInput = builder.inputType('SignInAnonymouslyInput', {
  description: 'Nothing has to be said.',
  fields: (t) => ({
    profile: t.field({
      type: UpdateProfileInput,
      description: 'What the person says about themselves, if anything.',
    }),
    ...signInFields(t),
  }),
});

const SignInAnonymouslyResult = builder.errorUnion('SignInAnonymouslyResult', {
  description: 'A session, or why there is none.',
  types: [
    ...SIGN_IN_OUTCOMES,
    NotEnabledError,
    SignupDisabledError,
    ValidationError,
    MetadataTooLargeError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('signInAnonymously', (t) =>
  t.field({
    type: SignInAnonymouslyResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Makes an account without an address, and signs it in: for a basket, a draft, a trial. `User.isAnonymous` is true until an address is confirmed (`changeEmail`, `changePhone`) or an identity linked, and the id stays. Whoever loses the session loses the account. Off unless the operator turned it on.',
    args: { input: t.arg({ type: SignInAnonymouslyInput }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input ?? {}, () => signInAnonymously(context.services, input ?? {})),
  }),
);
