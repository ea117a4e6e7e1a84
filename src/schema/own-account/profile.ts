import {
  MetadataTooLargeError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import { updateProfile } from '../../identity/own-account/profile.ts';
import { builder } from '../builder.ts';
import { UserRef } from '../user.ts';

const UNCHANGED = 'Left out: stays as it is. Null: cleared.';

export const UpdateProfileInput = builder.inputType('UpdateProfileInput', {
  description:
    'What a person says about themselves. Only the fields given change; null clears one. All of it together may take 4096 bytes as JSON.',
  fields: (t) => ({
    displayName: t.string({ description: `At most 200 characters. ${UNCHANGED}` }),
    fullName: t.string({ description: `At most 200 characters. ${UNCHANGED}` }),
    firstName: t.string({ description: `At most 200 characters. ${UNCHANGED}` }),
    lastName: t.string({ description: `At most 200 characters. ${UNCHANGED}` }),
    avatarUrl: t.string({ description: `An http or https address of at most 2048 characters. ${UNCHANGED}` }),
    locale: t.string({ description: `A language tag (BCP 47), like \`pt-BR\`. ${UNCHANGED}` }),
    timezone: t.string({ description: `An IANA time zone, like \`Europe/Zurich\`. ${UNCHANGED}` }),
    industry: t.string({ description: `At most 200 characters. ${UNCHANGED}` }),
    jobTitle: t.string({ description: `At most 200 characters. ${UNCHANGED}` }),
    emailConsent: t.boolean({
      description: `Whether mail beyond what the account needs is welcome. ${UNCHANGED}`,
    }),
    onboardingCompleted: t.boolean({
      description: `Whether the person went through the onboarding to the end. ${UNCHANGED}`,
    }),
    preferences: t.field({
      type: 'JSONObject',
      description: `Takes the place of all preferences. ${UNCHANGED}`,
    }),
    metadata: t.field({
      type: 'JSONObject',
      description:
        'Keys that have no field of their own. Each key given is set, or with null taken away; others stay.',
    }),
  }),
});

const UpdateProfileResult = builder.errorUnion('UpdateProfileResult', {
  description: 'The person as they are now, or why nothing changed.',
  types: [UserRef, ValidationError, MetadataTooLargeError, RateLimitedError, ServiceUnavailableError],
});

builder.mutationField('updateProfile', (t) =>
  t.withAuth({ person: true }).field({
    type: UpdateProfileResult,
    skipTypeScopes: true,
    description:
      'For a signed-in person: changes their own profile. Seen by `me` at once, with the same access token.',
    args: { input: t.arg({ type: UpdateProfileInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => updateProfile(services, viewer, input),
  }),
);
