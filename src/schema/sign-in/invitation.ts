/** What operators make for others: invitations and links. The rules live in `identity/sign-in/invitation.ts`. */
import { OutrankedError, OwnAccountError } from '../../identity/administration/administration-errors.ts';
import {
  AccountBannedError,
  EmailTakenError,
  InvalidCodeError,
  ManagedElsewhereError,
  MetadataTooLargeError,
  RateLimitedError,
  ReauthenticationRequiredError,
  ServiceUnavailableError,
  UserNotFoundError,
  ValidationError,
  WeakPasswordError,
} from '../../identity/errors.ts';
import { acceptInvitation, generateLink, inviteUser } from '../../identity/sign-in/invitation.ts';
import type { ActionLink } from '../../identity/sign-in/invitation-backend.ts';
import { builder } from '../builder.ts';
import { UpdateProfileInput } from '../own-account/profile.ts';
import { TAKES_CREDENTIAL } from '../sessions/session.ts';
import { UserRef } from '../user.ts';
import { redirectToField, shownCodeFields } from './shown-code.ts';
import { handOver, SIGN_IN_OUTCOMES, signInFields } from './sign-in.ts';

const InviteUserInput = builder.inputType('InviteUserInput', {
  description: 'Whom to invite.',
  fields: (t) => ({
    email: t.field({ type: 'EmailAddress', required: true, description: 'Where the invitation goes.' }),
    profile: t.field({
      type: UpdateProfileInput,
      description: 'What is known of the person. It grants nothing: give roles with `setUserRoles`.',
    }),
    ...redirectToField(t),
  }),
});

const InviteUserResult = builder.errorUnion('InviteUserResult', {
  description: 'The account, unconfirmed until the invitation is accepted; or why nobody was invited.',
  types: [
    UserRef,
    EmailTakenError,
    OutrankedError,
    ValidationError,
    MetadataTooLargeError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('inviteUser', (t) =>
  t.withAuth({ permission: 'users:write' }).field({
    type: InviteUserResult,
    skipTypeScopes: true,
    description:
      'Needs `users:write`: makes an account for an address and mails an invitation. Whoever accepts it has confirmed the address, is signed in, and then sets a password. To invite somebody again who has not accepted yet makes the earlier invitation worthless.',
    args: { input: t.arg({ type: InviteUserInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => inviteUser(services, viewer, input),
  }),
);

const AcceptInvitationInput = builder.inputType('AcceptInvitationInput', {
  description:
    'From the mail of `inviteUser`: `email` with `code`, or `tokenHash`. And a password, if the person wants one.',
  fields: (t) => ({
    ...shownCodeFields(t),
    newPassword: t.string({
      description:
        'At least 8 characters, of any kind; not a common one, and not the address. A weak one is refused before the code is used, so that it can be tried again. Without one the person can set it for 15 minutes, by `changePassword` with `newPassword` alone.',
    }),
    ...signInFields(t),
  }),
});

const AcceptInvitationResult = builder.errorUnion('AcceptInvitationResult', {
  description: 'A session of the invited person, whose address is confirmed now; or why there is none.',
  types: [
    ...SIGN_IN_OUTCOMES,
    InvalidCodeError,
    WeakPasswordError,
    AccountBannedError,
    ReauthenticationRequiredError,
    ManagedElsewhereError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('acceptInvitation', (t) =>
  t.field({
    type: AcceptInvitationResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Takes an invitation up, once: confirms the address, sets the password, signs the person in.',
    args: { input: t.arg({ type: AcceptInvitationInput, required: true }) },
    resolve: (_root, { input }, context) =>
      handOver(context, input, () => acceptInvitation(context.services, input)),
  }),
);

const ActionLinkType = builder.enumType('ActionLinkType', {
  description: 'What a link is for.',
  values: {
    SIGNUP: {
      value: 'signup',
      description: 'Confirms a new account, which is made with the `password` given.',
    },
    INVITE: { value: 'invite', description: 'As `inviteUser`, without the mail.' },
    MAGIC_LINK: { value: 'magiclink', description: 'Signs in. Makes the account where there is none.' },
    RECOVERY: { value: 'recovery', description: 'Signs in somebody who lost their password.' },
    EMAIL_CHANGE_CURRENT: {
      value: 'email_change_current',
      description: 'The half of a change to `newEmail` that the present address confirms.',
    },
    EMAIL_CHANGE_NEW: {
      value: 'email_change_new',
      description: 'The half of a change to `newEmail` that the new address confirms.',
    },
  } as const,
});

const GenerateLinkInput = builder.inputType('GenerateLinkInput', {
  description: 'What the link is for, and whom.',
  fields: (t) => ({
    type: t.field({ type: ActionLinkType, required: true, description: 'What opening it does.' }),
    email: t.field({
      type: 'EmailAddress',
      required: true,
      description: 'The present address of the account.',
    }),
    newEmail: t.field({ type: 'EmailAddress', description: 'For a change of e-mail, and for nothing else.' }),
    password: t.string({ description: 'For `SIGNUP`, and for nothing else. Never logged.' }),
    profile: t.field({
      type: UpdateProfileInput,
      description: 'Of an account that is made: `SIGNUP`, `INVITE`, `MAGIC_LINK`. Grants nothing.',
    }),
    ...redirectToField(t),
  }),
});

const ActionLinkRef = builder.objectRef<ActionLink>('ActionLink').implement({
  description:
    'A link to hand to its person by whatever means. It is a credential: whoever holds it can be that person, once.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'tokenHash' in value,
  fields: (t) => ({
    url: t.exposeString('url', {
      description: 'The link itself. Its host comes from the configuration, never from a request.',
    }),
    oneTimeCode: t.exposeString('oneTimeCode', {
      description: 'The same as a code, to be given together with the address.',
    }),
    tokenHash: t.exposeString('tokenHash', {
      description: 'The token of the link, for a page of your own that verifies it.',
    }),
    verificationType: t.exposeString('verificationType', {
      description:
        'What `/auth/v1/verify` takes it as: `signup`, `invite`, `magiclink`, `recovery` or `email_change`.',
    }),
    redirectTo: t.exposeString('redirectTo', {
      nullable: true,
      description: 'Where it leads in the end; null where the server did not say.',
    }),
    user: t.field({
      type: UserRef,
      description: 'Whom it is for.',
      resolve: ({ account }) => account,
    }),
  }),
});

const GenerateLinkResult = builder.errorUnion('GenerateLinkResult', {
  description: 'The link, or why there is none.',
  types: [
    ActionLinkRef,
    UserNotFoundError,
    OutrankedError,
    OwnAccountError,
    EmailTakenError,
    WeakPasswordError,
    ValidationError,
    MetadataTooLargeError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('generateLink', (t) =>
  t.withAuth({ permission: 'users:write' }).field({
    type: GenerateLinkResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Needs `users:write`: the link and the code that a mail would hold, without the mail. Never for the caller’s own account, nor for somebody who holds a role or a permission that they lack. It makes the links sent before worthless.',
    args: { input: t.arg({ type: GenerateLinkInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => generateLink(services, viewer, input),
  }),
);
