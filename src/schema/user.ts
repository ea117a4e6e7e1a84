/** A person. Profiles are read by `identity/own-account/profile.ts`, grants by `identity/account.ts`. */
import { type Account, grantsOf } from '../identity/account.ts';
import { findAccount } from '../identity/administration/directory.ts';
import { profileOf } from '../identity/own-account/profile.ts';
import { builder } from './builder.ts';

const FROM_LIMEN = 'Not in the access token: one query for all whom a request asks about.';

const OnboardingRef = builder.objectRef<Account>('Onboarding').implement({
  description: 'What a person told about themselves when they began.',
  fields: (t) => ({
    completed: t.boolean({
      description: 'Whether the person went through it to the end. The same on every device.',
      resolve: (account) => profileOf(account).onboardingCompleted,
    }),
    industry: t.string({
      nullable: true,
      description: 'Null while the person has not said.',
      resolve: (account) => profileOf(account).industry,
    }),
    jobTitle: t.string({
      nullable: true,
      description: 'Null while the person has not said.',
      resolve: (account) => profileOf(account).jobTitle,
    }),
    emailConsent: t.boolean({
      description:
        'Whether the person agreed to receive mail beyond what the account needs. False until they do.',
      resolve: (account) => profileOf(account).emailConsent,
    }),
    completedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: `When they finished it, by the server's clock; null while they have not. ${FROM_LIMEN}`,
      resolve: async (account, _args, { services }) => (await services.factsOf(account)).onboardedAt,
    }),
    emailConsentAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: `When the person last agreed, refused or withdrew, by the server's clock; null if they never said. \`emailConsent\` tells which. ${FROM_LIMEN}`,
      resolve: async (account, _args, { services }) => (await services.factsOf(account)).emailConsentAt,
    }),
  }),
});

const FROM_RECORD = 'Not in the access token: asking for it costs one query.';

