/** Providers that people sign in with: those known by name, and any that speak OpenID Connect. */
import { z } from 'zod';
import { httpUrl, list, onOff, type Values, type Wrong } from './values.ts';

export interface OAuthConfig {
  readonly providers: readonly ProviderConfig[];
  /** Whether people may link and unlink providers by themselves. */
  readonly manualLinking: boolean;
  readonly linkingNeedsProof: boolean;
}

export interface ProviderConfig {
  name: string;
  label: string;
  kind: Preset | 'oidc';
  clientIds: [string, ...string[]];
  secret: string | null;
  appleKey: { teamId: string; keyId: string; privateKey: string } | null;
  url: string | null;
  redirectUri: string;
  scopes: string[];
  skipNonceCheck: boolean;
  emailOptional: boolean;
  trustEmail: boolean;
}

const LABELS = {
  google: 'Google',
  github: 'GitHub',
  azure: 'Microsoft',
  apple: 'Apple',
  gitlab: 'GitLab',
  discord: 'Discord',
} as const;

type Preset = keyof typeof LABELS;

export const oauthVariables = {
  SECURITY_MANUAL_LINKING_ENABLED: onOff.default(false),
  SECURITY_LINKING_REQUIRE_REAUTHENTICATION: onOff.default(true),
  OIDC_PROVIDERS: list
    .default([])
    .refine(
      (names) =>
        names.every((name) => /^[a-z][a-z0-9_]{0,30}$/.test(name)) && new Set(names).size === names.length,
      'different names of lower-case letters, digits and _, separated by commas',
    ),
};

/** What each provider may have, after its prefix: `EXTERNAL_GOOGLE_` or `OIDC_ACME_`. */
const providerVariables = z.object({
  CLIENT_ID: list.refine((ids) => ids.length > 0, 'at least one').optional(),
  SECRET: z.string().optional(),
  REDIRECT_URI: httpUrl.optional(),
  SCOPES: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter(Boolean)),
  EMAIL_OPTIONAL: onOff.default(false),
  SKIP_NONCE_CHECK: onOff.default(false),
  TRUST_EMAIL: onOff.default(false),
  // Of a preset.
  ENABLED: onOff.default(false),
  URL: httpUrl.optional(),
  // Of any other.
  // As the provider writes it: with a slash at the end, where it has one.
  ISSUER: z.url({ protocol: /^https?$/, error: 'an address that starts with https://' }).optional(),
  LABEL: z.string().max(64, 'at most 64 characters').optional(),
  // Of Apple, in place of a secret.
  TEAM_ID: z.string().optional(),
  KEY_ID: z.string().optional(),
  PRIVATE_KEY: z.string().optional(),
});

/** Of the providers known by name, in the spelling that Supabase Auth has too. */
export const presetVariables = Object.keys(LABELS).flatMap((preset) =>
  Object.keys(providerVariables.shape).map((name) => `EXTERNAL_${preset.toUpperCase()}_${name}`),
);

/** Of the others. */
export const oidcVariables = (providers: readonly string[]) =>
  providers.flatMap((name) =>
    Object.keys(providerVariables.shape).map((variable) => `OIDC_${name.toUpperCase()}_${variable}`),
  );

type ProviderValues = z.infer<typeof providerVariables>;
type Given = Record<string, string | undefined>;

/** Each of a company's own: an address in it says which company. Those for everybody say nothing. */
const EVERYBODYS_TENANT = /\/(common|organizations|consumers|9188040d-6c67-4c5b-b112-36a304b66dad)(\/|$)/;

