/** Second factors: what a person has, and how one goes. How they come is in `totp.ts` and `recovery-codes.ts`. */
import { RateLimitedError, ServiceUnavailableError, ValidationError } from '../../identity/errors.ts';
import type { Factor } from '../../identity/factors/factor.ts';
import {
  AssuranceRequiredError,
  FactorNotFoundError,
  LastFactorError,
} from '../../identity/factors/factor-errors.ts';
import { removeFactor } from '../../identity/factors/mfa.ts';
import { builder } from '../builder.ts';
import { PROOF_REFUSALS, proofFields } from '../proof.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { UserRef } from '../user.ts';

const FactorTypeRef = builder.enumType('FactorType', {
  description: 'Kinds of second factors.',
  values: {
    TOTP: { value: 'totp', description: 'An authenticator app (RFC 6238).' },
    PHONE: { value: 'phone', description: 'Codes by text message, as Supabase can send them.' },
    WEBAUTHN: { value: 'webauthn', description: 'A security key as a second factor, as Supabase has it.' },
  } as const,
});

const FactorStatusRef = builder.enumType('FactorStatus', {
  description: 'Whether a factor counts.',
  values: {
    UNVERIFIED: {
      value: 'unverified',
      description: 'Its enrolment is not finished: nobody is asked for it.',
    },
    VERIFIED: { value: 'verified', description: 'Asked for at every sign-in.' },
  } as const,
});

const isShown = (factor: Factor): factor is Factor & { type: 'totp' | 'phone' | 'webauthn' } =>
  factor.type !== 'recovery_code';

const FactorRef = builder.objectRef<Factor & { type: 'totp' | 'phone' | 'webauthn' }>('Factor').implement({
  description: 'A second factor of a person. Never shows its secret.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID, for `removeFactor`.' }),
    name: t.exposeString('name', {
      nullable: true,
      description: 'What the person calls it; null for nothing.',
    }),
    type: t.expose('type', { type: FactorTypeRef, description: 'What kind it is.' }),
    status: t.field({
      type: FactorStatusRef,
      description: 'Whether it counts.',
      resolve: ({ isVerified }) => (isVerified ? 'verified' : 'unverified'),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When its enrolment began.' }),
    lastChallengedAt: t.expose('lastChallengedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a code of it was last asked for; null if never.',
    }),
  }),
});

builder.objectFields(UserRef, (t) => ({
  factors: t.field({
    type: [FactorRef],
    description:
      "The person's second factors, the oldest first; empty for somebody who signs in with one factor. Recovery codes are not among them. Costs a query, unless the record is at hand.",
    resolve: async (account, _args, { services }) =>
      (await services.recordOf(account)).factors.filter(isShown),
  }),
}));

const RemoveFactorInput = builder.inputType('RemoveFactorInput', {
  description: 'Which factor to take away, and who asks.',
  fields: (t) => ({
    factorId: t.id({ required: true, description: 'From `User.factors`.' }),
    ...proofFields(t),
  }),
});

interface FactorRemoved {
  removedFactorId: string;
}

const FactorRemovedRef = builder.objectRef<FactorRemoved>('FactorRemoved').implement({
  description:
    'The factor is gone, and no sign-in asks for it. Sessions it raised are AAL1 from their next refresh on.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'removedFactorId' in value,
  fields: (t) => ({
    factorId: t.exposeID('removedFactorId', { description: 'Which it was.' }),
  }),
});

const RemoveFactorResult = builder.errorUnion('RemoveFactorResult', {
  description: 'That it is gone, or why it stays.',
  types: [
    FactorRemovedRef,
    FactorNotFoundError,
    ...PROOF_REFUSALS,
    AssuranceRequiredError,
    LastFactorError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('removeFactor', (t) =>
  t.withAuth({ person: true }).field({
    type: RemoveFactorResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For a signed-in person: takes a second factor away. One that counts only from a session at AAL2. The last one takes the recovery codes along; in a session that a recovery code began, set up another one first (`LastFactorError`).',
    args: { input: t.arg({ type: RemoveFactorInput, required: true }) },
    resolve: async (_root, { input }, { services, viewer }) => {
      await removeFactor(services, viewer, input);
      return { removedFactorId: input.factorId };
    },
  }),
);
