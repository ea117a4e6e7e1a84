import type { Account } from '../account.ts';
import { changing } from '../changes.ts';
import type { Clock } from '../clock.ts';
import { type FieldIssue, UserNotFoundError, ValidationError } from '../errors.ts';
import { type AuthorityNeeds, actOn, assertAdminRemains, type Operator } from './authority.ts';
import { parseReason } from './reason.ts';
import type { UserChange } from './user-administration.ts';

/** For good. The protocol knows bans only by how long they last. */
const CENTURY_SECONDS = 100 * 365 * 86_400;

type Needs = AuthorityNeeds & { clock: Clock };

/**
 * Holds at once: their tokens are refused, and they cannot sign in. Their sessions go on when the ban is over.
 * @param input `until` null: for good
 * @throws {DeniedError} @throws {ValidationError} @throws {UserNotFoundError} @throws {OwnAccountError} @throws {OutrankedError}
 * @throws {LastAdminError}
 */
export async function banUser(
  needs: Needs,
  viewer: Operator,
  input: { userId: string; until?: Date | null | undefined; reason?: string | null | undefined },
): Promise<Account> {
  const reason = input.reason == null ? null : parseReason(input.reason);
  const seconds = secondsUntil(input.until ?? null, needs.clock());
  const act = { permission: 'users:write', userId: input.userId, toOneself: 'refused' } as const;
  return actOn(needs, viewer, act, async (target) => {
    await assertAdminRemains(needs.auth, target);
    return change(needs, target, { ban: { seconds, reason } });
  });
}

/** Somebody who is not banned stays as they are. @throws as `banUser`, but for `LastAdminError` */
export async function unbanUser(needs: Needs, viewer: Operator, input: { userId: string }): Promise<Account> {
  const act = { permission: 'users:write', userId: input.userId, toOneself: 'refused' } as const;
  return actOn(needs, viewer, act, (target) => change(needs, target, { ban: null }));
}

async function change({ auth, changes }: Needs, { id }: Account, changed: UserChange): Promise<Account> {
  return changing(changes, id, async () => {
    const updated = await auth.users.update(id, changed);
    if (!updated) throw new UserNotFoundError();
    return updated;
  });
}

/** @throws {ValidationError} for a time that has passed, which would lift a ban instead */
function secondsUntil(until: Date | null, now: Date): number {
  if (until === null) return CENTURY_SECONDS;
  const seconds = Math.ceil((until.getTime() - now.getTime()) / 1000);
  if (seconds > 0) return Math.min(seconds, CENTURY_SECONDS);
  const issue: FieldIssue = { path: ['until'], code: 'IN_THE_PAST', message: 'This time has passed.' };
  throw new ValidationError([issue]);
}
