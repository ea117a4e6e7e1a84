import {
  LastAdminError,
  RateLimitedError,
  ServiceUnavailableError,
  UserNotFoundError,
  ValidationError,
} from '../identity/errors.ts';
import { ADMIN, setUserRoles } from '../identity/roles.ts';
import { builder } from './builder.ts';
import { UserRef } from './user.ts';

const SetUserRolesInput = builder.inputType('SetUserRolesInput', {
  description: 'Who shall have which roles.',
  fields: (t) => ({
    userId: t.id({ required: true, description: 'A UUID.' }),
    roles: t.stringList({
      required: true,
      description:
        'All roles the person shall have, at most 50; an empty list takes all away. 1 to 64 letters, digits and . _ : - each.',
    }),
  }),
});

const SetUserRolesResult = builder.errorUnion('SetUserRolesResult', {
  description: 'The person with the new roles, or why nothing changed.',
  types: [
    UserRef,
    UserNotFoundError,
    LastAdminError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('setUserRoles', (t) =>
  t.withAuth({ role: ADMIN }).field({
    type: SetUserRolesResult,
    skipTypeScopes: true,
    description:
      'For the role `admin`: gives a person exactly these roles. Holds at once, for the access tokens they already have too. Somebody always stays `admin`.',
    args: { input: t.arg({ type: SetUserRolesInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => setUserRoles(services, viewer, input),
  }),
);
