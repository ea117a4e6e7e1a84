/** Sign-in by password. */
import {
  AccountBannedError,
  EmailNotConfirmedError,
  InvalidCredentialsError,
  NotEnabledError,
  PhoneNotConfirmedError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import { logIn } from '../../identity/sessions/sessions.ts';
import { builder } from '../builder.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from './sign-in.ts';

const LoginInput = builder.inputType('LoginInput', {
  description: 'An address or a number, and the password.',
  fields: (t) => ({
    email: t.field({
      type: 'EmailAddress',
      description: 'In any case, as it was signed up. This, or `phone`.',
    }),
    phone: t.string({
      description:
        'With the country, like `+41 79 555 00 11`. This, or `email`. An account with both signs in by either.',
    }),
    password: t.string({ required: true, description: 'Never logged, never repeated in an error.' }),
    ...signInFields(t),
  }),
});

const LoginResult = builder.errorUnion('LoginResult', {
  description:
    'A session, or why there is none. An unknown address or number and a wrong password answer alike.',
  types: [
    ...SIGN_IN_OUTCOMES,
    InvalidCredentialsError,
    EmailNotConfirmedError,
    PhoneNotConfirmedError,
    NotEnabledError,
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
