/** A second factor that is shown: at sign-in, or in between. The rules live in `identity/factors/mfa.ts`. */

import {
  NotSupportedError,
  RateLimitedError,
  RefusedError,
  ServiceUnavailableError,
} from '../../identity/errors.ts';
import {
  FactorNotFoundError,
  InvalidMfaCodeError,
  MfaChallengeExpiredError,
} from '../../identity/factors/factor-errors.ts';
import { stepUp, verifyMfa } from '../../identity/factors/mfa.ts';
import { builder } from '../builder.ts';
import { AuthSessionRef, TAKES_CREDENTIAL } from '../sessions/session.ts';
import { handOver, signInFields } from '../sign-in/sign-in.ts';

const CODE =
  'The six digits of an app, or a recovery code. Case, spaces and dashes do not matter. Never logged, never repeated in an error.';
export const RAISES =
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
