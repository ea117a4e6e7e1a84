/** Making and changing accounts of others. The rules live in `identity/administration/administration.ts`. */
import { createUser, updateUser } from '../../identity/administration/administration.ts';
import { OutrankedError } from '../../identity/administration/administration-errors.ts';
import {
  EmailTakenError,
  MetadataTooLargeError,
  PhoneTakenError,
  RateLimitedError,
  RefusedError,
  ServiceUnavailableError,
  ValidationError,
  WeakPasswordError,
} from '../../identity/errors.ts';
import { builder } from '../builder.ts';
import { UpdateProfileInput } from '../own-account/profile.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { UserRef } from '../user.ts';
import { OTHERS_ONLY, userIdField, WHOM } from './administration.ts';

const APP_METADATA =
  "Keys of Supabase's `app_metadata` that the person can read in their token and not write. `role`, `roles`, `permissions` and `tier` have mutations of their own.";

const CreateUserInput = builder.inputType('CreateUserInput', {
  description: 'Who comes in. An address, or a number.',
  fields: (t) => ({
    email: t.field({ type: 'EmailAddress', description: 'To sign in with.' }),
    phone: t.string({ description: 'To sign in with. With the country, like `+41 79 555 00 11`.' }),
    password: t.string({
      description:
        'Left out: the person signs in by other means, or sets one (`sendPasswordReset`). Never logged.',
    }),
    confirmed: t.boolean({
      required: true,
      defaultValue: true,
      description:
        'Whether the address and the number count as confirmed: true where you know that they are theirs. Nobody is mailed either way; `inviteUser` does that.',
    }),
    profile: t.field({
      type: UpdateProfileInput,
      description: 'What is known of the person. Grants nothing.',
    }),
    appMetadata: t.field({ type: 'JSONObject', description: APP_METADATA }),
    roles: t.stringList({ description: 'Needs `roles:write`, and no role that the caller lacks.' }),
    permissions: t.stringList({
      description: 'Needs `roles:write`, and no permission that the caller lacks.',
    }),
    tier: t.string({ description: 'Like `pro`.' }),
  }),
});

const CreateUserResult = builder.errorUnion('CreateUserResult', {
  description: 'The new account, or why there is none.',
  types: [
    UserRef,
    EmailTakenError,
    PhoneTakenError,
    WeakPasswordError,
    ValidationError,
    MetadataTooLargeError,
    RefusedError,
    OutrankedError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('createUser', (t) =>
  t.withAuth({ permission: 'users:write' }).field({
    type: CreateUserResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description: 'Needs `users:write`: makes an account, with its grants, in one step. Sends nothing.',
    args: { input: t.arg({ type: CreateUserInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => createUser(services, viewer, input),
  }),
);

const UpdateUserInput = builder.inputType('UpdateUserInput', {
  description: 'What changes about somebody. What is left out, or null, stays as it is.',
  fields: (t) => ({
    ...userIdField(t),
    email: t.field({
      type: 'EmailAddress',
      description: 'Holds at once, without a confirmation; the former address is told.',
    }),
    phone: t.string({ description: 'With the country. Holds at once, without a confirmation.' }),
    confirmed: t.boolean({
      description:
        'True: the address and the number, as they are then, count as confirmed. A new one counts as confirmed where the former one did.',
    }),
    profile: t.field({ type: UpdateProfileInput, description: 'As in `updateProfile`.' }),
    appMetadata: t.field({
      type: 'JSONObject',
      description: `Each key given is set, or with null taken away; others stay. ${APP_METADATA}`,
    }),
  }),
});

const UpdateUserResult = builder.errorUnion('UpdateUserResult', {
  description: 'The person as they are now, or why nothing changed.',
  types: [UserRef, EmailTakenError, PhoneTakenError, ValidationError, MetadataTooLargeError, ...OTHERS_ONLY],
});

builder.mutationField('updateUser', (t) =>
  t.withAuth({ permission: 'users:write' }).field({
    type: UpdateUserResult,
    skipTypeScopes: true,
    description: `Needs \`users:write\`: changes somebody else's addresses, profile or metadata. ${WHOM}`,
    args: { input: t.arg({ type: UpdateUserInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => updateUser(services, viewer, input),
  }),
);
