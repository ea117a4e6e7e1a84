import { type Endpoints, newEndpoints, type Services } from './endpoint.ts';

/** Every provider that Supabase Auth names: clients look theirs up here, and read a missing one as an old server. */
const PROVIDERS = [
  'anonymous_users',
  'apple',
  'azure',
  'bitbucket',
  'discord',
  'facebook',
  'figma',
  'fly',
  'github',
  'gitlab',
  'google',
  'kakao',
  'keycloak',
  'linkedin',
  'linkedin_oidc',
  'notion',
  'slack',
  'slack_oidc',
  'snapchat',
  'spotify',
  'twitch',
  'twitter',
  'workos',
  'x',
  'zoom',
  'phone',
];

export function settingsEndpoints({ settings, oauth }: Services): Endpoints {
  return newEndpoints().get('/settings', (call) =>
    call.json({
      external: {
        ...Object.fromEntries(PROVIDERS.map((name) => [name, false])),
        ...Object.fromEntries([...oauth.keys()].map((name) => [name, true])),
        anonymous_users: settings.anonymousUsersEnabled,
        email: true,
        phone: settings.phone.enabled,
      },
      // For buttons; Supabase Auth has none.
      external_labels: Object.fromEntries([...oauth.values()].map(({ name, label }) => [name, label])),
      disable_signup: !settings.signupEnabled,
      mailer_autoconfirm: !settings.emailConfirmation,
      phone_autoconfirm: settings.phone.autoconfirm,
      // Clients look whether there is one, not which.
      sms_provider: settings.phone.enabled ? 'hook' : '',
      saml_enabled: false,
      passkeys_enabled: settings.passkeys !== null,
    }),
  );
}
