/** How a signed-in person gets a passkey. */

import {
  ManagedElsewhereError,
  NotSupportedError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import { AssuranceRequiredError } from '../../identity/factors/factor-errors.ts';
import {
  PasskeyChallengeExpiredError,
  PasskeyExistsError,
  PasskeyNotAcceptedError,
  TooManyPasskeysError,
} from '../../identity/factors/passkey-errors.ts';
import { finishPasskeyRegistration, startPasskeyRegistration } from '../../identity/factors/passkeys.ts';
import { builder } from '../builder.ts';
import { PROOF_REFUSALS, proofFields } from '../proof.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { PasskeyRef } from './passkey.ts';
import { CREDENTIAL, ceremonyRef } from './passkey-ceremony.ts';

const StartPasskeyRegistrationInput = builder.inputType('StartPasskeyRegistrationInput', {
  description: 'What shows that it is the person who asks.',
  fields: (t) => proofFields(t),
});

const StartPasskeyRegistrationResult = builder.errorUnion('StartPasskeyRegistrationResult', {
  description: 'What the browser needs, or why there will be no passkey.',
  types: [
    ceremonyRef(
      'PasskeyRegistrationChallenge',
      'parseCreationOptionsFromJSON',
      'create',
      'What a browser needs to make a passkey. It names the person, and those passkeys of theirs that it need not make again.',
    ),
    TooManyPasskeysError,
    ...PROOF_REFUSALS,
    AssuranceRequiredError,
    ManagedElsewhereError,
    NotSupportedError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('startPasskeyRegistration', (t) =>
  t.withAuth({ person: true }).field({
    type: StartPasskeyRegistrationResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For a signed-in person: begins to add a passkey. Whoever has a second factor must have shown it in this session. Anonymous people are refused (`FORBIDDEN`).',
    args: { input: t.arg({ type: StartPasskeyRegistrationInput }) },
    resolve: (_root, { input }, { services, viewer }) =>
      startPasskeyRegistration(services, viewer, input ?? {}),
  }),
);

const FinishPasskeyRegistrationInput = builder.inputType('FinishPasskeyRegistrationInput', {
  description: 'A passkey that the browser has just made.',
  fields: (t) => ({
    challengeId: t.id({ required: true, description: 'From `startPasskeyRegistration`.' }),
    credential: t.field({ type: 'JSONObject', required: true, description: CREDENTIAL }),
    name: t.string({
      description: 'What the person calls it: `Work laptop`. At most 120 characters. Null for nothing.',
    }),
  }),
});

const FinishPasskeyRegistrationResult = builder.errorUnion('FinishPasskeyRegistrationResult', {
  description: 'The passkey, or why it is not registered.',
  types: [
    PasskeyRef,
    PasskeyChallengeExpiredError,
    PasskeyNotAcceptedError,
    PasskeyExistsError,
    TooManyPasskeysError,
    AssuranceRequiredError,
    ManagedElsewhereError,
    NotSupportedError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('finishPasskeyRegistration', (t) =>
  t.withAuth({ person: true }).field({
    type: FinishPasskeyRegistrationResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For the person who began it: registers the passkey that the browser made. The person is told by mail.',
    args: { input: t.arg({ type: FinishPasskeyRegistrationInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => finishPasskeyRegistration(services, viewer, input),
  }),
);
