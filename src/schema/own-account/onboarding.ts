import {
  MetadataTooLargeError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import { completeOnboarding } from '../../identity/own-account/onboarding.ts';
import { builder } from '../builder.ts';
import { UserRef } from '../user.ts';

const UNCHANGED = 'Left out: stays as it is. Null: cleared.';
const asInProfile = `As for \`updateProfile\`. ${UNCHANGED}`;

const CompleteOnboardingInput = builder.inputType('CompleteOnboardingInput', {
  description: 'What the person told about themselves. All of it is written together, or none.',
  fields: (t) => ({
    industry: t.string({ description: `At most 200 characters. ${UNCHANGED}` }),
    jobTitle: t.string({ description: `At most 200 characters. ${UNCHANGED}` }),
    emailConsent: t.boolean({
      description: `Whether mail beyond what the account needs is welcome. The server keeps when they said so. ${UNCHANGED}`,
    }),
    displayName: t.string({ description: asInProfile }),
    fullName: t.string({ description: asInProfile }),
    firstName: t.string({ description: asInProfile }),
    lastName: t.string({ description: asInProfile }),
    avatarUrl: t.string({ description: asInProfile }),
    locale: t.string({ description: asInProfile }),
    timezone: t.string({ description: asInProfile }),
  }),
});

const CompleteOnboardingResult = builder.errorUnion('CompleteOnboardingResult', {
  description: 'The person, who has finished, or why nothing changed.',
  types: [UserRef, ValidationError, MetadataTooLargeError, RateLimitedError, ServiceUnavailableError],
});

builder.mutationField('completeOnboarding', (t) =>
  t.withAuth({ person: true }).field({
    type: CompleteOnboardingResult,
    skipTypeScopes: true,
    description:
      'For a signed-in person: finishes their onboarding, with what they told, in one write. Every device sees it at once, with the tokens it has. Asked again, it changes what is given and not `completedAt`.',
    args: { input: t.arg({ type: CompleteOnboardingInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => completeOnboarding(services, viewer, input),
  }),
);
