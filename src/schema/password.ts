import type { Account } from '../identity/account.ts';
import {
  InvalidCredentialsError,
  ManagedElsewhereError,
  RateLimitedError,
  ReauthenticationRequiredError,
  SamePasswordError,
  ServiceUnavailableError,
  ValidationError,
  WeakPasswordError,
} from '../identity/errors.ts';
import { changePassword } from '../identity/password.ts';
import { builder } from './builder.ts';
import { TAKES_CREDENTIAL } from './session.ts';
import { UserRef } from './user.ts';

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'The password as it is and as it shall be.',
  fields: (t) => ({
    currentPassword: t.string({ required: true, description: 'Never logged, never repeated in an error.' }),
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
    WeakPasswordError,
    SamePasswordError,
    ReauthenticationRequiredError,
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
      'For a signed-in person: changes their password, given the current one, and ends their other sessions.',
    args: { input: t.arg({ type: ChangePasswordInput, required: true }) },
    resolve: async (_root, { input }, { services, viewer }) => ({
      passwordOf: await changePassword(services, viewer, input),
    }),
  }),
);
