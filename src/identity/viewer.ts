import type { AccessTokenClaims } from './access-token.ts';
import { type Account, accountFromClaims, type Grants, grantsOf } from './account.ts';
import type { Actor } from './client.ts';

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
  /** When the access token ends. */
  readonly expiresAt: Date;
  /** The verified token itself: Supabase Auth acts for a person only with it. Never logged. */
  readonly accessToken: string;
}

export interface Service {
  readonly kind: 'service';
  readonly id: string;
  readonly scopes: readonly string[];
}

export const ANONYMOUS: Anonymous = { kind: 'anonymous' };

/** What the project's `service_role` key may do over GraphQL. */
const SERVICE_ROLE_SCOPES = ['users:read'] as const;

/** Null when the claims stand for nobody this API knows: the `anon` project key, for one, is the same as no token. */
export function viewerFromClaims(claims: AccessTokenClaims, accessToken: string): Viewer | null {
  const { role, sub, session_id: sessionId } = claims;
  // A person stays one whatever their role in the database is: only so is their session looked after.
  if (sub && sessionId) {
    return personOf(accountFromClaims({ ...claims, sub }), {
      sessionId,
      assuranceLevel: claims.aal ?? 'aal1',
      methods: claims.amr,
      expiresAt: new Date(claims.exp * 1000),
      accessToken,
    });
  }
  if (sub || sessionId) return null;
  if (role === 'service_role') return { kind: 'service', id: 'service_role', scopes: SERVICE_ROLE_SCOPES };
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
