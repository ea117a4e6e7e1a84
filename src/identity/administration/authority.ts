/**
 * Who may act on whom: nobody gives, takes or touches more than they hold themselves. Everything an operator does to another account
 * goes through `actOn`, so that the rule stands in one place.
 */
import { type Account, type Grants, grantsOf } from '../account.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { ChangeLog } from '../changes.ts';
import { DeniedError, PermissionDeniedError } from '../denial.ts';
import { LastAdminError, UserNotFoundError } from '../errors.ts';
import type { Permission } from '../permission.ts';
import { ADMIN, type Exclusively } from '../role.ts';
import { holds, type Person, personOf, SERVICE_ROLE, type Service } from '../viewer.ts';
import { OutrankedError, OwnAccountError } from './administration-errors.ts';
import { findAccount } from './directory.ts';
import { hidesFactor } from './shown-factor.ts';

export type Operator = Person | Service;

export interface AuthorityNeeds {
  auth: AuthBackend;
  changes: ChangeLog;
  exclusively: Exclusively;
}

/** What the operator holds at the moment of the act. */
export interface Authority {
  /** May do anything to anybody: the role `admin`, and the project's own secret key, which may at the auth server anyway. */
  readonly isUnlimited: boolean;
  readonly grants: Pick<Grants, 'roles' | 'permissions'>;
}

export interface Act {
  readonly permission: Permission;
  readonly userId: string;
  /** Whether operators may do it to themselves. */
  readonly toOneself: 'refused' | 'allowed';
  /** Whether an account that was deleted softly can still be acted on. Default: it is one that nobody has. */
  readonly evenDeleted?: boolean;
}

/**
 * One act at a time for the whole installation: what the operator and the other person hold cannot change between the look and the
 * act, two administrators who ban each other in the same moment cannot both succeed, and whoever lost their rights while waiting does
 * nothing any more.
 *
 * @throws {DeniedError} the operator no longer has the permission @throws {UserNotFoundError} @throws {OwnAccountError}
 * @throws {OutrankedError}
 */
export async function actOn<Result>(
  needs: AuthorityNeeds,
  viewer: Operator,
  { permission, userId, toOneself, evenDeleted = false }: Act,
  work: (target: Account, authority: Authority) => Promise<Result>,
): Promise<Result> {
  return asOperator(needs, viewer, permission, async (authority) => {
    const target = await findAccount(needs, userId);
    if (!target || (target.record?.deletedAt && !evenDeleted)) throw new UserNotFoundError();
    if (toOneself === 'refused') assertSomebodyElse(viewer, target);
    assertCovers(authority, target);
    return work(target, authority);
  });
}

/** Runs work in turn, with what the operator holds then. @throws {DeniedError} */
export async function asOperator<Result>(
  { auth, exclusively }: Omit<AuthorityNeeds, 'changes'>,
  viewer: Operator,
  permission: Permission,
  work: (authority: Authority) => Promise<Result>,
): Promise<Result> {
  return exclusively('roles', async () => work(await authorityOf(auth, viewer, permission)));
}

/**
 * What the operator holds now, whatever their token says. For what is done to nobody in particular, and need not be done in turn.
 * @throws {DeniedError}
 */
export async function authorityOf(
  auth: AuthBackend,
  viewer: Operator,
  permission: Permission,
): Promise<Authority> {
  if (viewer.kind === 'service') {
    if (!holds(viewer, permission)) throw new PermissionDeniedError(permission);
    const grants = { roles: [], permissions: viewer.scopes };
    return { isUnlimited: viewer.id === SERVICE_ROLE, grants };
  }
  const account = await auth.findOwnAccount(viewer.accessToken);
  const now = account && personOf(account, viewer);
  if (!now || !holds(now, permission)) throw new PermissionDeniedError(permission);
  if (hidesFactor(now.assuranceLevel, account)) throw new DeniedError('FORBIDDEN', 'AAL2_REQUIRED');
  return { isUnlimited: now.grants.roles.includes(ADMIN), grants: now.grants };
}

/** @throws {OwnAccountError} */
export function assertSomebodyElse(viewer: Operator, { id }: Account): void {
  if (viewer.kind === 'person' && viewer.account.id === id) throw new OwnAccountError();
}

/** Whoever could change the address or the factors of somebody who holds more could become them. @throws {OutrankedError} */
export function assertCovers(authority: Authority, target: Account): void {
  if (authority.isUnlimited) return;
  if (isAdministrator(target)) throw new OutrankedError();
  assertHolds(authority, grantsOf(target.appMetadata));
}

/** @throws {OutrankedError} when anything of it is not the operator's own */
export function assertHolds(
  { isUnlimited, grants }: Authority,
  { roles = [], permissions = [] }: { roles?: readonly string[]; permissions?: readonly string[] },
): void {
  if (isUnlimited) return;
  const hasAll =
    roles.every((role) => grants.roles.includes(role)) &&
    permissions.every((permission) => grants.permissions.includes(permission));
  if (!hasAll) throw new OutrankedError();
}

/** By the role `admin`, or by a database role that the auth server takes for its administrator's. */
export function isAdministrator(account: Account): boolean {
  const databaseRole = account.record?.databaseRole ?? null;
  return (
    grantsOf(account.appMetadata).roles.includes(ADMIN) ||
    (databaseRole !== null && !ORDINARY_DATABASE_ROLES.has(databaseRole))
  );
}

const ORDINARY_DATABASE_ROLES: ReadonlySet<string> = new Set(['authenticated', 'anon']);

/** Before an act that ends somebody's being an administrator. @throws {LastAdminError} */
export async function assertAdminRemains(auth: AuthBackend, target: Account): Promise<void> {
  const isAdmin = grantsOf(target.appMetadata).roles.includes(ADMIN);
  if (isAdmin && !(await auth.hasAnotherWithRole(ADMIN, target.id))) throw new LastAdminError();
}