/** The names of variables follow from `OIDC_PROVIDERS`, so these are read from the environment itself. */
export function readOAuth(
  given: Given,
  env: Values<typeof oauthVariables>,
  { externalUrl, production }: { externalUrl: string; production: boolean },
): { config: OAuthConfig; problems: string[] } {
  const problems: string[] = [];
  const providers: ProviderConfig[] = [];
  const callback = `${externalUrl}/auth/v1/callback`;

  for (const kind of Object.keys(LABELS) as Preset[]) {
    const prefix = `EXTERNAL_${kind.toUpperCase()}_`;
    const values = valuesOf(prefix, given, problems);
    if (!values?.ENABLED) continue;
    add(prefix, { name: kind, label: values.LABEL ?? LABELS[kind], kind, url: values.URL ?? null }, values);
  }
  for (const name of env.OIDC_PROVIDERS) {
    const prefix = `OIDC_${name.toUpperCase()}_`;
    const values = valuesOf(prefix, given, problems);
    if (!values) continue;
    if (!values.ISSUER) problems.push(`${prefix}ISSUER: the address of the OpenID provider is missing`);
    const label = values.LABEL ?? name[0]!.toUpperCase() + name.slice(1);
    add(prefix, { name: `custom:${name}`, label, kind: 'oidc', url: values.ISSUER ?? null }, values);
  }
  const config = {
    providers,
    manualLinking: env.SECURITY_MANUAL_LINKING_ENABLED,
    linkingNeedsProof: env.SECURITY_LINKING_REQUIRE_REAUTHENTICATION,
  };
  return { config, problems };

  function add(
    prefix: string,
    identity: Pick<ProviderConfig, 'name' | 'label' | 'kind' | 'url'>,
    values: ProviderValues,
  ): void {
    const { kind, url } = identity;
    const [clientId, ...otherClientIds] = values.CLIENT_ID ?? [];
    const appleKey = kind === 'apple' ? appleKeyOf(prefix, values, problems) : null;
    if (!clientId) problems.push(`${prefix}CLIENT_ID: missing`);
    if (!values.SECRET && !appleKey && kind !== 'oidc') problems.push(`${prefix}SECRET: missing`);
    if (url?.includes('/.well-known/')) problems.push(`${prefix}ISSUER: without /.well-known/… at its end`);
    if (production && [url, values.REDIRECT_URI].some((address) => address?.startsWith('http:'))) {
      problems.push(`${prefix}*: production speaks with providers over https:// only`);
    }
    if (values.TRUST_EMAIL && kind === 'azure' && (!url || EVERYBODYS_TENANT.test(url))) {
      problems.push(`${prefix}TRUST_EMAIL: only with the address of one tenant in ${prefix}URL`);
    } else if (values.TRUST_EMAIL && kind !== 'oidc' && kind !== 'azure') {
      problems.push(`${prefix}TRUST_EMAIL: this provider says itself which addresses are verified`);
    }
    providers.push({
      ...identity,
      clientIds: [clientId ?? '', ...otherClientIds],
      secret: values.SECRET ?? null,
      appleKey,
      redirectUri: values.REDIRECT_URI ?? callback,
      scopes: values.SCOPES,
      skipNonceCheck: values.SKIP_NONCE_CHECK,
      emailOptional: values.EMAIL_OPTIONAL,
      trustEmail: values.TRUST_EMAIL,
    });
  }
}

/** Null where something is wrong by itself, which is then reported. */
function valuesOf(prefix: string, given: Given, problems: string[]): ProviderValues | null {
  const names = Object.keys(given).filter((name) => name.startsWith(prefix));
  const parsed = providerVariables.safeParse(
    Object.fromEntries(names.map((name) => [name.slice(prefix.length), given[name]])),
  );
  for (const issue of parsed.error?.issues ?? [])
    problems.push(`${prefix}${issue.path.join('.')}: ${issue.message}`);
  return parsed.success ? parsed.data : null;
}

function appleKeyOf(prefix: string, values: ProviderValues, problems: string[]): ProviderConfig['appleKey'] {
  const { TEAM_ID: teamId, KEY_ID: keyId, PRIVATE_KEY: privateKey } = values;
  if (teamId && keyId && privateKey) return { teamId, keyId, privateKey };
  if (teamId || keyId || privateKey) {
    problems.push(`${prefix}PRIVATE_KEY: goes with ${prefix}TEAM_ID and ${prefix}KEY_ID`);
  }
  return null;
}

/** Supabase has providers of its own. */
export function oauthProblemsOnSupabase(given: Given, wrong: Wrong): string[] {
  const names = [
    'OIDC_PROVIDERS',
    'SECURITY_MANUAL_LINKING_ENABLED',
    'SECURITY_LINKING_REQUIRE_REAUTHENTICATION',
  ];
  for (const preset of Object.keys(LABELS)) names.push(`EXTERNAL_${preset.toUpperCase()}_ENABLED`);
  return names
    .filter((name) => given[name] !== undefined && !wrong.has(name))
    .map((name) => `${name}: belongs to the embedded auth server; Supabase decides this itself`);
}