export const UserRef = builder.objectRef<Account>('User').implement({
  description:
    'A person. The profile is what they wrote themselves; roles, permissions and tier are what administrators gave them.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'appMetadata' in value,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The UUID that other services store. Never changes.' }),
    email: t.expose('email', {
      type: 'EmailAddress',
      nullable: true,
      description: 'Null for somebody who signed up without one.',
    }),
    emailVerified: t.boolean({
      description: `Whether the address counts as confirmed: by its owner, by an administrator, or at sign-up where this installation confirms at once, which proves nothing. ${FROM_RECORD}`,
      resolve: async (account, _args, { services }) =>
        (await services.recordOf(account)).emailConfirmedAt !== null,
    }),
    phone: t.exposeString('phone', {
      nullable: true,
      description:
        'In digits with the country first (E.164) and no plus. Null for somebody without a number.',
    }),
    phoneVerified: t.boolean({
      description: `Whether the number counts as confirmed. ${FROM_RECORD}`,
      resolve: async (account, _args, { services }) =>
        (await services.recordOf(account)).phoneConfirmedAt !== null,
    }),
    isAnonymous: t.exposeBoolean('isAnonymous', {
      description:
        'True for somebody from `signInAnonymously` who has confirmed no address yet. Their id stays when they do.',
    }),
    newEmail: t.field({
      type: 'EmailAddress',
      nullable: true,
      description: `The address that \`changeEmail\` asked for, while it is to be confirmed; null otherwise. ${FROM_RECORD}`,
      resolve: async (account, _args, { services }) => (await services.recordOf(account)).newEmail,
    }),
    newPhone: t.string({
      nullable: true,
      description: `The number that \`changePhone\` asked for, while it is to be confirmed; null otherwise. ${FROM_RECORD}`,
      resolve: async (account, _args, { services }) => (await services.recordOf(account)).newPhone,
    }),
    displayName: t.string({
      nullable: true,
      description: 'What the person wants to be called. Null if they did not say.',
      resolve: (account) => profileOf(account).displayName,
    }),
    fullName: t.string({
      nullable: true,
      description: 'Null if the person did not say.',
      resolve: (account) => profileOf(account).fullName,
    }),
    firstName: t.string({
      nullable: true,
      description: 'Null if the person did not say.',
      resolve: (account) => profileOf(account).firstName,
    }),
    lastName: t.string({
      nullable: true,
      description: 'Null if the person did not say.',
      resolve: (account) => profileOf(account).lastName,
    }),
    avatarUrl: t.string({
      nullable: true,
      description:
        'The web address of a picture. Null if there is none. Written by the person: do not trust what it serves.',
      resolve: (account) => profileOf(account).avatarUrl,
    }),
    locale: t.string({
      nullable: true,
      description: 'A language tag (BCP 47), like `pt-BR`. Null if the person did not say.',
      resolve: (account) => profileOf(account).locale,
    }),
    timezone: t.string({
      nullable: true,
      description:
        'A name of the IANA time zone database, like `Europe/Zurich`. Null if the person did not say.',
      resolve: (account) => profileOf(account).timezone,
    }),
    onboarding: t.field({
      type: OnboardingRef,
      description: 'How far the person got in telling about themselves.',
      resolve: (account) => account,
    }),
    preferences: t.field({
      type: 'JSONObject',
      description: "The person's settings, in whatever shape the application gives them. Empty at first.",
      resolve: (account) => profileOf(account).preferences,
    }),
    metadata: t.expose('userMetadata', {
      type: 'JSONObject',
      description:
        "All of Supabase's `user_metadata`, with the keys that have no field of their own. Grants nothing.",
    }),
    roles: t.stringList({
      description:
        'From `app_metadata.role` and `app_metadata.roles`. Only administrators and services write them.',
      resolve: (account) => [...grantsOf(account.appMetadata).roles],
    }),
    permissions: t.stringList({
      description: 'From `app_metadata.permissions`. Only administrators and services write them.',
      resolve: (account) => [...grantsOf(account.appMetadata).permissions],
    }),
    tier: t.string({
      nullable: true,
      description: 'From `app_metadata.tier`, like `pro`. Null without one.',
      resolve: (account) => grantsOf(account.appMetadata).tier,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: `When the account was made. ${FROM_RECORD}`,
      resolve: async (account, _args, { services }) => (await services.recordOf(account)).createdAt,
    }),
    updatedAt: t.field({
      type: 'DateTime',
      description: `When anything about the account last changed. ${FROM_RECORD}`,
      resolve: async (account, _args, { services }) => (await services.recordOf(account)).updatedAt,
    }),
    lastSignInAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: `When the person last signed in; null if never. ${FROM_RECORD}`,
      resolve: async (account, _args, { services }) => (await services.recordOf(account)).lastSignInAt,
    }),
    bannedUntil: t.field({
      type: 'DateTime',
      nullable: true,
      description: `Until when the person is banned; null for somebody who was never, or is no longer. ${FROM_RECORD}`,
      resolve: async (account, _args, { services }) => {
        const { bannedUntil } = await services.recordOf(account);
        return bannedUntil && bannedUntil > services.clock() ? bannedUntil : null;
      },
    }),
    appMetadata: t.expose('appMetadata', {
      type: 'JSONObject',
      authScopes: (account, _args, { viewer }) =>
        (viewer.kind === 'person' && viewer.account.id === account.id) || { permission: 'users:read' },
      description:
        "All of Supabase's `app_metadata`, which only administrators and services write. For the person themselves, and for whoever holds `users:read`.",
    }),
  }),
});

builder.queryField('me', (t) =>
  t.field({
    type: UserRef,
    nullable: true,
    skipTypeScopes: true,
    description:
      'The person who is asking; null when nobody is signed in, or a service asks. Read from the access token, without a query. If the person changed since it was issued, the change is seen.',
    resolve: (_root, _args, { viewer }) => (viewer.kind === 'person' ? viewer.account : null),
  }),
);

builder.queryField('user', (t) =>
  t.withAuth({ permission: 'users:read' }).field({
    type: UserRef,
    nullable: true,
    skipTypeScopes: true,
    description: 'Anybody, by id; null for an id nobody has. Needs `users:read`.',
    args: { id: t.arg.id({ required: true, description: 'A UUID. Anything else is an id nobody has.' }) },
    resolve: (_root, { id }, { services }) => findAccount(services, id),
  }),
);
