import type { AccessTokenClaims } from './access-token.ts';
import type { Factor } from './factors/factor.ts';
import type { Identity } from './identity.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** A person, as an access token or a row of `auth.users` describes them. */
export interface Account {
  readonly id: string;
  /** Null for somebody without an e-mail address. */
  readonly email: string | null;
  /** E.164 without the plus; null for somebody without a number. */
  readonly phone: string | null;
  /** Somebody who has no address yet that is known to be theirs. */
  readonly isAnonymous: boolean;
  /** Written by administrators and services only. The one source of roles, permissions and tier. */
  readonly appMetadata: JsonObject;
  /** Written by the person. Grants nothing. */
  readonly userMetadata: JsonObject;
  /** What an access token does not carry; undefined until somebody asks for it. */
  readonly record?: AccountRecord;
}

export interface AccountRecord {
  readonly emailConfirmedAt: Date | null;
  readonly phoneConfirmedAt: Date | null;
  /** Asked for and still to be confirmed. */
  readonly newEmail: string | null;
  readonly newPhone: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly lastSignInAt: Date | null;
  /** Null for everybody but those who were deleted softly. */
  readonly deletedAt: Date | null;
  /** What the person is to the database and to the auth server's own API: `authenticated`, unless somebody saw to it. */
  readonly databaseRole: string | null;
  /** In the future while somebody is banned. */
  readonly bannedUntil: Date | null;
  readonly factors: readonly Factor[];
  /** The ways they sign in, the oldest first. */
  readonly identities: readonly Identity[];
}

export interface Grants {
  readonly roles: readonly string[];
  readonly permissions: readonly string[];
  readonly tier: string | null;
}

/** `role` (a string) and `roles` (a list) are both read, in that order; what is not a string is ignored. */
export function grantsOf(appMetadata: JsonObject): Grants {
  const { role, roles, permissions, tier } = appMetadata;
  return {
    roles: distinctStrings([role ?? null, ...(Array.isArray(roles) ? roles : [])]),
    permissions: distinctStrings(Array.isArray(permissions) ? permissions : []),
    tier: typeof tier === 'string' && tier !== '' ? tier : null,
  };
}

function distinctStrings(values: JsonValue[]): string[] {
  return [...new Set(values.filter((value) => typeof value === 'string' && value !== ''))] as string[];
}

/** The account an access token describes, without a database. */
export function accountFromClaims(claims: AccessTokenClaims & { sub: string }): Account {
  return {
    id: claims.sub,
    email: claims.email || null,
    phone: claims.phone || null,
    isAnonymous: claims.is_anonymous,
    appMetadata: claims.app_metadata,
    userMetadata: claims.user_metadata,
  };
}
