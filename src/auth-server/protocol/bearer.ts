/** Who calls, by the token in `Authorization`. */
import type { Database } from '../../adapters/postgres/database.ts';
import { type createTokenVerifier, InvalidTokenError } from '../../adapters/tokens/token-verifier.ts';
import { FULL_USER_COLUMNS, type FullUserRow, isBanned } from '../users/user-row.ts';
import { impersonated, mayActorGoOn } from './actor.ts';
import { type AssuranceLevel, lowerLevelOf } from './assurance-level.ts';
import { ProtocolError } from './protocol-error.ts';

export type TokenVerifier = ReturnType<typeof createTokenVerifier>;
export type Claims = Awaited<ReturnType<TokenVerifier['verify']>>;

export interface TokenNeeds {
  tokens: TokenVerifier;
}

interface BearerNeeds extends TokenNeeds {
  database: Database;
  clock: () => Date;
}

/** Somebody whose token is good, and whose session lives. */
export interface Bearer {
  user: FullUserRow;
  sessionId: string;
  sessionStartedAt: Date;
  claims: Claims;
  /**
   * How sure we are of them: the lower of what the token says and what their session is now. A token from before the second factor stays
   * what it was when its session is raised, and one from after it counts no more when the factor is gone.
   */
  aal: AssuranceLevel;
}

interface FoundSession {
  session_started_at: Date | null;
  session_aal: AssuranceLevel;
}

const ADMIN_ROLES = ['service_role', 'supabase_admin'];

export const isAdminRole = (role: string) => ADMIN_ROLES.includes(role);

/** Null where there is none. */
export function bearerTokenOf(request: Request): string | null {
  return /^Bearer +([^ ]+) *$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? null;
}

/** @throws {ProtocolError} 403 bad_jwt */
export async function verifyToken({ tokens }: TokenNeeds, token: string): Promise<Claims> {
  try {
    return await tokens.verify(token);
  } catch (error) {
    if (!(error instanceof InvalidTokenError)) throw error;
    throw badToken('unable to parse or verify signature');
  }
}

/** @throws {ProtocolError} 401 no_authorization, 403 bad_jwt */
async function claimsOf(needs: TokenNeeds, request: Request): Promise<Claims> {
  const token = bearerTokenOf(request);
  if (token === null) {
    throw new ProtocolError(401, 'no_authorization', 'This endpoint requires a valid Bearer token');
  }
  return verifyToken(needs, token);
}

/**
 * One statement. Whoever acts in the person's stead is refused: see `requirePersonOrActor`.
 * @throws {ProtocolError} 401 no_authorization, 403 bad_jwt, user_not_found, session_not_found, user_banned, impersonated
 */
export async function requirePerson(needs: BearerNeeds, request: Request): Promise<Bearer> {
  const claims = await claimsOf(needs, request);
  if (claims.act) throw impersonated();
  return findBearer(needs, claims);
}

/**
 * For the few things that may be done in somebody's stead too. The actor is looked up as well: it ends when they sign out, or may no longer.
 * @throws {ProtocolError} as `requirePerson`, and 403 session_not_found where the actor may not, or no longer
 */
export async function requirePersonOrActor(needs: BearerNeeds, request: Request): Promise<Bearer> {
  const claims = await claimsOf(needs, request);
  if (claims.act && !(await mayActorGoOn(needs.database, claims.session_id, needs.clock())))
    throw sessionNotFound();
  return findBearer(needs, claims);
}

/** One statement. */
async function findBearer(needs: BearerNeeds, claims: Claims): Promise<Bearer> {
  const { sub, session_id } = claims;
  if (!sub) throw badToken('missing sub claim');
  const [found] = await needs.database.query<FullUserRow & Partial<FoundSession>>(
    `select ${FULL_USER_COLUMNS}, sessions.created_at as session_started_at, coalesce(aal, 'aal1') as session_aal
     from auth.users left join auth.sessions on sessions.id = $2 and sessions.user_id = users.id
     where users.id = $1 and deleted_at is null`,
    [sub, session_id ?? null],
  );
  if (!found) throw new ProtocolError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
  const { session_started_at: sessionStartedAt, session_aal } = found;
  if (!session_id || !sessionStartedAt || !session_aal) throw sessionNotFound();
  if (isBanned(found, needs.clock())) throw new ProtocolError(403, 'user_banned', 'User is banned');
  const aal = lowerLevelOf(claims.aal ?? 'aal1', session_aal);
  return { user: found, sessionId: session_id, sessionStartedAt, claims, aal };
}

/**
 * A project's secret key costs no statement; a person with an administrator's role is looked up with their session, and must have the role yet.
 * @throws {ProtocolError} 401 no_authorization, 403 bad_jwt, not_admin, session_not_found
 */
export async function requireAdmin(needs: BearerNeeds, request: Request): Promise<void> {
  const { role, session_id } = await claimsOf(needs, request);
  if (!isAdminRole(role)) throw notAdmin();
  if (!session_id) return;
  const { user } = await requirePerson(needs, request);
  if (!isAdminRole(user.role ?? '')) throw notAdmin();
}

export const notAdmin = () => new ProtocolError(403, 'not_admin', 'User not allowed');

function badToken(reason: string): ProtocolError {
  return new ProtocolError(403, 'bad_jwt', `invalid JWT: ${reason}`);
}

export function sessionNotFound(): ProtocolError {
  return new ProtocolError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
}
