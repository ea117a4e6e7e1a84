/** The environment of Supabase Auth itself, with `GOTRUE_` in front of every name: a team that leaves it brings the file along. */

/** Ours with the prefix is theirs, but for these. */
const RENAMED: Record<string, { name: string; isOpposite?: boolean }> = {
  GOTRUE_API_HOST: { name: 'HOST' },
  GOTRUE_JWT_EXP: { name: 'ACCESS_TOKEN_TTL' },
  GOTRUE_MAILER_AUTOCONFIRM: { name: 'EMAIL_CONFIRMATION', isOpposite: true },
  GOTRUE_PASSKEY_ENABLED: { name: 'PASSKEYS_ENABLED' },
  GOTRUE_URI_ALLOW_LIST: { name: 'REDIRECT_ALLOW_LIST' },
  GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION: {
    name: 'UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION',
  },
  GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_CURRENT_PASSWORD: { name: 'REQUIRE_CURRENT_PASSWORD' },
};

/** What somebody relies on who sets it, and would not get. In the order of the papers. */
const RELIED_ON: [name: RegExp, without: string][] = [
  [/^GOTRUE_SECURITY_CAPTCHA_ENABLED$/, 'no captcha is asked for'],
  [
    /^GOTRUE_PASSWORD_HIBP_ENABLED$/,
    'new passwords are compared with a built-in list of common ones instead',
  ],
  [/^GOTRUE_SECURITY_DATABASE_ENCRYPTION_ENCRYPT$/, 'columns that are encrypted cannot be read, and none is'],
  [/^GOTRUE_SESSIONS_ALLOW_LOW_AAL$/, 'sessions may stay at aal1'],
  [/^GOTRUE_SESSIONS_TAGS$/, 'a session counts as newer whatever its tag'],
  [/^GOTRUE_JWT_(AUD|DEFAULT_GROUP_NAME)$/, 'tokens are for `authenticated`'],
  [/^GOTRUE_JWT_ADMIN_ROLES$/, 'administrators are service_role and supabase_admin'],
  [/^GOTRUE_JWT_ISSUER$/, 'the issuer is the external address and /auth/v1'],
  [/^GOTRUE_RATE_LIMIT_/, 'the limits are those of Limen, whatever this says'],
  [/^GOTRUE_EXTERNAL_EMAIL_AUTHORIZED_ADDRESSES$/, 'mail goes to any address'],
  [/^GOTRUE_SAML_ENABLED$/, 'there is no SAML'],
];

export interface GotrueReading {
  /** All that was given, under our names. */
  env: Record<string, string>;
  /** How a variable of ours was spelt, where it was in their way. */
  spelling: ReadonlyMap<string, string>;
  /** One value under two names. */
  problems: string[];
  /** What they would have read and we do not. */
  warnings: string[];
}

/** @param known our names */
export function readGotrueNames(given: Record<string, string>, known: readonly string[]): GotrueReading {
  const env = { ...given };
  const spelling = new Map<string, string>();
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const [theirs, value] of Object.entries(given)) {
    if (!theirs.startsWith('GOTRUE_')) continue;
    const ours = ourNameOf(theirs, known);
    if (!ours) {
      warnings.push(...warningOf(theirs, value));
      continue;
    }
    const meant = RENAMED[theirs]?.isOpposite ? oppositeOf(value) : value;
    if (given[ours] !== undefined && given[ours] !== meant)
      problems.push(`${theirs}: says otherwise than ${ours}`);
    if (given[ours] === undefined) spelling.set(ours, theirs);
    env[ours] ??= meant;
  }
  return { env, spelling, problems, warnings };
}

/** Null where nothing of ours has the same meaning. */
export function ourNameOf(theirs: string, known: readonly string[]): string | null {
  const name = RENAMED[theirs]?.name ?? theirs.slice('GOTRUE_'.length);
  return known.includes(name) ? name : null;
}

const OPPOSITES: Record<string, string> = { true: 'off', false: 'on', on: 'off', off: 'on' };

/** What is neither comes back as it is, to be refused. */
const oppositeOf = (value: string) => OPPOSITES[value] ?? value;

function warningOf(name: string, value: string): string[] {
  if (value === 'false' || value === 'off') return [];
  const without = RELIED_ON.find(([pattern]) => pattern.test(name))?.[1];
  return [without ? `${name} is not supported: ${without}` : `${name} is not read`];
}
