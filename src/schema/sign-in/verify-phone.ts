/** Confirmation of a number that somebody signed up with. The rule lives in `identity/sign-in/verify-phone.ts`. */
import {
  AccountBannedError,
  InvalidCodeError,
  NotEnabledError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import { verifyPhone } from '../../identity/sign-in/verify-phone.ts';
import { builder } from '../builder.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from './sign-in.ts';

const VerifyPhoneInput = builder.inputType('VerifyPhoneInput', {
  description: 'From the text message that a sign-up sent.',
  fields: (t) => ({
    phone: t.string({
      required: true,
      description: 'The number, with its country, in any of the ways people write it.',
    }),
    code: t.string({
      required: true,
      description: 'As it stands in the message, spaces or not. After ten wrong ones it is dead.',
    }),
    ...signInFields(t),
  }),
});

const VerifyPhoneResult = builder.errorUnion('VerifyPhoneResult', {
  description: 'A session, or why the number is not confirmed.',
  types: [
    ...SIGN_IN_OUTCOMES,
    InvalidCodeError,
    AccountBannedError,
    NotEnabledError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('verifyPhone', (t) =>
  t.field({
    type: VerifyPhoneResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Confirms the number of a sign-up and signs the person in. Takes what `signup` and `resendVerification` sent, and no other code; an auth server of Supabase’s own takes the code of `requestSignInCode` as well.',
    args: { input: t.arg({ type: VerifyPhoneInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => verifyPhone(context.services, input)),
  }),
);
