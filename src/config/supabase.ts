/** A Supabase project in whose front Limen stands. */
import { z } from 'zod';
import { isWebhookSecret } from './hooks.ts';
import { duration, httpUrl, secret, UNITS, type Values, type Wrong } from './values.ts';

export interface SupabaseAuthConfig {
  readonly kind: 'supabase';
  /** Without a slash at the end, and without `/auth/v1`. */
  readonly url: string;
  /** As browsers reach it. */
  readonly publicUrl: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  /** The legacy HS256 secret; null where the project signs with keys from its JWKS. */
  readonly jwtSecret: string | null;
  /** The `iss` to insist on; null where the project's tokens carry none, or one that nobody told us. */
  readonly issuer: string | null;
  /** What Supabase's webhooks bring along; null where there are none. */
  readonly webhookSecret: string | null;
  /** The longest life of the project's access tokens: for so long a change is remembered. */
  readonly accessTokenTtlSeconds: number;
}

export const supabaseVariables = {
  SUPABASE_URL: httpUrl.optional(),
  SUPABASE_PUBLIC_URL: httpUrl.optional(),
  SUPABASE_ANON_KEY: z.string().optional(),
  SUPABASE_PUBLISHABLE_KEY: z.string().optional(),
  SUPABASE_SERVICE_ROLE_KEY: z.string().optional(),
  SUPABASE_SECRET_KEY: z.string().optional(),
  SUPABASE_JWT_SECRET: secret.optional(),
  SUPABASE_JWT_ISSUER: z.string().optional(),
  SUPABASE_WEBHOOK_SECRET: secret.optional(),
  ACCESS_TOKEN_TTL: duration.optional(),
};

type SupabaseValues = Values<typeof supabaseVariables>;

export function supabaseConfig(env: SupabaseValues, url: string): SupabaseAuthConfig {
  const [publishableKey, secretKey] = projectKeys(env) as [string, string];
  const base = url.replace(/\/auth\/v1$/, '');
  // A self-hosted server is often reached by another name than the one it signs with.
  const isHosted = new URL(base).hostname.endsWith('.supabase.co');
  return {
    kind: 'supabase',
    url: base,
    publicUrl: env.SUPABASE_PUBLIC_URL ?? base,
    issuer: env.SUPABASE_JWT_ISSUER ?? (isHosted ? `${base}/auth/v1` : null),
    publishableKey,
    secretKey,
    jwtSecret: env.SUPABASE_JWT_SECRET ?? null,
    webhookSecret: env.SUPABASE_WEBHOOK_SECRET ?? null,
    // An hour is what Supabase projects start with.
    accessTokenTtlSeconds: env.ACCESS_TOKEN_TTL ?? UNITS.h,
  };
}

export function supabaseProblems(env: SupabaseValues, wrong: Wrong): string[] {
  const problems: string[] = [];
  const [publishable, secretKey] = projectKeys(env);
  if (env.SUPABASE_URL) {
    if (!publishable) problems.push('SUPABASE_URL needs SUPABASE_PUBLISHABLE_KEY (or SUPABASE_ANON_KEY)');
    if (!secretKey) problems.push('SUPABASE_URL needs SUPABASE_SECRET_KEY (or SUPABASE_SERVICE_ROLE_KEY)');
  } else if (!wrong.has('SUPABASE_URL') && env.SUPABASE_WEBHOOK_SECRET) {
    problems.push(
      'SUPABASE_WEBHOOK_SECRET: is for the webhooks of a Supabase project; there is no SUPABASE_URL',
    );
  } else if (!wrong.has('SUPABASE_URL') && (publishable || secretKey || env.SUPABASE_JWT_SECRET)) {
    problems.push('SUPABASE_URL: missing, while keys of a Supabase project are given');
  }
  if (env.SUPABASE_WEBHOOK_SECRET?.startsWith('v1,whsec_') && !isWebhookSecret(env.SUPABASE_WEBHOOK_SECRET)) {
    problems.push('SUPABASE_WEBHOOK_SECRET: v1,whsec_ is followed by 24 to 64 random bytes in base64');
  }
  return problems;
}

export function supabaseProblemsInProduction(env: SupabaseValues): string[] {
  return projectKeys(env).some((key) => key && isDemoKey(key))
    ? ["SUPABASE keys: these are the keys of Supabase's examples"]
    : [];
}

/** The keys that come with Supabase's examples say so: `"iss": "supabase-demo"`. */
function isDemoKey(key: string): boolean {
  const payload = Buffer.from(key.split('.')[1] ?? '', 'base64url').toString();
  return payload.includes('supabase-demo');
}

function projectKeys(env: SupabaseValues): [publishable: string | undefined, secret: string | undefined] {
  return [
    env.SUPABASE_PUBLISHABLE_KEY ?? env.SUPABASE_ANON_KEY,
    env.SUPABASE_SECRET_KEY ?? env.SUPABASE_SERVICE_ROLE_KEY,
  ];
}
