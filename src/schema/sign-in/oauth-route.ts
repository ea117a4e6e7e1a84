/** The way to a provider and back, for signing in by it and for linking it. */
import { builder } from '../builder.ts';

type InputFields =
  typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types>
    ? PothosSchemaTypes.InputFieldBuilder<Types, 'InputObject'>
    : never;

const CodeChallengeMethod = builder.enumType('CodeChallengeMethod', {
  description: 'How a challenge is made of its verifier (RFC 7636).',
  values: {
    S256: { value: 's256', description: 'SHA-256, as base64url without padding. There is no other here.' },
  } as const,
});

export const oauthRouteFields = (t: InputFields) => ({
  provider: t.string({ required: true, description: 'A name from `authProviders`.' }),
  redirectTo: t.string({
    description:
      'Where to come back to: on the operator’s site or allow-list; any other place is replaced by the site. Null: the site.',
  }),
  scopes: t.stringList({ description: 'What the application wants of the provider beside a sign-in.' }),
  codeChallenge: t.string({
    required: true,
    description:
      'Of a verifier that the application makes up and keeps for `exchangeCode`. `limen/client` does it.',
  }),
  codeChallengeMethod: t.field({
    type: CodeChallengeMethod,
    defaultValue: 's256',
    description: 'How `codeChallenge` was made.',
  }),
  queryParams: t.field({
    type: 'JSONObject',
    description:
      'Texts for the provider, in its own words: `{ "prompt": "select_account" }`. What the protocol itself needs cannot be set.',
  }),
});

export const ProviderRedirectRef = builder.objectRef<{ url: string }>('ProviderRedirect').implement({
  description: 'Where to send the browser, in the page that asks: not in a frame.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'url' in value,
  fields: (t) => ({
    url: t.exposeString('url', { description: 'To be opened once, within ten minutes.' }),
  }),
});
