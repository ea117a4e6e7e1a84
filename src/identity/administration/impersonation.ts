/** An operator sees what somebody else sees, for a few minutes, and on record. */

import type { Person } from '../viewer.ts';
import { OutrankedError } from './administration-errors.ts';
import { type AuthorityNeeds, actOn, isAdministrator } from './authority.ts';
import type { Impersonation } from './impersonation-backend.ts';
import { parseReason } from './reason.ts';

/**
 * @throws {DeniedError} @throws {ValidationError} @throws {OutrankedError} for administrators always, and for whoever holds more than the
 * operator @throws {OwnAccountError} and as `ImpersonationBackend`
 */
export async function impersonate(
  needs: AuthorityNeeds,
  viewer: Person,
  input: { userId: string; reason: string },
): Promise<Impersonation> {
  needs.auth.impersonation.assertOffered();
  const reason = parseReason(input.reason);
  const act = { permission: 'users:impersonate', userId: input.userId, toOneself: 'refused' } as const;
  return actOn(needs, viewer, act, async (target) => {
    if (isAdministrator(target)) throw new OutrankedError();
    return needs.auth.impersonation.begin(viewer.accessToken, { userId: target.id, reason });
  });
}
