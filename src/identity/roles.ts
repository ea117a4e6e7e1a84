import { type Account, grantsOf } from './account.ts';
import type { AuthBackend } from './auth-backend.ts';
import { type ChangeLog, changing } from './changes.ts';
import { findAccount } from './directory.ts';
import {
  DeniedError,
  type FieldIssue,
  LastAdminError,
  UserNotFoundError,
  ValidationError,
} from './errors.ts';
import type { Person } from './viewer.ts';

export const ADMIN = 'admin';

const MAX_ROLES = 50;
const ROLE = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;

/** Runs work while nobody else on the same database runs work of the same name. */
export type Exclusively = <Result>(name: string, work: () => Promise<Result>) => Promise<Result>;

/**
 * For a person with the role `admin`, as they are when their turn comes: whoever lost it while waiting changes nothing any more.
 * @throws {DeniedError} @throws {ValidationError} @throws {UserNotFoundError} @throws {LastAdminError}
 */
export async function setUserRoles(
  { auth, changes, exclusively }: { auth: AuthBackend; changes: ChangeLog; exclusively: Exclusively },
  viewer: Person,
  input: { userId: string; roles: readonly string[] },
): Promise<Account> {
  const roles = parseRoles(input.roles);
  // One at a time: two administrators who demote each other in the same moment must not both succeed.
  return exclusively('roles', async () => {
    const actor = await auth.findOwnAccount(viewer.accessToken);
    if (!actor || !isAdmin(actor)) throw new DeniedError('FORBIDDEN');
    const account = await findAccount({ auth }, input.userId);
    if (!account) throw new UserNotFoundError();
    const losesAdmin = isAdmin(account) && !roles.includes(ADMIN);
    if (losesAdmin && !(await auth.hasAnotherWithRole(ADMIN, account.id))) throw new LastAdminError();
    return changing(changes, account.id, async () => {
      // The older single `role` would go on granting what the list no longer names.
      const updated = await auth.updateAppMetadata(account.id, { roles, role: null });
      if (!updated) throw new UserNotFoundError();
      return updated;
    });
  });
}

const isAdmin = ({ appMetadata }: Account) => grantsOf(appMetadata).roles.includes(ADMIN);

function parseRoles(roles: readonly string[]): string[] {
  const issues: FieldIssue[] = [];
  if (roles.length > MAX_ROLES) {
    issues.push({ path: ['roles'], code: 'TOO_MANY', message: `At most ${MAX_ROLES} roles.` });
  }
  roles.forEach((role, index) => {
    if (ROLE.test(role)) return;
    const message = 'A role is 1 to 64 letters, digits and . _ : -, and begins with a letter or digit.';
    issues.push({ path: ['roles', String(index)], code: 'INVALID_FORMAT', message });
  });
  if (issues.length > 0) throw new ValidationError(issues);
  return [...new Set(roles)];
}
