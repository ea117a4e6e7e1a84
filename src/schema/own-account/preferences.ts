import {
  MetadataTooLargeError,
  PreferencesTooLargeError,
  RateLimitedError,
  ServiceUnavailableError,
  ValidationError,
} from '../../identity/errors.ts';
import {
  PREFERENCES_MAX_BYTES,
  PREFERENCES_MAX_DEPTH,
  updatePreferences,
} from '../../identity/own-account/preferences.ts';
import { builder } from '../builder.ts';
import { UserRef } from '../user.ts';

const UpdatePreferencesInput = builder.inputType('UpdatePreferencesInput', {
  description: 'What shall be different.',
  fields: (t) => ({
    preferences: t.field({
      type: 'JSONObject',
      required: true,
      description: `Only the keys that change, however deep: objects are merged, null takes a key away, anything else, a list too, takes the place of what was there. Afterwards all preferences may take ${PREFERENCES_MAX_BYTES} bytes as JSON, and what is given ${PREFERENCES_MAX_DEPTH} levels.`,
    }),
  }),
});

const UpdatePreferencesResult = builder.errorUnion('UpdatePreferencesResult', {
  description: 'The person with their new preferences, or why nothing changed.',
  types: [
    UserRef,
    PreferencesTooLargeError,
    MetadataTooLargeError,
    ValidationError,
    RateLimitedError,
    ServiceUnavailableError,
  ],
});

builder.mutationField('updatePreferences', (t) =>
  t.withAuth({ person: true }).field({
    type: UpdatePreferencesResult,
    skipTypeScopes: true,
    description:
      'For a signed-in person: merges into their preferences. Of two devices that change different keys in the same moment neither loses anything. Seen by `me` at once, with the same access token.',
    args: { input: t.arg({ type: UpdatePreferencesInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) =>
      updatePreferences(services, viewer, input.preferences),
  }),
);
