/** Recovery codes: how many are left, and how there come to be new ones. */

import {
  NotSupportedError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import {
  AssuranceRequiredError,
  FactorNameTakenError,
  LastFactorError,
} from '../../identity/factors/factor-errors.ts';
import { generateRecoveryCodes } from '../../identity/factors/mfa.ts';
import { builder } from '../builder.ts';
import { PROOF_REFUSALS, proofFields } from '../proof.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { UserRef } from '../user.ts';

builder.objectFields(UserRef, (t) => ({
  recoveryCodesLeft: t.int({
    nullable: true,
    description:
      'How many recovery codes are still good. Null if the person has none, for anybody who asks about somebody else, and where the auth server knows no recovery codes. Costs a query.',
    resolve: (account, _args, { services, viewer }) =>
      viewer.kind === 'person' && viewer.account.id === account.id
        ? services.auth.factors.recoveryCodesLeft(viewer.accessToken)
        : null,
  }),
}));

interface RecoveryCodes {
  recoveryCodes: readonly string[];
}

const RecoveryCodesRef = builder.objectRef<RecoveryCodes>('RecoveryCodes').implement({
  description: 'Shown this once: only hashes are kept.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'recoveryCodes' in value,
  fields: (t) => ({
    codes: t.stringList({
      description: 'Ten, each good once, in place of a code of the app. Have the person print or save them.',
      resolve: ({ recoveryCodes }) => [...recoveryCodes],
    }),
  }),
});

const GenerateRecoveryCodesInput = builder.inputType('GenerateRecoveryCodesInput', {
  description: 'What shows that it is the person who asks.',
  fields: (t) => proofFields(t),
});

const GenerateRecoveryCodesResult = builder.errorUnion('GenerateRecoveryCodesResult', {
  description: 'The new codes, or why the old ones, if any, still hold.',
  types: [
    RecoveryCodesRef,
    ...PROOF_REFUSALS,
    AssuranceRequiredError,
    LastFactorError,
    FactorNameTakenError,
    NotSupportedError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('generateRecoveryCodes', (t) =>
  t.withAuth({ person: true, aal2: true }).field({
    type: GenerateRecoveryCodesResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For a person in a session at AAL2 (`FORBIDDEN` with the reason `AAL2_REQUIRED` otherwise): makes ten recovery codes. Those from before are over.',
    args: { input: t.arg({ type: GenerateRecoveryCodesInput }) },
    resolve: async (_root, { input }, { services, viewer }) => ({
      recoveryCodes: await generateRecoveryCodes(services, viewer, input ?? {}),
    }),
  }),
);
