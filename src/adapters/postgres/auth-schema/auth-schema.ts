/** The `auth` schema as found in a database. `auth-schema/` holds the SQL that makes one. */
import type { Queryable } from '../database.ts';

/** Limen's own auth server cannot work on the `auth` schema: it is somebody else's and not complete, or not for this role. It was not touched. */
export class ForeignAuthSchemaError extends Error {
  override readonly name = 'ForeignAuthSchemaError';
  /** Tables and columns, as `users.email`. */
  readonly missing: readonly string[];
  /** What the operator can do about it. */
  readonly advice: string;

  constructor(missing: readonly string[], advice: string) {
    super(
      `This database has an "auth" schema that Limen cannot use. It lacks: ${missing.join(', ')}. ${advice}`,
    );
    this.missing = missing;
    this.advice = advice;
  }
}

const UPDATE = 'Bring Supabase Auth there up to date, or give Limen a database of its own.';
const GIVE_RIGHTS =
  'Take the role that owns these tables, or give this one all rights on them and BYPASSRLS: behind row level security it sees nobody, and no error says so.';

/** What the embedded auth server reads and writes. More than that may be there. */
const NEEDED = {
  users: `instance_id id aud role email encrypted_password email_confirmed_at invited_at confirmation_token
    confirmation_sent_at recovery_token recovery_sent_at email_change_token_new email_change email_change_sent_at
    last_sign_in_at raw_app_meta_data raw_user_meta_data created_at updated_at phone phone_confirmed_at phone_change
    phone_change_token phone_change_sent_at confirmed_at email_change_token_current email_change_confirm_status
    banned_until reauthentication_token reauthentication_sent_at is_sso_user deleted_at is_anonymous`,
  identities: 'id provider_id user_id identity_data provider last_sign_in_at created_at updated_at email',
  sessions: `id user_id created_at updated_at factor_id aal not_after refreshed_at user_agent ip tag
    refresh_token_hmac_key refresh_token_counter`,
  refresh_tokens: 'instance_id id token user_id revoked created_at updated_at parent session_id',
  mfa_amr_claims: 'id session_id created_at updated_at authentication_method',
  mfa_factors:
    'id user_id friendly_name factor_type status created_at updated_at secret phone last_challenged_at',
  mfa_challenges: 'id factor_id created_at verified_at ip_address otp_code',
  webauthn_credentials: `id user_id credential_id public_key attestation_type aaguid sign_count transports backup_eligible
    backed_up friendly_name created_at updated_at last_used_at`,
  webauthn_challenges: 'id user_id challenge_type session_data created_at expires_at',
  one_time_tokens: 'id user_id token_type token_hash relates_to created_at updated_at',
  audit_log_entries: 'instance_id id payload created_at ip_address',
} as const;

/** Whose the `auth` schema is. `limen`: made by Limen, for its embedded server or for a replica. */
export type AuthSchemaOwner = 'nobody' | 'limen' | 'others';

/** The version under which `limen.migrations` records the `auth` schema where Limen made it. */
export const AUTH_SCHEMA_VERSION = 0;

/** Writes nothing, and takes a database that Limen has never seen. */
export async function findAuthSchemaOwner(database: Queryable): Promise<AuthSchemaOwner> {
  if (!(await hasAuthSchema(database))) return 'nobody';
  const [there] = await database.query<{ migrations: string | null }>(
    "select to_regclass('limen.migrations')::text as migrations",
  );
  if (!there?.migrations) return 'others';
  const ours = await database.query('select 1 from limen.migrations where version = $1', [
    AUTH_SCHEMA_VERSION,
  ]);
  return ours.length > 0 ? 'limen' : 'others';
}

export async function hasAuthSchema(database: Queryable): Promise<boolean> {
  return (await database.query("select 1 from pg_namespace where nspname = 'auth'")).length > 0;
}

/** @throws {ForeignAuthSchemaError} */
export async function checkAuthSchema(database: Queryable): Promise<void> {
  // pg_attribute, because information_schema hides what the role has no right to.
  const columns = await database.query<{ name: string }>(
    `select relname || '.' || attname as name
     from pg_attribute join pg_class on pg_class.oid = attrelid
     where relnamespace = 'auth'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped`,
  );
  const present = new Set(columns.map(({ name }) => name));
  const missing = Object.entries(NEEDED).flatMap(([table, names]) =>
    names
      .split(/\s+/)
      .map((column) => `${table}.${column}`)
      .filter((column) => !present.has(column)),
  );
  if (missing.length > 0) throw new ForeignAuthSchemaError(missing, UPDATE);
  await checkAuthAccess(database);
}

/**
 * A role that does not own the tables sees no rows behind row level security, and no error either.
 * @throws {ForeignAuthSchemaError}
 */
export async function checkAuthAccess(database: Queryable): Promise<void> {
  const tables = Object.keys(NEEDED);
  const hidden = await database.query<{ name: string }>(
    `select name from unnest($1::text[]) as name
     where row_security_active('auth.' || name) or exists (
       select from unnest(array['select', 'insert', 'update', 'delete']) as privilege
       where not has_table_privilege('auth.' || name, privilege))`,
    [tables],
  );
  if (hidden.length > 0) {
    throw new ForeignAuthSchemaError(
      hidden.map(({ name }) => `full access of this role to ${name}`),
      GIVE_RIGHTS,
    );
  }
}
