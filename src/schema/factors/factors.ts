/** Second factors: what a person has. How they come and go is in `mfa.ts`. */
import type { Factor } from '../../identity/factors/factor.ts';
import { builder } from '../builder.ts';
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
