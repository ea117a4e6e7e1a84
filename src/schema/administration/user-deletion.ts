import { deleteUser, type UserDeleted } from '../../identity/administration/user-deletion.ts';
import { LastAdminError } from '../../identity/errors.ts';
import { builder } from '../builder.ts';
import type { InputFields } from '../sign-in/sign-in.ts';
import { OTHERS_ONLY, userIdField, WHOM } from './administration.ts';

const DeletionMode = builder.enumType('DeletionMode', {
  description: 'How much stays of somebody.',
  values: {
    SOFT: {
      value: 'soft',
      description:
        'The id stays, and nothing personal with it: for rows elsewhere that must go on meaning somebody. Cannot be undone.',
    },
    HARD: {
      value: 'hard',
      description: 'Nothing stays. Everything that refers to the person by cascade goes too.',
    },
  } as const,
});

export const deletionModeField = (t: InputFields) => ({
  mode: t.field({ type: DeletionMode, required: true, description: 'How much stays.' }),
});

const DeleteUserInput = builder.inputType('DeleteUserInput', {
  description: 'Whom, and how.',
  fields: (t) => ({ ...userIdField(t), ...deletionModeField(t) }),
});

const UserDeletedRef = builder.objectRef<UserDeleted>('UserDeleted').implement({
  description: 'The person is gone. Their address can be signed up with again.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'deletedUserId' in value,
  fields: (t) => ({
    userId: t.exposeID('deletedUserId', { description: 'Who it was.' }),
    mode: t.expose('mode', { type: DeletionMode, description: 'How much stayed.' }),
  }),
});

export const DeleteUserResult = builder.errorUnion('DeleteUserResult', {
  description: 'That the person is gone, or why not.',
  types: [UserDeletedRef, LastAdminError, ...OTHERS_ONLY],
});

builder.mutationField('deleteUser', (t) =>
  t.withAuth({ permission: 'users:delete' }).field({
    type: DeleteUserResult,
    skipTypeScopes: true,
    description: `Needs \`users:delete\`: deletes an account, with its sessions. Somebody deleted with \`SOFT\` can be deleted with \`HARD\` later. ${WHOM}`,
    args: { input: t.arg({ type: DeleteUserInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => deleteUser(services, viewer, input),
  }),
);
