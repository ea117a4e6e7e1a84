/** Operators with a second factor show it before they see or do anything of others: over the protocol, a password alone begins a session too. */
import type { Account } from '../account.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { ChangeLog } from '../changes.ts';
import { currentAccount } from '../current-account.ts';
import { DeniedError } from '../denial.ts';
import { verifiedFactors } from '../factors/factor.ts';
import type { AssuranceLevel, Person, Service } from '../viewer.ts';

/** Whether the session shows no second factor, and the person has one. */
export const hidesFactor = (assuranceLevel: AssuranceLevel, { record }: Account): boolean =>
  assuranceLevel === 'aal1' && verifiedFactors(record?.factors).length > 0;

/** A token does not say whether there is a factor: at AAL1 it takes a look at the account, once until that changes. @throws {DeniedError} */
export async function assertFactorShown(
  needs: { auth: AuthBackend; changes: ChangeLog },
  viewer: Person | Service,
): Promise<void> {
  if (viewer.kind === 'service' || viewer.assuranceLevel !== 'aal1') return;
  const account = viewer.account.record ? viewer.account : await currentAccount(needs, viewer);
  if (!account) throw new DeniedError('UNAUTHENTICATED');
  if (hidesFactor(viewer.assuranceLevel, account)) throw new DeniedError('FORBIDDEN', 'AAL2_REQUIRED');
}
