import { changing } from '../changes.ts';
import { UserNotFoundError } from '../errors.ts';
import { type AuthorityNeeds, actOn, assertAdminRemains, type Operator } from './authority.ts';
import type { DeletionMode } from './user-administration.ts';

export interface UserDeleted {
  readonly deletedUserId: string;
  readonly mode: DeletionMode;
}

/**
 * Their sessions end at once. Somebody deleted softly can still be deleted for good.
 * @throws {DeniedError} @throws {UserNotFoundError} @throws {OwnAccountError} @throws {OutrankedError} @throws {LastAdminError}
 */
export async function deleteUser(
  needs: AuthorityNeeds,
  viewer: Operator,
  { userId, mode }: { userId: string; mode: DeletionMode },
): Promise<UserDeleted> {
  const act = {
    permission: 'users:delete',
    userId,
    toOneself: 'refused',
    evenDeleted: mode === 'hard',
  } as const;
  return actOn(needs, viewer, act, async (target) => {
    await assertAdminRemains(needs.auth, target);
    return changing(needs.changes, target.id, async () => {
      if (!(await needs.auth.users.delete(target.id, mode))) throw new UserNotFoundError();
      return { deletedUserId: target.id, mode };
    });
  });
}
