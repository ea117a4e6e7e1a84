/** Sign-in by password. */
import {
  AccountBannedError,
  EmailNotConfirmedError,
  InvalidCredentialsError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../identity/errors.ts';
import { logIn } from '../identity/sessions.ts';
import { builder } from './builder.ts';
import { TAKES_CREDENTIAL } from './session.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from './sign-in.ts';

const LoginInput = builder.inputType('LoginInput', {
  description: 'An address and its password.',
  fields: (t) => ({
    email: t.field({
      type: 'EmailAddress',
      required: true,
      description: 'In any case, as it was signed up.',
    }),
    password: t.string({ required: true, description: 'Never logged, never repeated in an error.' }),
    ...signInFields(t),
  }),
});

const LoginResult = builder.errorUnion('LoginResult', {
  description: 'A session, or why there is none. An unknown address and a wrong password answer alike.',
  types: [
    ...SIGN_IN_OUTCOMES,
    InvalidCredentialsError,
    EmailNotConfirmedError,
    AccountBannedError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('login', (t) =>
  t.field({
    type: LoginResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description: 'Signs a person in by password, in a session of its own.',
    args: { input: t.arg({ type: LoginInput, required: true }) },
    resolve: (_root, { input }, context) => handOver(context, input, () => logIn(context.services, input)),
  }),
);
