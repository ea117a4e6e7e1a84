/** Sign-in by a code or a link. The rules live in `identity/sign-in/sign-in-code.ts`. */
import {
  AccountBannedError,
  InvalidCodeError,
  MetadataTooLargeError,
  NotEnabledError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import {
  type CodeSent,
  requestSignInCode,
  signInWithCode,
  type TextSent,
} from '../../identity/sign-in/sign-in-code.ts';
import { builder } from '../builder.ts';
import { UpdateProfileInput } from '../own-account/profile.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { redirectToField, shownCodeFields } from './shown-code.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from './sign-in.ts';

export const CodeSentRef = builder.objectRef<CodeSent>('CodeSent').implement({
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'codeSentTo' in value,
  description:
    'A code is on its way, if the address may have one. Says nothing about whether there is an account.',
  fields: (t) => ({
    email: t.expose('codeSentTo', { type: 'EmailAddress', description: 'The address to look in.' }),
  }),
});

export const TextSentRef = builder.objectRef<TextSent>('TextSent').implement({
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'textSentTo' in value,
  description:
    'A code is on its way by text message, if the number may have one. Says nothing about whether there is an account.',
  fields: (t) => ({
    phone: t.exposeString('textSentTo', { description: 'The number, as it is kept: digits, country first.' }),
  }),
});

const RequestSignInCodeInput = builder.inputType('RequestSignInCodeInput', {
  description: 'Where the code goes, and whether it may begin an account.',
  fields: (t) => ({
    email: t.field({ type: 'EmailAddress', description: 'In any case. This, or `phone`.' }),
    phone: t.string({ description: 'With the country, like `+41 79 555 00 11`. This, or `email`.' }),
    createAccount: t.boolean({
      required: true,
      defaultValue: false,
      description:
        'True makes an account for an address that has none, if this installation takes sign-ups; it is confirmed, and signed in to, by the code.',
    }),
    profile: t.field({
      type: UpdateProfileInput,
      description: 'For a new account alone: what the person says about themselves.',
    }),
    ...redirectToField(t),
  }),
});

const RequestSignInCodeResult = builder.errorUnion('RequestSignInCodeResult', {
  description: 'That a code is on its way, or why none can be.',
  types: [
    CodeSentRef,
    TextSentRef,
    NotEnabledError,
    ValidationError,
    MetadataTooLargeError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('requestSignInCode', (t) =>
  t.field({
    type: RequestSignInCodeResult,
    skipTypeScopes: true,
    description:
      'Mails a code and a link to sign in with, in place of a password; or sends a code by text message, where the operator has turned phones on. Answers alike whether or not the address has an account. One message a minute for each address and number.',
    args: { input: t.arg({ type: RequestSignInCodeInput, required: true }) },
    resolve: (_root, { input }, { services }) => requestSignInCode(services, input),
  }),
);

const SignInWithCodeInput = builder.inputType('SignInWithCodeInput', {
  description: 'From the message of `requestSignInCode`: `email` or `phone` with `code`, or `tokenHash`.',
  fields: (t) => ({
    ...shownCodeFields(t),
    phone: t.string({ description: 'The number that the code was sent to, together with `code`.' }),
    ...signInFields(t),
  }),
});

const SignInWithCodeResult = builder.errorUnion('SignInWithCodeResult', {
  description: 'A session, or why there is none.',
  types: [
    ...SIGN_IN_OUTCOMES,
    InvalidCodeError,
    AccountBannedError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('signInWithCode', (t) =>
  t.field({
    type: SignInWithCodeResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Signs a person in by a code or link, once, and confirms their address. An account that somebody signed up with an address they never confirmed is emptied for its owner: password and profile go. In the first 15 minutes `changePassword` asks for no other proof.',
    args: { input: t.arg({ type: SignInWithCodeInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => signInWithCode(context.services, input)),
  }),
);
