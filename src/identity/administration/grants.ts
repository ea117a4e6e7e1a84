/** Roles, permissions and the tier: what `app_metadata` grants, and who gives it. */
import type { Account } from '../account.ts';
import { changing } from '../changes.ts';
import { type FieldIssue, UserNotFoundError, ValidationError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { ADMIN } from '../role.ts';
import { codePointsIn, isStorable } from '../text.ts';
import {
  type AuthorityNeeds,
  actOn,
  assertAdminRemains,
  assertHolds,
  assertSomebodyElse,
  type Operator,
} from './authority.ts';

/** All of it rides in every access token. */
const MAX_NAMES = 50;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;
const MAX_TIER_CHARACTERS = 64;

/**
 * Gives a person exactly these roles.
 * @throws {DeniedError} @throws {ValidationError} @throws {UserNotFoundError} @throws {OutrankedError} for a role the operator lacks
 * @throws {LastAdminError}
 */
export async function setUserRoles(
  needs: AuthorityNeeds,
  viewer: Operator,
  input: { userId: string; roles: readonly string[] },
): Promise<Account> {
  const roles = parseNames('roles', input.roles);
  const act = { permission: 'roles:write', userId: input.userId, toOneself: 'allowed' } as const;
  return actOn(needs, viewer, act, async (target, authority) => {
    assertHolds(authority, { roles });
    if (!roles.includes(ADMIN)) await assertAdminRemains(needs.auth, target);
    // The older single `role` would go on granting what the list no longer names.
    return grant(needs, target, { roles, role: null });
  });
}

/** Gives a person exactly these permissions. @throws as `setUserRoles`, but for `LastAdminError` */
export async function setUserPermissions(
  needs: AuthorityNeeds,
  viewer: Operator,
  input: { userId: string; permissions: readonly string[] },
): Promise<Account> {
  const permissions = parseNames('permissions', input.permissions);
  const act = { permission: 'roles:write', userId: input.userId, toOneself: 'allowed' } as const;
  return actOn(needs, viewer, act, async (target, authority) => {
    assertHolds(authority, { permissions });
    return grant(needs, target, { permissions });
  });
}

/**
 * @param input `tier` null: none any more
 * @throws {DeniedError} @throws {ValidationError} @throws {UserNotFoundError} @throws {OutrankedError}
 * @throws {OwnAccountError} a tier is paid for: only an administrator gives themselves one
 */
export async function setUserTier(
  needs: AuthorityNeeds,
  viewer: Operator,
  input: { userId: string; tier?: string | null | undefined },
): Promise<Account> {
  const tier = parseTier(input.tier);
  const act = { permission: 'users:write', userId: input.userId, toOneself: 'allowed' } as const;
  return actOn(needs, viewer, act, async (target, authority) => {
    if (!authority.isUnlimited) assertSomebodyElse(viewer, target);
    return grant(needs, target, { tier });
  });
}

async function grant({ auth, changes }: AuthorityNeeds, { id }: Account, appMetadata: JsonObject) {
  return changing(changes, id, async () => {
    const updated = await auth.users.update(id, { appMetadata });
    if (!updated) throw new UserNotFoundError();
    return updated;
  });
}

/** Each once. @throws {ValidationError} naming each that is malformed */
export function parseNames(path: 'roles' | 'permissions', names: readonly string[]): string[] {
  const issues: FieldIssue[] = [];
  if (names.length > MAX_NAMES) {
    issues.push({ path: [path], code: 'TOO_MANY', message: `At most ${MAX_NAMES} ${path}.` });
  }
  names.forEach((name, index) => {
    if (NAME.test(name)) return;
    const message = '1 to 64 letters, digits and . _ : -, with a letter or digit first.';
    issues.push({ path: [path, String(index)], code: 'INVALID_FORMAT', message });
  });
  if (issues.length > 0) throw new ValidationError(issues);
  return [...new Set(names)];
}

/** @throws {ValidationError} */
export function parseTier(tier: string | null | undefined): string | null {
  if (tier == null) return null;
  const isTier =
    isStorable(tier) &&
    tier.trim() !== '' &&
    !/\p{Cc}/u.test(tier) &&
    codePointsIn(tier) <= MAX_TIER_CHARACTERS;
  if (isTier) return tier;
  const message = `1 to ${MAX_TIER_CHARACTERS} characters, and no control characters.`;
  throw new ValidationError([{ path: ['tier'], code: 'INVALID_FORMAT', message }]);
}
