/** What an operator says of a provider. */
export const PRESETS = ['google', 'github', 'azure', 'apple', 'gitlab', 'discord'] as const;

export type Preset = (typeof PRESETS)[number];

export interface ProviderSettings {
  /** Of a preset its own name; of any other OpenID provider `custom:` and a name. */
  name: string;
  label: string;
  kind: Preset | 'oidc';
  /** The first is ours in redirects; ID tokens for the others, as for an application on a phone, are taken too. */
  clientIds: readonly [string, ...string[]];
  /** Null for a public client, and for Apple where the key makes it. */
  secret: string | null;
  /** Apple takes no lasting secret, but a token signed with this. */
  appleKey: { teamId: string; keyId: string; privateKey: string } | null;
  /** The issuer of an OpenID provider, or where a preset lives if not at its usual place. Null: the usual place. */
  url: string | null;
  /** Our callback, as it is registered with the provider. */
  redirectUri: string;
  /** Asked for beside those that a sign-in needs. */
  scopes: readonly string[];
  /** Takes ID tokens whose nonce nobody can show. */
  skipNonceCheck: boolean;
  emailOptional: boolean;
  /** Takes the provider's word for addresses that it does not call verified, as a company's own provider may not. */
  trustEmail: boolean;
}
