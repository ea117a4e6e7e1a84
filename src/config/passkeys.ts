/** Passkeys of the embedded auth server: for which site they are made, and on which pages they count. Supabase keeps its own settings of them. */
import { z } from 'zod';
import { duration, list, onOff, UNITS, type Values, type Wrong } from './values.ts';

export interface PasskeyConfig {
  /** The relying party's domain, which every passkey is bound to for good. */
  readonly rpId: string;
  /** Origins of the pages that may use them; `http://localhost:*` stands for any port. */
  readonly rpOrigins: readonly string[];
  /** Shown by some browsers and authenticators. */
  readonly rpName: string;
  readonly challengeTtlSeconds: number;
}

const ANY_LOCAL_PORT = 'http://localhost:*';
/** How browsers on Android name an application (the fingerprint of its certificate) as the origin. */
const ANDROID_APP = /^android:apk-key-hash:[\w-]{43}$/;
const DOMAIN = /^(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)*[a-z](?:[a-z\d-]*[a-z\d])?$/;

export const passkeyVariables = {
  PASSKEYS_ENABLED: onOff.optional(),
  WEBAUTHN_RP_ID: z
    .string()
    .regex(DOMAIN, 'a domain in lower case, without scheme and port: example.com')
    .optional(),
  WEBAUTHN_RP_ORIGINS: list
    .refine(
      (given) => given.every(isPageOrigin),
      'origins like https://app.example.com, separated by commas; http for localhost only',
    )
    .optional(),
  WEBAUTHN_RP_DISPLAY_NAME: z.string().max(64, 'at most 64 characters').optional(),
  WEBAUTHN_CHALLENGE_EXPIRY_DURATION: duration.default(5 * UNITS.m),
};

type PasskeyValues = Values<typeof passkeyVariables>;

/** What only the embedded server reads. */
export const PASSKEY_NAMES = [
  'PASSKEYS_ENABLED',
  'WEBAUTHN_RP_ID',
  'WEBAUTHN_RP_ORIGINS',
  'WEBAUTHN_RP_DISPLAY_NAME',
] as const;

/** Null where passkeys are off: by choice, or because no configuration says for which domain they would be. */
export function passkeyConfig(
  env: PasskeyValues,
  siteUrl: string,
  production: boolean,
): PasskeyConfig | null {
  const rpId = rpIdOf(env, siteUrl);
  if (env.PASSKEYS_ENABLED === false || rpId === null) return null;
  return {
    rpId,
    rpOrigins: env.WEBAUTHN_RP_ORIGINS ?? defaultOrigins(rpId, siteUrl, production),
    rpName: env.WEBAUTHN_RP_DISPLAY_NAME ?? rpId,
    challengeTtlSeconds: env.WEBAUTHN_CHALLENGE_EXPIRY_DURATION,
  };
}

export function passkeyProblems(
  env: PasskeyValues,
  siteUrl: string,
  production: boolean,
  wrong: Wrong,
): string[] {
  const isKnown = !['SITE_URL', 'WEBAUTHN_RP_ID', 'WEBAUTHN_RP_ORIGINS'].some((name) => wrong.has(name));
  if (env.PASSKEYS_ENABLED === false || !isKnown) return [];
  const rpId = rpIdOf(env, siteUrl);
  if (rpId === null) {
    return env.PASSKEYS_ENABLED
      ? [
          'PASSKEYS_ENABLED: passkeys need a domain: set WEBAUTHN_RP_ID, or SITE_URL to an https address with a domain',
        ]
      : [];
  }
  const problems: string[] = [];
  const origins = env.WEBAUTHN_RP_ORIGINS ?? defaultOrigins(rpId, siteUrl, production);
  if (origins.length === 0) {
    problems.push('WEBAUTHN_RP_ORIGINS: names no page on WEBAUTHN_RP_ID, and SITE_URL is none');
  }
  if (!origins.every((origin) => belongsTo(rpId, origin))) {
    problems.push('WEBAUTHN_RP_ORIGINS: each must be on the domain of WEBAUTHN_RP_ID, or below it');
  }
  if (production && origins.includes(ANY_LOCAL_PORT)) {
    problems.push('WEBAUTHN_RP_ORIGINS: any port of localhost is for development');
  }
  return problems;
}

function rpIdOf(env: PasskeyValues, siteUrl: string): string | null {
  if (env.WEBAUTHN_RP_ID) return env.WEBAUTHN_RP_ID;
  // Browsers make no passkeys for numbers, nor on pages that came without TLS.
  const { origin, hostname } = new URL(siteUrl);
  return isPageOrigin(origin) && DOMAIN.test(hostname) ? hostname : null;
}

/** While somebody develops, the page comes from whatever port its tool took. */
function defaultOrigins(rpId: string, siteUrl: string, production: boolean): string[] {
  if (rpId === 'localhost' && !production) return [ANY_LOCAL_PORT];
  const { origin } = new URL(siteUrl);
  return isPageOrigin(origin) && belongsTo(rpId, origin) ? [origin] : [];
}

/** Whether browsers make passkeys there: a secure context with a domain. */
function isPageOrigin(origin: string): boolean {
  if (origin === ANY_LOCAL_PORT || ANDROID_APP.test(origin)) return true;
  const url = URL.parse(origin);
  if (!url || url.origin !== origin) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === 'localhost');
}

/** WebAuthn: the relying party's domain is the page's, or one that the page's is below. */
function belongsTo(rpId: string, origin: string): boolean {
  if (ANDROID_APP.test(origin)) return true;
  const hostname = origin === ANY_LOCAL_PORT ? 'localhost' : new URL(origin).hostname;
  return hostname === rpId || hostname.endsWith(`.${rpId}`);
}
