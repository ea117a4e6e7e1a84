/** The same for up to a hundred people at once: `identity/administration/bulk.ts`. Each has a result of their own, as if it had been asked alone. */
import type { Context } from '../../context.ts';
import { banUser, unbanUser } from '../../identity/administration/ban.ts';
import { type BulkItem, forEachUser } from '../../identity/administration/bulk.ts';
import { setUserTier } from '../../identity/administration/grants.ts';
import { revokeUserSessions } from '../../identity/administration/user-access.ts';
import { deleteUser } from '../../identity/administration/user-deletion.ts';
import { ValidationError } from '../../identity/errors.ts';
import { recordingOutcome } from '../audit/recorded-outcomes.ts';
import { builder } from '../builder.ts';
import type { InputFields } from '../sign-in/sign-in.ts';
import { BanUserResult, banFields, UnbanUserResult } from './ban.ts';
import { SetUserTierResult } from './grants.ts';
import { RevokeUserSessionsResult } from './user-access.ts';
import { DeleteUserResult, deletionModeField } from './user-deletion.ts';

const userIdsField = (t: InputFields) => ({
  userIds: t.idList({ required: true, description: 'At most 100 UUIDs. Who is named twice is done once.' }),
});

/** @param single what the mutation for one answers */
function bulkResult<Result extends object>(name: string, single: { name: string }) {
  type Items = { items: BulkItem<Result>[] };
  const Item = builder.objectRef<BulkItem<Result>>(`${name}Item`).implement({
    description: `What became of one person of \`${name[0]?.toLowerCase()}${name.slice(1)}\`.`,
    fields: (t) => ({
      userId: t.exposeID('userId', { description: 'Who.' }),
      result: t.field({
        type: single as never,
        nullable: true,
        description:
          'As for one alone. Null where something went wrong that has no type: the errors beside the data then name this place, and the others stand.',
        resolve: ({ outcome }) => outcome() as never,
      }),
    }),
  });
  const Items = builder.objectRef<Items>(`${name}Items`).implement({
    description: 'What became of each, in the order in which they were named.',
    isTypeOf: (value) => typeof value === 'object' && value !== null && 'items' in value,
    fields: (t) => ({
      items: t.field({ type: [Item], description: 'One each.', resolve: ({ items }) => items }),
    }),
  });
  return builder.errorUnion(`${name}Result`, {
    description: 'What became of each, or why nothing was tried.',
    types: [Items, ValidationError],
  });
}

/** @param single the mutation for one, as which each is recorded */
const each = async <Result>(
  context: Context,
  single: string,
  userIds: readonly string[],
  act: (userId: string) => Promise<Result>,
) => ({
  items: await forEachUser(userIds, (userId) =>
    recordingOutcome(context, single, { input: { userId } }, () => act(userId)),
  ),
});

const ONE_BY_ONE =
  'for up to 100 people, one after the other; what goes wrong with one changes nothing for the others.';

const BanUsersInput = builder.inputType('BanUsersInput', {
  description: 'Whom, and until when.',
  fields: (t) => ({ ...userIdsField(t), ...banFields(t) }),
});
const BanUsersResult = bulkResult('BanUsers', BanUserResult);

builder.mutationField('banUsers', (t) =>
  t.withAuth({ permission: 'users:write' }).field({
    type: BanUsersResult,
    skipTypeScopes: true,
    description: `Needs \`users:write\`: \`banUser\` ${ONE_BY_ONE}`,
    args: { input: t.arg({ type: BanUsersInput, required: true }) },
    resolve: (_root, { input: { userIds, ...ban } }, context) =>
      each(context, 'banUser', userIds, (userId) =>
        banUser(context.services, context.viewer, { userId, ...ban }),
      ),
  }),
);

const UnbanUsersInput = builder.inputType('UnbanUsersInput', {
  description: 'Whom.',
  fields: (t) => userIdsField(t),
});
const UnbanUsersResult = bulkResult('UnbanUsers', UnbanUserResult);

builder.mutationField('unbanUsers', (t) =>
  t.withAuth({ permission: 'users:write' }).field({
    type: UnbanUsersResult,
    skipTypeScopes: true,
    description: `Needs \`users:write\`: \`unbanUser\` ${ONE_BY_ONE}`,
    args: { input: t.arg({ type: UnbanUsersInput, required: true }) },
    resolve: (_root, { input }, context) =>
      each(context, 'unbanUser', input.userIds, (userId) =>
        unbanUser(context.services, context.viewer, { userId }),
      ),
  }),
);

const SetUsersTierInput = builder.inputType('SetUsersTierInput', {
  description: 'Who shall have which tier.',
  fields: (t) => ({ ...userIdsField(t), tier: t.string({ description: 'Null: none any more.' }) }),
});
const SetUsersTierResult = bulkResult('SetUsersTier', SetUserTierResult);

builder.mutationField('setUsersTier', (t) =>
  t.withAuth({ permission: 'users:write' }).field({
    type: SetUsersTierResult,
    skipTypeScopes: true,
    description: `Needs \`users:write\`: \`setUserTier\` ${ONE_BY_ONE}`,
    args: { input: t.arg({ type: SetUsersTierInput, required: true }) },
    resolve: (_root, { input: { userIds, tier } }, context) =>
      each(context, 'setUserTier', userIds, (userId) =>
        setUserTier(context.services, context.viewer, { userId, tier }),
      ),
  }),
);

const RevokeUsersSessionsInput = builder.inputType('RevokeUsersSessionsInput', {
  description: 'Whose.',
  fields: (t) => userIdsField(t),
});
const RevokeUsersSessionsResult = bulkResult('RevokeUsersSessions', RevokeUserSessionsResult);

builder.mutationField('revokeUsersSessions', (t) =>
  t.withAuth({ permission: 'sessions:write' }).field({
    type: RevokeUsersSessionsResult,
    skipTypeScopes: true,
    description: `Needs \`sessions:write\`: \`revokeUserSessions\` ${ONE_BY_ONE}`,
    args: { input: t.arg({ type: RevokeUsersSessionsInput, required: true }) },
    resolve: (_root, { input }, context) =>
      each(context, 'revokeUserSessions', input.userIds, (userId) =>
        revokeUserSessions(context.services, context.viewer, { userId }),
      ),
  }),
);

const DeleteUsersInput = builder.inputType('DeleteUsersInput', {
  description: 'Whom, and how.',
  fields: (t) => ({ ...userIdsField(t), ...deletionModeField(t) }),
});
const DeleteUsersResult = bulkResult('DeleteUsers', DeleteUserResult);

builder.mutationField('deleteUsers', (t) =>
  t.withAuth({ permission: 'users:delete' }).field({
    type: DeleteUsersResult,
    skipTypeScopes: true,
    description: `Needs \`users:delete\`: \`deleteUser\` ${ONE_BY_ONE}`,
    args: { input: t.arg({ type: DeleteUsersInput, required: true }) },
    resolve: (_root, { input: { userIds, mode } }, context) =>
      each(context, 'deleteUser', userIds, (userId) =>
        deleteUser(context.services, context.viewer, { userId, mode }),
      ),
  }),
);
