/** Sign-in by other providers. The rules live in `identity/sign-in/oauth.ts`. */
import {
  AccountBannedError,
  EmailTakenError,
  RateLimitedError,
  ServiceUnavailableError,
  SignupDisabledError,
  ValidationError,
} from '../../identity/errors.ts';
import {
  exchangeCode,
  listAuthProviders,
  signInWithIdToken,
  signInWithOAuth,
} from '../../identity/sign-in/oauth.ts';
import {
  IdentityAlreadyLinkedError,
  InvalidAuthCodeError,
  InvalidIdTokenError,
  ProviderDisabledError,
  ProviderEmailUnverifiedError,
} from '../../identity/sign-in/provider-errors.ts';
import { builder } from '../builder.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { oauthRouteFields, ProviderRedirectRef } from './oauth-route.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from './sign-in.ts';

const AuthProviderRef = builder.objectRef<{ name: string; label: string }>('AuthProvider').implement({
  description: 'A provider that people can sign in by.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'For `signInWithOAuth`: `google`, or `custom:` and the name of one of the operator’s own.',
    }),
    label: t.exposeString('label', { description: 'For a button: `Google`.' }),
  }),
});

builder.queryField('authProviders', (t) =>
  t.field({
    type: [AuthProviderRef],
    skipTypeScopes: true,
    description:
      'The providers that are on, for a sign-in page. For anybody. Costs no query; on Supabase it is asked for once a minute.',
    resolve: (_root, _args, { services }) => listAuthProviders(services),
  }),
);

const SignInWithOAuthInput = builder.inputType('SignInWithOAuthInput', {
  description: 'Which provider, and where to come back to.',
  fields: (t) => oauthRouteFields(t),
});

const SignInWithOAuthResult = builder.errorUnion('SignInWithOAuthResult', {
  description: 'Where to send the browser, or why nowhere.',
  types: [ProviderRedirectRef, ProviderDisabledError, ValidationError, ServiceUnavailableError],
});

builder.mutationField('signInWithOAuth', (t) =>
  t.field({
    type: SignInWithOAuthResult,
    skipTypeScopes: true,
    description:
      'Begins a sign-in by a provider: send the browser to `url`. It comes back to `redirectTo` with `?code=`, for `exchangeCode`; or with `error`, `error_code` and `error_description`. For anybody. Nobody is asked, and nothing is written, before the browser is there.',
    args: { input: t.arg({ type: SignInWithOAuthInput, required: true }) },
    resolve: async (_root, { input }, { services }) => ({ url: await signInWithOAuth(services, input) }),
  }),
);

const ExchangeCodeInput = builder.inputType('ExchangeCodeInput', {
  description: 'What somebody came back with, and what they left with.',
  fields: (t) => ({
    code: t.string({
      required: true,
      description: 'From the address: `?code=`. It counts once, for five minutes.',
    }),
    codeVerifier: t.string({
      required: true,
      description: 'What `codeChallenge` was made of: it shows that whoever comes back is whoever left.',
    }),
    ...signInFields(t),
  }),
});

const ExchangeCodeResult = builder.errorUnion('ExchangeCodeResult', {
  description: 'A session, or why there is none.',
  types: [
    ...SIGN_IN_OUTCOMES,
    InvalidAuthCodeError,
    IdentityAlreadyLinkedError,
    EmailTakenError,
    AccountBannedError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('exchangeCode', (t) =>
  t.field({
    type: ExchangeCodeResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Ends what `signInWithOAuth` or `linkIdentity` began: signs the person in, and makes the link they asked for. For anybody who has the code and its verifier. A wrong verifier uses the code not up.',
    args: { input: t.arg({ type: ExchangeCodeInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => exchangeCode(context.services, input)),
  }),
);

const SignInWithIdTokenInput = builder.inputType('SignInWithIdTokenInput', {
  description: 'An ID token that the application got by itself, as from a phone’s own sign-in.',
  fields: (t) => ({
    provider: t.string({
      required: true,
      description: 'The name of an OpenID provider: see `authProviders`.',
    }),
    idToken: t.string({
      required: true,
      description: 'Issued for one of the client ids that the operator names. Never logged.',
    }),
    accessToken: t.string({
      description:
        'The access token that came with it; compared with the token’s `at_hash`, where it has one.',
    }),
    nonce: t.string({
      description:
        'What the application made up for this sign-in, as it made it up; the provider got its SHA-256 in hexadecimal. A token with a nonce counts once.',
    }),
    ...signInFields(t),
  }),
});

const SignInWithIdTokenResult = builder.errorUnion('SignInWithIdTokenResult', {
  description: 'A session, or why there is none.',
  types: [
    ...SIGN_IN_OUTCOMES,
    InvalidIdTokenError,
    ProviderDisabledError,
    ProviderEmailUnverifiedError,
    EmailTakenError,
    SignupDisabledError,
    AccountBannedError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('signInWithIdToken', (t) =>
  t.field({
    type: SignInWithIdTokenResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Signs a person in by an ID token, and makes an account for whoever has none. For anybody. Issuer, audience, signature, nonce and time are checked.',
    args: { input: t.arg({ type: SignInWithIdTokenInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => signInWithIdToken(context.services, input)),
  }),
);
