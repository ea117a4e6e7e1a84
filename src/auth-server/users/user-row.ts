/** A row of `auth.users` with what belongs to it, and the JSON that Supabase Auth shows of it. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { JsonObject } from '../protocol/body.ts';

export interface UserRow {
  id: string;
  aud: string | null;
  role: string | null;
  email: string | null;
  /** Null or empty for somebody without a password. */
  encrypted_password: string | null;
  email_confirmed_at: Date | null;
  invited_at: Date | null;
  phone: string | null;
  phone_confirmed_at: Date | null;
  confirmation_sent_at: Date | null;
  confirmed_at: Date | null;
  recovery_sent_at: Date | null;
  email_change: string | null;
  email_change_sent_at: Date | null;
  /** 1 once one of two addresses has agreed to the change. */
  email_change_confirm_status: number | null;
  phone_change: string | null;
  phone_change_sent_at: Date | null;
  reauthentication_sent_at: Date | null;
  last_sign_in_at: Date | null;
  raw_app_meta_data: JsonObject | null;
  raw_user_meta_data: JsonObject | null;
  created_at: Date;
  updated_at: Date;
  banned_until: Date | null;
  deleted_at: Date | null;
  is_anonymous: boolean;
  is_sso_user: boolean;
}

/** Times are ISO texts here: these rows come out of Postgres as JSON, so that a user is one statement. */
export interface IdentityRow {
  id: string;
  provider_id: string;
  user_id: string;
  identity_data: JsonObject;
  provider: string;
  last_sign_in_at: string | null;
  created_at: string | null;
  updated_at: string | null;
  email: string | null;
}

export interface FactorRow {
  id: string;
  created_at: string | Date;
  updated_at: string | Date;
  status: 'unverified' | 'verified';
  friendly_name: string | null;
  factor_type: string;
  phone: string | null;
  last_challenged_at: string | Date | null;
}

export interface FullUserRow extends UserRow {
  identities: IdentityRow[];
  factors: FactorRow[];
}

export const USER_COLUMNS = [
  'id',
  'aud',
  'role',
  'email',
  'encrypted_password',
  'email_confirmed_at',
  'invited_at',
  'phone',
  'phone_confirmed_at',
  'confirmation_sent_at',
  'confirmed_at',
  'recovery_sent_at',
  'email_change',
  'email_change_sent_at',
  'email_change_confirm_status',
  'phone_change',
  'phone_change_sent_at',
  'reauthentication_sent_at',
  'last_sign_in_at',
  'raw_app_meta_data',
  'raw_user_meta_data',
  'created_at',
  'updated_at',
  'banned_until',
  'deleted_at',
  'is_anonymous',
  'is_sso_user',
]
  .map((name) => `users.${name}`)
  .join(', ');

const IDENTITY_COLUMNS = [
  'id',
  'provider_id',
  'user_id',
  'identity_data',
  'provider',
  'last_sign_in_at',
  'created_at',
  'updated_at',
  'email',
];

/** Without the secret. */
const FACTOR_COLUMNS = [
  'id',
  'created_at',
  'updated_at',
  'status',
  'friendly_name',
  'factor_type',
  'phone',
  'last_challenged_at',
];

/** A set of recovery codes is a factor too, kept in a table of ours: Supabase Auth's own is newer than the schema we know. */
const FACTORS = `(select id, user_id, created_at, updated_at, status::text, friendly_name, factor_type::text, phone, last_challenged_at
    from auth.mfa_factors
    union all select id, user_id, created_at, updated_at, 'verified', friendly_name, 'recovery_code', null, null
    from limen.recovery_code_sets) as factors`;

function jsonRows(table: string, columns: string[]): string {
  const pairs = columns.map((name) => `'${name}', ${name}`).join(', ');
  return `(select coalesce(json_agg(json_build_object(${pairs}) order by created_at, id), '[]')
    from ${table} where user_id = users.id)`;
}

/** For a select from `auth.users`, or what an update of it returns. */
export const FULL_USER_COLUMNS = `${USER_COLUMNS},
  ${jsonRows('auth.identities', IDENTITY_COLUMNS)} as identities,
  ${jsonRows(FACTORS, FACTOR_COLUMNS)} as factors`;

