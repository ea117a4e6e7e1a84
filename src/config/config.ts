/** The only reader of the environment. Reports every problem at once, and never a value: some are secrets. */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { type AccountConfig, accountConfig, accountVariables } from './account.ts';
import { type AuditConfig, auditConfig, auditVariables } from './audit.ts';
import { type CodesConfig, codesConfig, codesVariables } from './codes.ts';
import { type DatabaseConfig, databaseConfig, databaseVariables } from './database.ts';
import {
  EMBEDDED_ONLY,
  type EmbeddedAuthConfig,
  embeddedAuthConfig,
  embeddedAuthProblemsInProduction,
  embeddedAuthVariables,
} from './embedded-auth.ts';
import { readGotrueNames } from './gotrue.ts';
import { hookProblems, hooksThatAreOn } from './hooks.ts';
import {
  externalUrlOf,
  type HttpConfig,
  httpConfig,
  httpProblemsInProduction,
  httpVariables,
} from './http.ts';
import { type LinkConfig, linkConfig, linkVariables } from './links.ts';
import {
  type MailConfig,
  mailConfig,
  mailProblems,
  mailProblemsInProduction,
  mailVariables,
  sendsMail,
} from './mail.ts';
import { type MirrorMode, mirrorProblems, mirrorVariables } from './mirror.ts';
import { misspeltVariables } from './misspelt.ts';
import {
  type OAuthConfig,
  oauthProblemsOnSupabase,
  oauthVariables,
  oidcVariables,
  presetVariables,
  readOAuth,
} from './oauth.ts';
import {
  PASSKEY_NAMES,
  type PasskeyConfig,
  passkeyConfig,
  passkeyProblems,
  passkeyVariables,
} from './passkeys.ts';
import { type RateLimitConfig, rateLimitConfig, rateLimitVariables } from './rate-limits.ts';
import { type SessionCookieConfig, sessionCookieConfig, sessionCookieVariables } from './session-cookie.ts';
import {
  type SupabaseAuthConfig,
  supabaseConfig,
  supabaseProblems,
  supabaseProblemsInProduction,
  supabaseVariables,
} from './supabase.ts';
import type { Wrong } from './values.ts';
import { type WebhookConfig, webhookConfig, webhookVariables, webhookWarnings } from './webhooks.ts';

export interface Config {
  readonly production: boolean;
  readonly http: HttpConfig;
  readonly sessionCookie: SessionCookieConfig;
  readonly account: AccountConfig;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly database: DatabaseConfig;
  readonly audit: AuditConfig;
  /** Whether a Supabase project's people are kept in the database as well. */
  readonly mirrorPeople: MirrorMode;
  readonly auth: EmbeddedConfig | SupabaseAuthConfig;
  /** What the embedded server mails; Supabase mails by itself. */
  readonly mail: MailConfig;
  readonly webhooks: WebhookConfig;
  /** Null only outside production: nothing is limited. */
  readonly rateLimits: RateLimitConfig | null;
  /** What the environment asks for and nothing here does, and what it had better say, for the log. Names and no values. */
  readonly warnings: readonly string[];
}

export type EmbeddedConfig = EmbeddedAuthConfig &
  LinkConfig &
  CodesConfig & { readonly oauth: OAuthConfig; readonly passkeys: PasskeyConfig | null };

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
/** Random hexadecimal has sixteen; thirty-two of them show ten at the very least. */
const MIN_DISTINCT_CHARACTERS = 8;
/** From Supabase's own examples: everybody knows them. */
const PUBLISHED_SECRETS = /^super-secret-jwt-token|your-super-secret/i;

/** Every variable there is. A group of them is a file of its own here. */
export const Environment = z.object({
  NODE_ENV: z.string().default('development'),
  LOG_LEVEL: z.enum(LOG_LEVELS, LOG_LEVELS.join(', ')).default('info'),
  ...rateLimitVariables,
  ...httpVariables,
  ...sessionCookieVariables,
  ...accountVariables,
  ...databaseVariables,
  ...auditVariables,
  ...mirrorVariables,
  ...embeddedAuthVariables,
  ...supabaseVariables,
  ...linkVariables,
  ...codesVariables,
  ...mailVariables,
  ...oauthVariables,
  ...passkeyVariables,
  ...webhookVariables,
});

const KNOWN: readonly string[] = [...Object.keys(Environment.shape), ...presetVariables];

type Environment = z.infer<typeof Environment>;
type Given = Record<string, string | undefined>;

/** The environment, and beneath it what `.env` in this folder adds. */
export function environment(): Record<string, string | undefined> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}

