/** The only reader of the environment. Reports every problem at once, and never a value: some are secrets. */
import { existsSync } from 'node:fs';
import proxyAddr from 'proxy-addr';
import { z } from 'zod';

export interface Config {
  readonly production: boolean;
  readonly http: HttpConfig;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly database: DatabaseConfig;
  readonly auth: EmbeddedAuthConfig | SupabaseAuthConfig;
  /** False only outside production. */
  readonly rateLimits: boolean;
}

export interface HttpConfig {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Where the outside reaches this Limen, without a slash at the end. */
  readonly externalUrl: string;
  /** `*` alone means any. */
  readonly corsOrigins: string[];
  /** Addresses and ranges (CIDR) whose `X-Forwarded-For` is believed. */
  readonly trustProxy: string[];
  readonly graphiql: boolean;
}

/** `dataDir` null: in memory, gone with the process. */
export type DatabaseConfig =
  | { readonly kind: 'pglite'; readonly dataDir: string | null }
  | { readonly kind: 'postgres'; readonly url: string };

export interface EmbeddedAuthConfig {
  readonly kind: 'embedded';
  readonly issuer: string;
  readonly accessTokenTtlSeconds: number;
  readonly refreshTokenTtlSeconds: number;
  readonly emailConfirmation: boolean;
  readonly signupEnabled: boolean;
  readonly passwordHash: 'argon2id' | 'bcrypt';
  /** Whether `/auth/v1/user` asks for the current password too, as GraphQL always does. */
  readonly requireCurrentPassword: boolean;
  /** Supabase Auth's `GOTRUE_JWT_KEYS`: a JSON array of private JWKs. Null: keys are made, and kept in the database. */
  readonly jwtKeys: string | null;
  /** Supabase Auth's `GOTRUE_JWT_SECRET`. */
  readonly jwtSecret: string | null;
}

export interface SupabaseAuthConfig {
  readonly kind: 'supabase';
  /** Without a slash at the end, and without `/auth/v1`. */
  readonly url: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  /** The legacy HS256 secret; null where the project signs with keys from its JWKS. */
  readonly jwtSecret: string | null;
  /** The `iss` to insist on; null where the project's tokens carry none, or one that nobody told us. */
  readonly issuer: string | null;
  /** The longest life of the project's access tokens: for so long a change is remembered. */
  readonly accessTokenTtlSeconds: number;
}

/** The environment does not describe a Limen that can run. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    );
    this.problems = problems;
  }
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const MIN_SECRET_CHARACTERS = 32;
/** Random hexadecimal has sixteen; thirty-two of them show ten at the very least. */
const MIN_DISTINCT_CHARACTERS = 8;
/** From Supabase's own examples: everybody knows them. */
const PUBLISHED_SECRETS = /^super-secret-jwt-token|your-super-secret/i;

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** Seconds, from a number of them or one with a unit (`15m`); null for anything else, and for 0. */
export function parseDuration(text: string): number | null {
  if (!/^\d{1,9}[smhd]?$/.test(text)) return null;
  const unit = UNITS[text.at(-1) as keyof typeof UNITS] ?? 1;
  return Number.parseInt(text, 10) * unit || null;
}

const duration = z.string().transform((text, context) => {
  const seconds = parseDuration(text);
  if (seconds !== null) return seconds;
  context.addIssue('a number of seconds, or one with a unit: 900, 15m, 12h, 7d');
  return z.NEVER;
});

const onOff = z
  .enum(['on', 'off', 'true', 'false'], 'on or off')
  .transform((text) => text === 'on' || text === 'true');

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'an address that starts with http:// or https://' })
  .transform((text) => text.replace(/\/+$/, ''));

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

const proxies = list.superRefine((addresses, context) => {
  try {
    proxyAddr.compile(addresses);
  } catch {
    context.addIssue('addresses and ranges (CIDR), separated by commas');
  }
});

const origins = list.superRefine((given, context) => {
  const isOrigin = (text: string) => text === '*' || URL.parse(text)?.origin === text;
  if (!given.every(isOrigin))
    context.addIssue('origins like https://app.example.com, separated by commas, without a path');
});

const secret = z.string().min(MIN_SECRET_CHARACTERS, `at least ${MIN_SECRET_CHARACTERS} characters`);

