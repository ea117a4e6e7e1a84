import type { Account, AccountRecord } from './account.ts';
import type { AuthBackend } from './auth-backend.ts';
import { UserNotFoundError } from './errors.ts';
import type { Viewer } from './viewer.ts';

/**
 * Loads what an access token does not carry: nothing where the account was just read, one call otherwise, and never two for one account.
 * @throws {UserNotFoundError} when the account is gone
 */
export function createRecordLoader(
  auth: AuthBackend,
  viewer: Viewer,
): (account: Account) => Promise<AccountRecord> {
  const loading = new Map<string, Promise<AccountRecord>>();
  return async (account) => {
    if (account.record) return account.record;
    let record = loading.get(account.id);
    if (!record) {
      record = read(account.id);
      loading.set(account.id, record);
    }
    return record;
  };

  async function read(id: string) {
    const own = viewer.kind === 'person' && viewer.account.id === id;
    const account = own ? await auth.findOwnAccount(viewer.accessToken) : await auth.findAccount(id);
    if (!account?.record) throw new UserNotFoundError();
    return account.record;
  }
}
