/** Identities: the ways somebody signs in, linked and unlinked by themselves. The rules live in `identity/sign-in/oauth.ts`. */

import {
  EmailTakenError,
  ManagedElsewhereError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../identity/errors.ts';
import { AssuranceRequiredError } from '../identity/factors/factor-errors.ts';
import type { Identity } from '../identity/identity.ts';
import { linkIdentity, unlinkIdentity } from '../identity/sign-in/oauth.ts';
import {
  IdentityNotFoundError,
  LastIdentityError,
  LinkingDisabledError,
  ProviderDisabledError,
} from '../identity/sign-in/provider-errors.ts';
import { builder } from './builder.ts';
import { PROOF_REFUSALS, proofFields } from './proof.ts';
import { TAKES_CREDENTIAL } from './sessions/session.ts';
import { oauthRouteFields, ProviderRedirectRef } from './sign-in/oauth-route.ts';
import { UserRef } from './user.ts';

const IdentityRef = builder.objectRef<Identity>('Identity').implement({
  description: 'A way somebody signs in: by their address, their number, or a provider.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'For `unlinkIdentity`.' }),
    provider: t.exposeString('provider', {
      description: '`email`, `phone`, or a provider’s name: `google`, `custom:acme`.',
    }),
    email: t.expose('email', {
      type: 'EmailAddress',
      nullable: true,
      description:
        'The address the provider knows them by; it may differ from the account’s. Null if it gave none.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was linked; null where nobody wrote it down.',
    }),
    lastSignInAt: t.expose('lastSignInAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the person last signed in by it; null if nobody knows.',
    }),
  }),
});

builder.objectField(UserRef, 'identities', (t) =>
  t.field({
    type: [IdentityRef],
    description:
      'The ways the person signs in, the oldest first. Not in the access token: read with the record, in one query for all such fields, unless the person has just signed in.',
    resolve: async (account, _args, { services }) => [...(await services.recordOf(account)).identities],
  }),
);

const LinkIdentityInput = builder.inputType('LinkIdentityInput', {
  description: 'Which provider to add, where to come back to, and who asks.',
  fields: (t) => ({ ...oauthRouteFields(t), ...proofFields(t) }),
});

const LinkIdentityResult = builder.errorUnion('LinkIdentityResult', {
  description: 'Where to send the browser, or why nowhere.',
  types: [
    ProviderRedirectRef,
    LinkingDisabledError,
    ProviderDisabledError,
    ...PROOF_REFUSALS,
    AssuranceRequiredError,
    ManagedElsewhereError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('linkIdentity', (t) =>
  t.withAuth({ person: true }).field({
    type: LinkIdentityResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For a signed-in person: begins to add a provider to their account. Send the browser to `url`; it comes back to `redirectTo` with `?code=`, and `exchangeCode` makes the link. Whoever was anonymous is so no longer, and keeps their id.',
    args: { input: t.arg({ type: LinkIdentityInput, required: true }) },
    resolve: async (_root, { input }, { services, viewer }) => ({
      url: await linkIdentity(services, viewer, input),
    }),
  }),
);

const UnlinkIdentityInput = builder.inputType('UnlinkIdentityInput', {
  description: 'Which way to sign in to take away, and who asks.',
  fields: (t) => ({
    identityId: t.id({ required: true, description: 'From `User.identities`.' }),
    ...proofFields(t),
  }),
});

interface IdentityUnlinked {
  unlinkedIdentity: string;
}

const IdentityUnlinkedRef = builder.objectRef<IdentityUnlinked>('IdentityUnlinked').implement({
  description: 'The account can no longer be opened that way. Sessions that were begun by it go on.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'unlinkedIdentity' in value,
  fields: (t) => ({
    identityId: t.exposeID('unlinkedIdentity', { description: 'Which one it was.' }),
  }),
});

const UnlinkIdentityResult = builder.errorUnion('UnlinkIdentityResult', {
  description: 'What was taken away, or why nothing was.',
  types: [
    IdentityUnlinkedRef,
    IdentityNotFoundError,
    LastIdentityError,
    EmailTakenError,
    LinkingDisabledError,
    ...PROOF_REFUSALS,
    AssuranceRequiredError,
    ManagedElsewhereError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('unlinkIdentity', (t) =>
  t.withAuth({ person: true }).field({
    type: UnlinkIdentityResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'For a signed-in person: takes away one of the ways they sign in; with that of their address, the password too. The last one that they can still sign in by stays. They are told by mail.',
    args: { input: t.arg({ type: UnlinkIdentityInput, required: true }) },
    resolve: async (_root, { input }, { services, viewer }) => {
      const identityId = String(input.identityId);
      await unlinkIdentity(services, viewer, { ...input, identityId });
      return { unlinkedIdentity: identityId };
    },
  }),
);