const Environment = z.object({
  NODE_ENV: z.string().default('development'),
  PORT: z.coerce.number('a number').int().min(0, 'at least 0').max(65_535, 'at most 65535').default(8001),
  HOST: z.string().default('127.0.0.1'),
  DATA_DIR: z.string().default('./.limen'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'an address that starts with postgres://' })
    .optional(),
  SUPABASE_URL: httpUrl.optional(),
  SUPABASE_ANON_KEY: z.string().optional(),
  SUPABASE_PUBLISHABLE_KEY: z.string().optional(),
  SUPABASE_SERVICE_ROLE_KEY: z.string().optional(),
  SUPABASE_SECRET_KEY: z.string().optional(),
  SUPABASE_JWT_SECRET: secret.optional(),
  SUPABASE_JWT_ISSUER: z.string().optional(),
  SITE_URL: httpUrl.optional(),
  API_EXTERNAL_URL: httpUrl.optional(),
  JWT_KEYS: z.string().optional(),
  JWT_SECRET: secret.optional(),
  ACCESS_TOKEN_TTL: duration.optional(),
  REFRESH_TOKEN_TTL: duration.default(7 * UNITS.d),
  EMAIL_CONFIRMATION: onOff.optional(),
  DISABLE_SIGNUP: onOff.default(false),
  REQUIRE_CURRENT_PASSWORD: onOff.default(false),
  PASSWORD_HASH: z.enum(['argon2id', 'bcrypt'], 'argon2id or bcrypt').default('argon2id'),
  CORS_ORIGINS: origins.optional(),
  TRUST_PROXY: proxies.default([]),
  GRAPHIQL: onOff.optional(),
  RATE_LIMITS: onOff.default(true),
  LOG_LEVEL: z.enum(LOG_LEVELS, LOG_LEVELS.join(', ')).default('info'),
});

type Environment = z.infer<typeof Environment>;

/** The environment, and beneath it what `.env` in this folder adds. */
export function environment(): Record<string, string | undefined> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/** @throws {ConfigError} with all problems */
export function readConfig(env: Record<string, string | undefined>): Config {
  // An empty variable is how Compose files and shells spell an absent one.
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = Environment.safeParse(given);
  const alone = parsed.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];
  // What is wrong by itself is left out of the look at how the others go together.
  const wrong = new Set(parsed.error?.issues.map((issue) => issue.path[0]));
  const others = Object.fromEntries(Object.entries(given).filter(([name]) => !wrong.has(name)));
  const problems = [...alone, ...problemsAcross(Environment.parse(others), wrong)];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return configFrom(parsed.data);
}

/** @param wrong the variables that are given, and left out of `env` */
function problemsAcross(env: Environment, wrong: ReadonlySet<unknown>): string[] {
  const problems: string[] = [];
  const production = env.NODE_ENV === 'production';
  const [publishable, secretKey] = projectKeys(env);
  if (env.SUPABASE_URL) {
    if (!publishable) problems.push('SUPABASE_URL needs SUPABASE_PUBLISHABLE_KEY (or SUPABASE_ANON_KEY)');
    if (!secretKey) problems.push('SUPABASE_URL needs SUPABASE_SECRET_KEY (or SUPABASE_SERVICE_ROLE_KEY)');
    for (const name of ['JWT_KEYS', 'JWT_SECRET', 'EMAIL_CONFIRMATION'] as const) {
      if (env[name] !== undefined)
        problems.push(`${name}: belongs to the embedded auth server; Supabase decides this itself`);
    }
  } else if (!wrong.has('SUPABASE_URL') && (publishable || secretKey || env.SUPABASE_JWT_SECRET)) {
    problems.push('SUPABASE_URL: missing, while keys of a Supabase project are given');
  }
  if (production) problems.push(...problemsInProduction(env, wrong));
  return problems;
}

