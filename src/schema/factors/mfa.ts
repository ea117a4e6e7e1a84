/** Second factors: shown at sign-in or in between, set up and taken away. The rules live in `identity/factors/mfa.ts`. */

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
  LastFactorError,
  MfaChallengeExpiredError,
  TooManyFactorsError,
} from '../../identity/factors/factor-errors.ts';
import {
  enrollTotp,
  generateRecoveryCodes,
  removeFactor,
  stepUp,
  verifyMfa,
  verifyTotp,
} from '../../identity/factors/mfa.ts';
import { builder } from '../builder.ts';
import { PROOF_REFUSALS, proofFields } from '../proof.ts';
import { AuthSessionRef, TAKES_CREDENTIAL } from '../sessions/session.ts';
import { handOver, signInFields } from '../sign-in/sign-in.ts';

const CODE =
  'The six digits of an app, or a recovery code. Case, spaces and dashes do not matter. Never logged, never repeated in an error.';
const RAISES =
  'The session goes on at AAL2 with new tokens: keep them, since the refresh token from before is over, as are all other sessions of the person that have not shown a second factor.';

const VerifyMfaInput = builder.inputType('VerifyMfaInput', {
  description: 'A sign-in that waits for a second factor, and a code of it.',
  fields: (t) => ({
    challengeId: t.id({ required: true, description: 'From `MfaRequired`.' }),
    code: t.string({ required: true, description: CODE }),
    ...signInFields(t),
  }),
});

const VerifyMfaResult = builder.errorUnion('VerifyMfaResult', {
  description: 'A session at AAL2, or why there is none.',
  types: [
    AuthSessionRef,
    RefusedError,
    InvalidMfaCodeError,
    MfaChallengeExpiredError,
    NotSupportedError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('verifyMfa', (t) =>
  t.field({
    type: VerifyMfaResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Finishes a sign-in that answered `MfaRequired`. A challenge takes five codes, one at a time. Other sessions of the person that have not shown a second factor end.',
    args: { input: t.arg({ type: VerifyMfaInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => verifyMfa(context.services, input)),
  }),
);

const StepUpInput = builder.inputType('StepUpInput', {
  description: "A code of one of the viewer's second factors.",
  fields: (t) => ({
    code: t.string({ required: true, description: CODE }),
    ...signInFields(t),
  }),
});

const StepUpResult = builder.errorUnion('StepUpResult', {
  description: 'The session at AAL2, or why it stays as it is.',
  types: [
    AuthSessionRef,
    RefusedError,
    InvalidMfaCodeError,
    FactorNotFoundError,
    NotSupportedError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('stepUp', (t) =>
  t.withAuth({ person: true }).field({
    type: StepUpResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description: `For a signed-in person: shows a second factor in the middle of a session, where something answered \`AAL2_REQUIRED\`. ${RAISES} \`FactorNotFoundError\`: the person has none; set one up with \`enrollTotp\`.`,
    args: { input: t.arg({ type: StepUpInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => stepUp(context.services, context.viewer, input)),
  }),
);

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
