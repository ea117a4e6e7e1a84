/** Authenticator apps, set up. How a code of one is shown is in `mfa.ts`, how one goes in `factors.ts`. */

import {
  NotSupportedError,
  RateLimitedError,
  RefusedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import type { TotpEnrolment } from '../../identity/factors/factor-backend.ts';
import {
  AssuranceRequiredError,
  FactorNameTakenError,
  FactorNotFoundError,
  InvalidMfaCodeError,
  TooManyFactorsError,
} from '../../identity/factors/factor-errors.ts';
import { enrollTotp, verifyTotp } from '../../identity/factors/mfa.ts';
import { builder } from '../builder.ts';
import { PROOF_REFUSALS, proofFields } from '../proof.ts';
import { AuthSessionRef, TAKES_CREDENTIAL } from '../sessions/session.ts';
import { handOver, signInFields } from '../sign-in/sign-in.ts';
import { RAISES } from './mfa.ts';

const EnrollTotpInput = builder.inputType('EnrollTotpInput', {
  description: 'A new authenticator app.',
  fields: (t) => ({
    name: t.string({
      description: 'What the person calls it, at most 100 characters. `Authenticator app`, if nothing.',
    }),
    ...proofFields(t),
  }),
});

const TotpEnrolmentRef = builder.objectRef<TotpEnrolment>('TotpEnrolment').implement({
  description: 'Shown this once. The factor counts when `verifyTotp` has seen a code of it.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'qrCode' in value,
  fields: (t) => ({
    factorId: t.exposeID('factorId', { description: 'For `verifyTotp`.' }),
    uri: t.exposeString('uri', {
      description: 'An `otpauth:` link, which opens the app on the same device.',
    }),
    secret: t.exposeString('secret', { description: 'For typing it into the app: base 32.' }),
    qrCode: t.exposeString('qrCode', {
      description:
        'The link as an SVG document, for scanning. In an `img`: `"data:image/svg+xml," + encodeURIComponent(qrCode)`.',
    }),
  }),
});

const EnrollTotpResult = builder.errorUnion('EnrollTotpResult', {
  description: 'What the app needs, or why there is no new factor.',
  types: [
    TotpEnrolmentRef,
    ...PROOF_REFUSALS,
    AssuranceRequiredError,
    FactorNameTakenError,
    TooManyFactorsError,
    ValidationError,
    NotSupportedError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('enrollTotp', (t) =>
  t.withAuth({ person: true }).field({
    type: EnrollTotpResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For a signed-in person: begins to set up an authenticator app. Whoever has a second factor already must have shown it in this session (`AssuranceRequiredError`: call `stepUp`).',
    args: { input: t.arg({ type: EnrollTotpInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => enrollTotp(services, viewer, input),
  }),
);

const VerifyTotpInput = builder.inputType('VerifyTotpInput', {
  description: 'A code of the app that is being set up.',
  fields: (t) => ({
    factorId: t.id({ required: true, description: 'From `enrollTotp`.' }),
    code: t.string({ required: true, description: 'The six digits that the app shows. Never logged.' }),
    ...signInFields(t),
  }),
});

const VerifyTotpResult = builder.errorUnion('VerifyTotpResult', {
  description: 'The session at AAL2, or why it stays as it is.',
  types: [
    AuthSessionRef,
    RefusedError,
    InvalidMfaCodeError,
    FactorNotFoundError,
    AssuranceRequiredError,
    NotSupportedError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('verifyTotp', (t) =>
  t.withAuth({ person: true }).field({
    type: VerifyTotpResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description: `For a signed-in person: finishes setting up an authenticator app. From now on every sign-in asks for a code. ${RAISES}`,
    args: { input: t.arg({ type: VerifyTotpInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => verifyTotp(context.services, context.viewer, input)),
  }),
);