function problemsInProduction(env: Environment, wrong: ReadonlySet<unknown>): string[] {
  const problems: string[] = [];
  const hasAddress = [
    env.API_EXTERNAL_URL,
    env.SITE_URL,
    ...['API_EXTERNAL_URL', 'SITE_URL'].filter((name) => wrong.has(name)),
  ].some(Boolean);
  if (!hasAddress) {
    problems.push(
      'API_EXTERNAL_URL (or SITE_URL): production needs the address the outside reaches this Limen at',
    );
  }
  if (!env.SUPABASE_URL && env.EMAIL_CONFIRMATION === undefined && !wrong.has('EMAIL_CONFIRMATION')) {
    problems.push(
      'EMAIL_CONFIRMATION: production needs a decision. This version sends no mail: with `on`, an administrator confirms addresses',
    );
  }
  if (env.CORS_ORIGINS?.includes('*'))
    problems.push('CORS_ORIGINS: production names its origins; `*` lets any page call');
  if (!env.RATE_LIMITS) problems.push('RATE_LIMITS: cannot be off in production');
  for (const name of ['JWT_SECRET', 'SUPABASE_JWT_SECRET'] as const) {
    if (env[name] && new Set(env[name]).size < MIN_DISTINCT_CHARACTERS) {
      problems.push(`${name}: too few different characters to be random`);
    }
    if (env[name] && PUBLISHED_SECRETS.test(env[name]))
      problems.push(`${name}: this is the secret of Supabase's examples`);
  }
  if (projectKeys(env).some((key) => key && isDemoKey(key))) {
    problems.push("SUPABASE keys: these are the keys of Supabase's examples");
  }
  return problems;
}

/** The keys that come with Supabase's examples say so: `"iss": "supabase-demo"`. */
function isDemoKey(key: string): boolean {
  const payload = Buffer.from(key.split('.')[1] ?? '', 'base64url').toString();
  return payload.includes('supabase-demo');
}

function projectKeys(env: Environment): [publishable: string | undefined, secret: string | undefined] {
  return [
    env.SUPABASE_PUBLISHABLE_KEY ?? env.SUPABASE_ANON_KEY,
    env.SUPABASE_SECRET_KEY ?? env.SUPABASE_SERVICE_ROLE_KEY,
  ];
}

function configFrom(env: Environment): Config {
  const production = env.NODE_ENV === 'production';
  const externalUrl = env.API_EXTERNAL_URL ?? env.SITE_URL ?? `http://localhost:${env.PORT || 8001}`;
  return {
    production,
    http: {
      host: env.HOST,
      port: env.PORT,
      externalUrl,
      corsOrigins: env.CORS_ORIGINS ?? (production ? [] : ['*']),
      trustProxy: env.TRUST_PROXY,
      graphiql: env.GRAPHIQL ?? !production,
    },
    logLevel: env.LOG_LEVEL,
    database: env.DATABASE_URL
      ? { kind: 'postgres', url: env.DATABASE_URL }
      : { kind: 'pglite', dataDir: env.DATA_DIR === ':memory:' ? null : env.DATA_DIR },
    auth: env.SUPABASE_URL ? supabaseAuth(env, env.SUPABASE_URL) : embeddedAuth(env, externalUrl),
    rateLimits: env.RATE_LIMITS,
  };
}

function embeddedAuth(env: Environment, externalUrl: string): EmbeddedAuthConfig {
  return {
    kind: 'embedded',
    issuer: `${externalUrl}/auth/v1`,
    accessTokenTtlSeconds: env.ACCESS_TOKEN_TTL ?? 15 * UNITS.m,
    refreshTokenTtlSeconds: env.REFRESH_TOKEN_TTL,
    emailConfirmation: env.EMAIL_CONFIRMATION ?? false,
    signupEnabled: !env.DISABLE_SIGNUP,
    passwordHash: env.PASSWORD_HASH,
    requireCurrentPassword: env.REQUIRE_CURRENT_PASSWORD,
    jwtKeys: env.JWT_KEYS ?? null,
    jwtSecret: env.JWT_SECRET ?? null,
  };
}

function supabaseAuth(env: Environment, url: string): SupabaseAuthConfig {
  const [publishableKey, secretKey] = projectKeys(env) as [string, string];
  const base = url.replace(/\/auth\/v1$/, '');
  // A self-hosted server is often reached by another name than the one it signs with.
  const isHosted = new URL(base).hostname.endsWith('.supabase.co');
  return {
    kind: 'supabase',
    url: base,
    issuer: env.SUPABASE_JWT_ISSUER ?? (isHosted ? `${base}/auth/v1` : null),
    publishableKey,
    secretKey,
    jwtSecret: env.SUPABASE_JWT_SECRET ?? null,
    // An hour is what Supabase projects start with.
    accessTokenTtlSeconds: env.ACCESS_TOKEN_TTL ?? UNITS.h,
  };
}
