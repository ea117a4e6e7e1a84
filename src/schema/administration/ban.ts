import { banUser, unbanUser } from '../../identity/administration/ban.ts';
import { LastAdminError, ValidationError } from '../../identity/errors.ts';
import { builder } from '../builder.ts';
import type { InputFields } from '../sign-in/sign-in.ts';
import { UserRef } from '../user.ts';
import { OTHERS_ONLY, userIdField, WHOM } from './administration.ts';

export const banFields = (t: InputFields) => ({
  until: t.field({ type: 'DateTime', description: 'When it is over. Null: for good, until `unbanUser`.' }),
  reason: t.string({
    description: 'For the record, 1 to 500 characters. The person is never told.',
  }),
});

const BanUserInput = builder.inputType('BanUserInput', {
  description: 'Whom, and until when.',
  fields: (t) => ({ ...userIdField(t), ...banFields(t) }),
});

export const BanUserResult = builder.errorUnion('BanUserResult', {
  description: 'The person, who is banned now, or why not.',
  types: [UserRef, LastAdminError, ValidationError, ...OTHERS_ONLY],
});

builder.mutationField('banUser', (t) =>
  t.withAuth({ permission: 'users:write' }).field({
    type: BanUserResult,
    skipTypeScopes: true,
    description: `Needs \`users:write\`: refuses the person's tokens and sign-ins until the ban is over; their sessions go on then. To ban somebody again changes until when. ${WHOM}`,
    args: { input: t.arg({ type: BanUserInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => banUser(services, viewer, input),
  }),
);

const UnbanUserInput = builder.inputType('UnbanUserInput', {
  description: 'Whom.',
  fields: (t) => userIdField(t),
});

export const UnbanUserResult = builder.errorUnion('UnbanUserResult', {
  description: 'The person, who is not banned, or why they still are.',
  types: [UserRef, ...OTHERS_ONLY],
});

builder.mutationField('unbanUser', (t) =>
  t.withAuth({ permission: 'users:write' }).field({
    type: UnbanUserResult,
    skipTypeScopes: true,
    description:
      'Needs `users:write`: lifts a ban. The sessions of before go on. Somebody who is not banned stays so.',
    args: { input: t.arg({ type: UnbanUserInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => unbanUser(services, viewer, input),
  }),
);