/** @throws {ConfigError} with all problems */
export function readConfig(env: Record<string, string | undefined>): Config {
  const { env: given, spelling, ...gotrue } = readGotrueNames(nonEmpty(env), KNOWN);
  const parsed = Environment.safeParse(given);
  const alone = parsed.error?.issues.map(({ path, message }) => {
    const name = path.join('.');
    return `${spelling.get(name) ?? name}: ${message}`;
  });
  // What is wrong by itself is left out of the look at how the others go together.
  const wrong = new Set(parsed.error?.issues.map((issue) => issue.path[0]));
  const others = Object.fromEntries(Object.entries(given).filter(([name]) => !wrong.has(name)));
  const across = problemsAcross(Environment.parse(others), given, wrong);
  const problems = [...(alone ?? []), ...gotrue.problems, ...across];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  return configFrom(parsed.data, given, gotrue.warnings);
}

/** An empty variable is how Compose files and shells spell an absent one. */
function nonEmpty(env: Record<string, string | undefined>): Record<string, string> {
  const entries = Object.entries(env).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  return Object.fromEntries(entries);
}

function problemsAcross(env: Environment, given: Given, wrong: Wrong): string[] {
  const problems = [...supabaseProblems(env, wrong), ...mirrorProblems(env, wrong), ...mailProblems(env)];
  if (env.SUPABASE_URL) {
    for (const name of [...EMBEDDED_ONLY, ...PASSKEY_NAMES]) {
      if (env[name] !== undefined)
        problems.push(`${name}: belongs to the embedded auth server; Supabase decides this itself`);
    }
    for (const name of hooksThatAreOn(env)) {
      problems.push(
        `${name}: hooks belong to whoever issues the tokens; set them up in the Supabase project`,
      );
    }
    problems.push(...oauthProblemsOnSupabase(given, wrong));
  } else {
    problems.push(...hookProblems(env, wrong, env.NODE_ENV === 'production'));
    problems.push(...oauthOf(env, given).problems);
  }
  const production = env.NODE_ENV === 'production';
  if (!env.SUPABASE_URL) problems.push(...passkeyProblems(env, siteUrlOf(env), production, wrong));
  if (production) problems.push(...problemsInProduction(env, wrong));
  return problems;
}

function problemsInProduction(env: Environment, wrong: Wrong): string[] {
  const problems = [...httpProblemsInProduction(env, wrong), ...supabaseProblemsInProduction(env)];
  if (!env.SUPABASE_URL) {
    problems.push(
      ...embeddedAuthProblemsInProduction(env, wrong, sendsMail(env, wrong) || env.HOOK_SEND_EMAIL_ENABLED),
      ...mailProblemsInProduction(env, wrong),
    );
  }
  if (!env.RATE_LIMITS) problems.push('RATE_LIMITS: cannot be off in production');
  for (const name of ['JWT_SECRET', 'SUPABASE_JWT_SECRET'] as const) {
    if (env[name] && new Set(env[name]).size < MIN_DISTINCT_CHARACTERS) {
      problems.push(`${name}: too few different characters to be random`);
    }
    if (env[name] && PUBLISHED_SECRETS.test(env[name]))
      problems.push(`${name}: this is the secret of Supabase's examples`);
  }
  return problems;
}

function oauthOf(env: Environment, given: Given) {
  return readOAuth(given, env, {
    externalUrl: externalUrlOf(env),
    production: env.NODE_ENV === 'production',
  });
}

function configFrom(env: Environment, given: Given, warnings: readonly string[]): Config {
  const production = env.NODE_ENV === 'production';
  return {
    production,
    http: httpConfig(env, production),
    sessionCookie: sessionCookieConfig(env),
    account: accountConfig(env),
    logLevel: env.LOG_LEVEL,
    database: databaseConfig(env),
    audit: auditConfig(env),
    mirrorPeople: env.MIRROR_PEOPLE,
    auth: env.SUPABASE_URL
      ? supabaseConfig(env, env.SUPABASE_URL)
      : {
          ...embeddedAuthConfig(env, externalUrlOf(env), production),
          ...linkConfig(env, externalUrlOf(env)),
          ...codesConfig(env),
          oauth: oauthOf(env, given).config,
          passkeys: passkeyConfig(env, siteUrlOf(env), production),
        },
    mail: mailConfig(env, env.SITE_URL ?? externalUrlOf(env)),
    webhooks: webhookConfig(env, production),
    rateLimits: rateLimitConfig(env),
    warnings: [
      ...warnings,
      ...misspeltVariables(Object.keys(given), [...KNOWN, ...oidcVariables(env.OIDC_PROVIDERS)]),
      ...webhookWarnings(env, production),
    ],
  };
}

const siteUrlOf = (env: Environment) => linkConfig(env, externalUrlOf(env)).siteUrl;
