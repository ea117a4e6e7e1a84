/** A person as they are now, whatever their token says. */
import type { Account } from './account.ts';
import type { AuthBackend } from './auth-backend.ts';
import type { ChangeLog } from './changes.ts';
import type { Person } from './viewer.ts';

interface Needs {
  auth: AuthBackend;
  changes: ChangeLog;
}

/** Costs nothing while they have not changed since they were read. Null when the session or the person is gone. */
export async function currentAccount(needs: Needs, viewer: Person): Promise<Account | null> {
  return needs.changes.remembered(viewer.account.id, viewer.sessionId) ?? readAccount(needs, viewer);
}

/** The same, asked for again and remembered. */
export async function readAccount(
  { auth, changes }: Needs,
  { sessionId, accessToken }: Person,
): Promise<Account | null> {
  const mark = changes.mark();
  const account = await auth.findOwnAccount(accessToken);
  if (account) changes.remember(sessionId, account, mark);
  return account;
}
