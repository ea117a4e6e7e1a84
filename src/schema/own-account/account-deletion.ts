/** How a person deletes their account. The rules live in `identity/own-account/account-deletion.ts`. */

import {
  LastAdminError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import { AssuranceRequiredError } from '../../identity/factors/factor-errors.ts';
import { cancelAccountDeletion, deleteAccount } from '../../identity/own-account/account-deletion.ts';
import { builder } from '../builder.ts';
import { PROOF_REFUSALS, proofFields } from '../proof.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { UserRef } from '../user.ts';

const DeleteAccountInput = builder.inputType('DeleteAccountInput', {
  description: 'What shows that it is the person who asks.',
  fields: (t) => proofFields(t),
});

interface AccountDeleted {
  deletedAccountId: string;
}

const AccountDeletedRef = builder.objectRef<AccountDeleted>('AccountDeleted').implement({
  description:
    'The account is gone, with all that belonged to it, and cannot be brought back. Its sessions are over: forget the tokens.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'deletedAccountId' in value,
  fields: (t) => ({ userId: t.exposeID('deletedAccountId', { description: 'Whose it was.' }) }),
});

interface AccountDeletionScheduled {
  accountDeletesAt: Date;
}

const AccountDeletionScheduledRef = builder
  .objectRef<AccountDeletionScheduled>('AccountDeletionScheduled')
  .implement({
    description:
      'The account will be gone at `deletesAt`. Until then it is as it was, but every other session of the person is over; signed in here or again, they can call it off by `cancelAccountDeletion`.',
    isTypeOf: (value) => typeof value === 'object' && value !== null && 'accountDeletesAt' in value,
    fields: (t) => ({
      deletesAt: t.expose('accountDeletesAt', {
        type: 'DateTime',
        description: 'When. Asking again does not move it.',
      }),
    }),
  });

const DeleteAccountResult = builder.errorUnion('DeleteAccountResult', {
  description: 'What happened to the account, or why nothing did.',
  types: [
    AccountDeletedRef,
    AccountDeletionScheduledRef,
    ...PROOF_REFUSALS,
    AssuranceRequiredError,
    LastAdminError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('deleteAccount', (t) =>
  t.withAuth({ person: true }).field({
    type: DeleteAccountResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For a signed-in person: deletes their own account, at once or after the days this installation gives them (`ACCOUNT_DELETION_GRACE_DAYS`). Whoever has a second factor must have shown it in this session. They are told by mail.',
    args: { input: t.arg({ type: DeleteAccountInput, required: true }) },
    resolve: async (_root, { input }, { services, viewer }) => {
      const accountDeletesAt = await deleteAccount(services, viewer, input);
      if (accountDeletesAt) return { accountDeletesAt };
      services.sessionCookie.clear();
      return { deletedAccountId: viewer.account.id };
    },
  }),
);

const CancelAccountDeletionResult = builder.errorUnion('CancelAccountDeletionResult', {
  description: 'The person, whose account stays, or why it could not be called off.',
  types: [UserRef, RateLimitedError, ServiceUnavailableError],
});

builder.mutationField('cancelAccountDeletion', (t) =>
  t.withAuth({ person: true }).field({
    type: CancelAccountDeletionResult,
    skipTypeScopes: true,
    description:
      'For a signed-in person: calls off what `deleteAccount` scheduled. Where nothing is, nothing happens. They are told by mail.',
    resolve: (_root, _args, { services, viewer }) => cancelAccountDeletion(services, viewer),
  }),
);

builder.objectField(UserRef, 'deletionScheduledAt', (t) =>
  t.field({
    type: 'DateTime',
    nullable: true,
    description:
      'When the account will be deleted, as its person asked; null where nobody did. Not in the access token: one query for all whom a request asks about.',
    resolve: async (account, _args, { services }) => (await services.factsOf(account)).deletesAt,
  }),
);
