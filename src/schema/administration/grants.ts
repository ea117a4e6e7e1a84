/** Roles, permissions and the tier of others. The rules live in `identity/administration/grants.ts`. */
import { OwnAccountError } from '../../identity/administration/administration-errors.ts';
import { setUserPermissions, setUserRoles, setUserTier } from '../../identity/administration/grants.ts';
import { LastAdminError, ValidationError } from '../../identity/errors.ts';
import { builder } from '../builder.ts';
import { UserRef } from '../user.ts';
import { OPERATOR_OUTCOMES, userIdField, WHOM } from './administration.ts';

const SetUserRolesInput = builder.inputType('SetUserRolesInput', {
  description: 'Who shall have which roles.',
  fields: (t) => ({
    ...userIdField(t),
    roles: t.stringList({
      required: true,
      description:
        'All roles the person shall have, at most 50; an empty list takes all away. 1 to 64 letters, digits and . _ : - each.',
    }),
  }),
});

const SetUserRolesResult = builder.errorUnion('SetUserRolesResult', {
  description: 'The person with the new roles, or why nothing changed.',
  types: [UserRef, LastAdminError, ValidationError, ...OPERATOR_OUTCOMES],
});

builder.mutationField('setUserRoles', (t) =>
  t.withAuth({ permission: 'roles:write' }).field({
    type: SetUserRolesResult,
    skipTypeScopes: true,
    description: `Needs \`roles:write\`: gives a person exactly these roles, of those that the caller has. Somebody always stays \`admin\`. ${WHOM}`,
    args: { input: t.arg({ type: SetUserRolesInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => setUserRoles(services, viewer, input),
  }),
);

const SetUserPermissionsInput = builder.inputType('SetUserPermissionsInput', {
  description: 'Who shall have which permissions.',
  fields: (t) => ({
    ...userIdField(t),
    permissions: t.stringList({
      required: true,
      description:
        'All permissions the person shall have, at most 50; an empty list takes all away. Limen asks for `users:read`, `users:write`, `users:delete`, `users:impersonate`, `sessions:write`, `roles:write` and others named at their fields; your application may have its own. Spelt as roles are.',
    }),
  }),
});

const SetUserPermissionsResult = builder.errorUnion('SetUserPermissionsResult', {
  description: 'The person with the new permissions, or why nothing changed.',
  types: [UserRef, ValidationError, ...OPERATOR_OUTCOMES],
});

builder.mutationField('setUserPermissions', (t) =>
  t.withAuth({ permission: 'roles:write' }).field({
    type: SetUserPermissionsResult,
    skipTypeScopes: true,
    description: `Needs \`roles:write\`: gives a person exactly these permissions, of those that the caller has. ${WHOM}`,
    args: { input: t.arg({ type: SetUserPermissionsInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => setUserPermissions(services, viewer, input),
  }),
);

const SetUserTierInput = builder.inputType('SetUserTierInput', {
  description: 'Who shall have which tier.',
  fields: (t) => ({
    ...userIdField(t),
    tier: t.string({ description: 'Like `pro`, of at most 64 characters. Null: none any more.' }),
  }),
});

export const SetUserTierResult = builder.errorUnion('SetUserTierResult', {
  description: 'The person with the new tier, or why nothing changed.',
  types: [UserRef, ValidationError, OwnAccountError, ...OPERATOR_OUTCOMES],
});

builder.mutationField('setUserTier', (t) =>
  t.withAuth({ permission: 'users:write' }).field({
    type: SetUserTierResult,
    skipTypeScopes: true,
    description: `Needs \`users:write\`: sets a person's tier. Only the role \`admin\` sets its own. ${WHOM}`,
    args: { input: t.arg({ type: SetUserTierInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => setUserTier(services, viewer, input),
  }),
);
