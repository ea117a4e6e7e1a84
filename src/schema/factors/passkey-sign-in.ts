/** Sign-in by passkey. */
import {
  AccountBannedError,
  EmailNotConfirmedError,
  NotSupportedError,
  PhoneNotConfirmedError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import {
  PasskeyChallengeExpiredError,
  PasskeyNotAcceptedError,
} from '../../identity/factors/passkey-errors.ts';
import { finishPasskeySignIn, startPasskeySignIn } from '../../identity/factors/passkeys.ts';
import { builder } from '../builder.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from '../sign-in/sign-in.ts';
import { CREDENTIAL, ceremonyRef } from './passkey-ceremony.ts';

const StartPasskeySignInResult = builder.errorUnion('StartPasskeySignInResult', {
  description: 'What the browser needs, or why nobody can sign in by passkey at the moment.',
  types: [
    ceremonyRef(
      'PasskeySignInChallenge',
      'parseRequestOptionsFromJSON',
      'get',
      'What a browser needs to ask for a passkey. It names nobody: the person chooses among what their device has for this site.',
    ),
    NotSupportedError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('startPasskeySignIn', (t) =>
  t.field({
    type: StartPasskeySignInResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description: 'Begins a sign-in by passkey. Needs no address, and is the same for everybody.',
    resolve: (_root, _args, { services }) => startPasskeySignIn(services),
  }),
);

const FinishPasskeySignInInput = builder.inputType('FinishPasskeySignInInput', {
  description: 'What the passkey signed.',
  fields: (t) => ({
    challengeId: t.id({ required: true, description: 'From `startPasskeySignIn`.' }),
    credential: t.field({ type: 'JSONObject', required: true, description: CREDENTIAL }),
    ...signInFields(t),
  }),
});

const FinishPasskeySignInResult = builder.errorUnion('FinishPasskeySignInResult', {
  description:
    'A session, or why there is none. An unknown passkey and a wrong one answer alike; of a ban, or an address still to be confirmed, only whoever has the passkey is told.',
  types: [
    ...SIGN_IN_OUTCOMES,
    PasskeyChallengeExpiredError,
    PasskeyNotAcceptedError,
    EmailNotConfirmedError,
    PhoneNotConfirmedError,
    AccountBannedError,
    NotSupportedError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('finishPasskeySignIn', (t) =>
  t.field({
    type: FinishPasskeySignInResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Signs a person in by passkey, in a session of its own. The session is AAL1, and whoever has a second factor is asked for it, as at every sign-in.',
    args: { input: t.arg({ type: FinishPasskeySignInInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => finishPasskeySignIn(context.services, input)),
  }),
);
