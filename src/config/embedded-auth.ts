/** The embedded auth server. */
import { z } from 'zod';
import { type HooksConfig, hooksConfig, hookVariables } from './hooks.ts';
import { type ImpersonationConfig, impersonationConfig, impersonationVariables } from './impersonation.ts';
import { type MfaConfig, mfaConfig, mfaVariables } from './mfa.ts';
import { type PasswordRules, passwordRules, passwordVariables } from './passwords.ts';
import { type PhoneSettings, phoneSettings, phoneVariables } from './phone.ts';
import { type SessionLimits, sessionLimits, sessionVariables } from './sessions.ts';
import { duration, onOff, secret, UNITS, type Values, type Wrong } from './values.ts';

export interface EmbeddedAuthConfig {
  readonly kind: 'embedded';
  readonly issuer: string;
  readonly accessTokenTtlSeconds: number;
  readonly refreshTokenTtlSeconds: number;
  readonly emailConfirmation: boolean;
  readonly signupEnabled: boolean;
  readonly anonymousUsersEnabled: boolean;
  readonly secureEmailChange: boolean;
  readonly phone: PhoneSettings;
  readonly passwordRules: PasswordRules;
  readonly sessions: SessionLimits;
  readonly hooks: HooksConfig;
  /** Whether `/auth/v1/user` asks for the current password too, as GraphQL always does. */
  readonly requireCurrentPassword: boolean;
  /** Whether `/auth/v1` too asks for more than a session before second factors and passkeys change, as GraphQL always does. */
  readonly factorsNeedProof: boolean;
  /** Supabase Auth's `GOTRUE_JWT_KEYS`: a JSON array of private JWKs. Null: keys are made, and kept in the database. */
  readonly jwtKeys: string | null;
  /** Supabase Auth's `GOTRUE_JWT_SECRET`. */
  readonly jwtSecret: string | null;
  readonly mfa: MfaConfig;
  readonly impersonation: ImpersonationConfig | null;
}

export const embeddedAuthVariables = {
  JWT_KEYS: z.string().optional(),
  JWT_SECRET: secret.optional(),
  ACCESS_TOKEN_TTL: duration.optional(),
  REFRESH_TOKEN_TTL: duration.default(7 * UNITS.d),
  EMAIL_CONFIRMATION: onOff.optional(),
  DISABLE_SIGNUP: onOff.default(false),
  EXTERNAL_ANONYMOUS_USERS_ENABLED: onOff.default(false),
  MAILER_SECURE_EMAIL_CHANGE_ENABLED: onOff.default(true),
  ...phoneVariables,
  REQUIRE_CURRENT_PASSWORD: onOff.default(false),
  SECURITY_FACTORS_REQUIRE_REAUTHENTICATION: onOff.optional(),
  ...impersonationVariables,
  ...mfaVariables,
  ...passwordVariables,
  ...sessionVariables,
  ...hookVariables,
};

type EmbeddedAuthValues = Values<typeof embeddedAuthVariables> & { SITE_URL?: string | undefined };

export function embeddedAuthConfig(
  env: EmbeddedAuthValues,
  externalUrl: string,
  production: boolean,
): EmbeddedAuthConfig {
  return {
    kind: 'embedded',
    issuer: `${externalUrl}/auth/v1`,
    accessTokenTtlSeconds: env.ACCESS_TOKEN_TTL ?? 15 * UNITS.m,
    refreshTokenTtlSeconds: env.REFRESH_TOKEN_TTL,
    emailConfirmation: env.EMAIL_CONFIRMATION ?? production,
    signupEnabled: !env.DISABLE_SIGNUP,
    anonymousUsersEnabled: env.EXTERNAL_ANONYMOUS_USERS_ENABLED,
    secureEmailChange: env.MAILER_SECURE_EMAIL_CHANGE_ENABLED,
    phone: phoneSettings(env),
    passwordRules: passwordRules(env),
    sessions: sessionLimits(env),
    hooks: hooksConfig(env),
    requireCurrentPassword: env.REQUIRE_CURRENT_PASSWORD,
    factorsNeedProof: env.SECURITY_FACTORS_REQUIRE_REAUTHENTICATION ?? false,
    jwtKeys: env.JWT_KEYS ?? null,
    jwtSecret: env.JWT_SECRET ?? null,
    mfa: mfaConfig(env, env.SITE_URL ?? externalUrl),
    impersonation: impersonationConfig(env),
  };
}

/** What says something about the embedded server alone. */
export const EMBEDDED_ONLY = [
  'PASSWORD_MIN_LENGTH',
  'PASSWORD_REQUIRED_CHARACTERS',
  'SESSIONS_TIMEBOX',
  'SESSIONS_INACTIVITY_TIMEOUT',
  'SESSIONS_SINGLE_PER_USER',
  'JWT_KEYS',
  'JWT_SECRET',
  'EMAIL_CONFIRMATION',
  'IMPERSONATION_ENABLED',
  'SECURITY_FACTORS_REQUIRE_REAUTHENTICATION',
] as const;

/** @param canMail whether a confirmation can be asked for: there is a mail server, or something else that mails */
export function embeddedAuthProblemsInProduction(
  env: EmbeddedAuthValues,
  wrong: Wrong,
  canMail: boolean,
): string[] {
  if (canMail || env.EMAIL_CONFIRMATION === false || wrong.has('EMAIL_CONFIRMATION')) return [];
  return [
    'SMTP_URL: production confirms addresses by mail, and needs a mail server for it. Without one, EMAIL_CONFIRMATION=off says that nobody is asked',
  ];
}
