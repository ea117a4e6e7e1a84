import type { AccessTokenClaims } from './access-token.ts';
import { type Account, accountFromClaims, type Grants, grantsOf } from './account.ts';
import type { Actor } from './client.ts';
import { PERMISSIONS, type Permission } from './permission.ts';
import { ADMIN } from './role.ts';

export type AssuranceLevel = 'aal1' | 'aal2' | 'aal3';

/** Who is asking. */
export type Viewer = Anonymous | Person | Service;

export interface Anonymous {
  readonly kind: 'anonymous';
}

export interface Person {
  readonly kind: 'person';
  readonly account: Account;
  readonly grants: Grants;
  readonly sessionId: string;
  readonly assuranceLevel: AssuranceLevel;
  /** How the session was begun and raised; times in seconds since 1970. */
  readonly methods: AccessTokenClaims['amr'];
  /** Who acts in the person's stead (RFC 8693, 4.1); null where it is the person. */
  readonly impersonator: Impersonator | null;
  /** When the access token ends. */
  readonly expiresAt: Date;
  /** The verified token itself: Supabase Auth acts for a person only with it. Never logged. */
  readonly accessToken: string;
}

export interface Impersonator {
  readonly id: string;
  /** Their own session, with which the person's ends; null where others made the token. */
  readonly sessionId: string | null;
}

export interface Service {
  readonly kind: 'service';
  readonly id: string;
  readonly scopes: readonly string[];
}

export const ANONYMOUS: Anonymous = { kind: 'anonymous' };

export const SERVICE_ROLE = 'service_role';

/**
 * What the project's `service_role` key may do over GraphQL: what it may at the auth server anyway. To be somebody else takes somebody who
 * answers for it.
 */
const SERVICE_ROLE_SCOPES = PERMISSIONS.filter((permission) => permission !== 'users:impersonate');

/** Null when the claims stand for nobody this API knows: the `anon` project key, for one, is the same as no token. */
export function viewerFromClaims(claims: AccessTokenClaims, accessToken: string): Viewer | null {
  const { role, sub, session_id: sessionId, act } = claims;
  // A person stays one whatever their role in the database is: only so is their session looked after.
  if (sub && sessionId) {
    return personOf(accountFromClaims({ ...claims, sub }), {
      sessionId,
      assuranceLevel: claims.aal ?? 'aal1',
      methods: claims.amr,
      impersonator: act ? { id: act.sub, sessionId: act.session_id ?? null } : null,
      expiresAt: new Date(claims.exp * 1000),
      accessToken,
    });
  }
  if (sub || sessionId) return null;
  if (role === SERVICE_ROLE) return { kind: 'service', id: SERVICE_ROLE, scopes: SERVICE_ROLE_SCOPES };
  return role === 'anon' ? ANONYMOUS : null;
}

/** @param shown what the access token says of the session */
export function personOf(account: Account, shown: Omit<Person, 'kind' | 'account' | 'grants'>): Person {
  return { ...shown, kind: 'person', account, grants: grantsOf(account.appMetadata) };
}

/** As whom they are recorded. */
export function actorOf(viewer: Viewer): Actor | null {
  if (viewer.kind === 'service') return { kind: 'service', id: viewer.id };
  if (viewer.kind === 'anonymous') return null;
  return { kind: 'person', userId: viewer.account.id, sessionId: viewer.sessionId };
}

/** The id of whoever acts in the viewer's stead; null where nobody does. */
export const impersonatorOf = (viewer: Viewer): string | null =>
  viewer.kind === 'person' ? (viewer.impersonator?.id ?? null) : null;

/**
 * The role `admin` holds every permission; a service holds what its key's scopes say. Whoever acts in somebody else's stead holds none of
 * these: an operator has a token of their own for what they may do.
 */
export function holds(viewer: Viewer, permission: Permission): boolean {
  if (viewer.kind === 'service') return viewer.scopes.includes(permission);
  if (viewer.kind !== 'person' || viewer.impersonator) return false;
  const { roles, permissions } = viewer.grants;
  return roles.includes(ADMIN) || permissions.includes(permission);
}
