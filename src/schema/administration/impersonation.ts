import { impersonate } from '../../identity/administration/impersonation.ts';
import type { Impersonation } from '../../identity/administration/impersonation-backend.ts';
import {
  AccountBannedError,
  NotEnabledError,
  NotSupportedError,
  ValidationError,
} from '../../identity/errors.ts';
import { builder } from '../builder.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { UserRef } from '../user.ts';
import { OTHERS_ONLY, userIdField } from './administration.ts';

const ImpersonateInput = builder.inputType('ImpersonateInput', {
  description: 'In whose stead, and why.',
  fields: (t) => ({
    ...userIdField(t),
    reason: t.string({
      required: true,
      description: 'Kept, with who asked and when: 1 to 500 characters, like the number of a ticket.',
    }),
  }),
});

const ImpersonationRef = builder.objectRef<Impersonation>('Impersonation').implement({
  description: 'A session in somebody else’s stead. It cannot be refreshed.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'impersonationToken' in value,
  fields: (t) => ({
    accessToken: t.exposeString('impersonationToken', {
      description:
        'A token of the person’s with the claim `act` (RFC 8693): `{ sub }` is the operator. For a client of its own, not the operator’s.',
    }),
    tokenType: t.string({ description: 'Always `bearer`.', resolve: () => 'bearer' }),
    expiresIn: t.exposeInt('expiresIn', { description: 'In seconds: 900 at most.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it ends by itself.' }),
    sessionId: t.exposeID('sessionId', { description: 'As on record. `logout` with the token ends it.' }),
    user: t.expose('account', { type: UserRef, description: 'In whose stead.' }),
  }),
});

const ImpersonateResult = builder.errorUnion('ImpersonateResult', {
  description: 'The session, or why there is none.',
  types: [
    ImpersonationRef,
    NotEnabledError,
    NotSupportedError,
    AccountBannedError,
    ValidationError,
    ...OTHERS_ONLY,
  ],
});

builder.mutationField('impersonate', (t) =>
  t.withAuth({ person: true, permission: 'users:impersonate' }).field({
    type: ImpersonateResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For a person with `users:impersonate`, where `IMPERSONATION_ENABLED` is on: a short session in somebody else’s stead, to see what they see. It reads everything, changes the profile and nothing else (`FORBIDDEN`, reason `IMPERSONATED`), and ends with the operator’s own. Never for an administrator, nor for somebody who holds what the caller lacks.',
    args: { input: t.arg({ type: ImpersonateInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => impersonate(services, viewer, input),
  }),
);
