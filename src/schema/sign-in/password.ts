import type { Account } from '../../identity/account.ts';
import {
  InvalidCodeError,
  InvalidCredentialsError,
  ManagedElsewhereError,
  RateLimitedError,
  ReauthenticationRequiredError,
  SamePasswordError,
  ServiceUnavailableError,
  ValidationError,
  WeakPasswordError,
} from '../../identity/errors.ts';
import { AssuranceRequiredError } from '../../identity/factors/factor-errors.ts';
import { changePassword } from '../../identity/sign-in/password.ts';
import { builder } from '../builder.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { UserRef } from '../user.ts';

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description:
    'The new password, and what shows that it is the person who asks: `currentPassword` or `nonce`. In the first 15 minutes of a session that began by a code or a link, neither is needed.',
  fields: (t) => ({
    currentPassword: t.string({
      description:
        'The password as it is. Null for somebody who has none, or forgot it. Never logged, never repeated in an error.',
    }),
    nonce: t.string({
      description: 'The code that `requestReauthentication` sent, in place of the current password.',
    }),
    newPassword: t.string({
      required: true,
      description: 'At least 8 characters, of any kind; not a common one, and not the address.',
    }),
  }),
});

interface PasswordChanged {
  passwordOf: Account;
}

const PasswordChangedRef = builder.objectRef<PasswordChanged>('PasswordChanged').implement({
  description: 'The new password holds; every other session of the person is over.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'passwordOf' in value,
  fields: (t) => ({
    user: t.field({
      type: UserRef,
      description: 'Whose password it is.',
      resolve: ({ passwordOf }) => passwordOf,
    }),
  }),
});

const ChangePasswordResult = builder.errorUnion('ChangePasswordResult', {
  description: 'The change, or why the old password still holds.',
  types: [
    PasswordChangedRef,
    InvalidCredentialsError,
    InvalidCodeError,
    WeakPasswordError,
    SamePasswordError,
    ReauthenticationRequiredError,
    AssuranceRequiredError,
    ManagedElsewhereError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('changePassword', (t) =>
  t.withAuth({ person: true }).field({
    type: ChangePasswordResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For a signed-in person: changes their password, given the current one or a code by mail, and ends their other sessions. A wrong password or code leaves everything as it was.',
    args: { input: t.arg({ type: ChangePasswordInput, required: true }) },
    resolve: async (_root, { input }, { services, viewer }) => ({
      passwordOf: await changePassword(services, viewer, input),
    }),
  }),
);