export async function findUserById(database: Queryable, id: string): Promise<FullUserRow | undefined> {
  const [user] = await database.query<FullUserRow>(
    `select ${FULL_USER_COLUMNS} from auth.users where id = $1`,
    [id],
  );
  return user;
}

/**
 * Held until the transaction ends, and read only then: what one statement reads beside a row that it waited for (identities, factors) is
 * from before the wait, and of two who unlink at once both would see both identities. Undefined for somebody deleted, after as many statements.
 */
export async function lockUser(tx: Queryable, id: string): Promise<FullUserRow | undefined> {
  const found = await tx.query('select 1 from auth.users where id = $1 and deleted_at is null for update', [
    id,
  ]);
  const user = await findUserById(tx, id);
  return found.length > 0 ? user : undefined;
}

/** Whoever signs in with the address: neither somebody deleted, nor somebody whom a company's identity provider vouches for. */
export async function findUserByEmail(database: Queryable, email: string): Promise<FullUserRow | undefined> {
  const [user] = await database.query<FullUserRow>(
    `select ${FULL_USER_COLUMNS} from auth.users where email = $1 and is_sso_user = false and deleted_at is null`,
    [email],
  );
  return user;
}

/** The same, by a number in its normal form. */
export async function findUserByPhone(database: Queryable, phone: string): Promise<FullUserRow | undefined> {
  const [user] = await database.query<FullUserRow>(
    `select ${FULL_USER_COLUMNS} from auth.users where phone = $1 and is_sso_user = false and deleted_at is null`,
    [phone],
  );
  return user;
}

export function isBanned(user: UserRow, now: Date): boolean {
  return user.banned_until !== null && user.banned_until > now;
}

/** @param identities null where they were not looked at, as in the admin's list. */
export function userJson(user: UserRow, identities: IdentityRow[] | null, factors: FactorRow[] = []) {
  return {
    id: user.id,
    aud: user.aud ?? '',
    role: user.role ?? '',
    email: user.email ?? '',
    email_confirmed_at: user.email_confirmed_at ?? undefined,
    invited_at: user.invited_at ?? undefined,
    phone: user.phone ?? '',
    phone_confirmed_at: user.phone_confirmed_at ?? undefined,
    confirmation_sent_at: user.confirmation_sent_at ?? undefined,
    confirmed_at: user.confirmed_at ?? undefined,
    recovery_sent_at: user.recovery_sent_at ?? undefined,
    new_email: user.email_change || undefined,
    email_change_sent_at: user.email_change_sent_at ?? undefined,
    new_phone: user.phone_change || undefined,
    phone_change_sent_at: user.phone_change_sent_at ?? undefined,
    reauthentication_sent_at: user.reauthentication_sent_at ?? undefined,
    last_sign_in_at: user.last_sign_in_at ?? undefined,
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    factors: factors.length > 0 ? factors.map(factorJson) : undefined,
    identities: identities?.map(identityJson) ?? null,
    created_at: user.created_at,
    updated_at: user.updated_at,
    banned_until: user.banned_until ?? undefined,
    deleted_at: user.deleted_at ?? undefined,
    is_anonymous: user.is_anonymous,
  };
}

export const fullUserJson = (user: FullUserRow) => userJson(user, user.identities, user.factors);

function identityJson(identity: IdentityRow) {
  return {
    identity_id: identity.id,
    id: identity.provider_id,
    user_id: identity.user_id,
    identity_data: identity.identity_data,
    provider: identity.provider,
    last_sign_in_at: utc(identity.last_sign_in_at),
    created_at: utc(identity.created_at),
    updated_at: utc(identity.updated_at),
    email: identity.email ?? undefined,
  };
}

export function factorJson(factor: FactorRow) {
  return {
    id: factor.id,
    created_at: utc(factor.created_at),
    updated_at: utc(factor.updated_at),
    status: factor.status,
    friendly_name: factor.friendly_name || undefined,
    factor_type: factor.factor_type,
    phone: factor.phone,
    last_challenged_at: utc(factor.last_challenged_at),
  };
}

/** Postgres writes times in JSON with the offset of its session's time zone. */
const utc = (time: string | Date | null) => (time === null ? null : new Date(time).toISOString());
