/** Looking people up, for callers who may. */
import type { Account } from '../account.ts';
import type { AuthBackend } from '../auth-backend.ts';
import { isUuid } from '../uuid.ts';

/** Anybody by id, for callers who may look. Null for an id nobody has, and for what is no UUID. */
export async function findAccount({ auth }: { auth: AuthBackend }, id: string): Promise<Account | null> {
  return isUuid(id) ? auth.findAccount(id) : null;
}
