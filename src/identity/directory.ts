/** Looking people up, for callers who may. */
import type { Account } from './account.ts';
import type { AuthBackend } from './auth-backend.ts';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Anybody by id, for callers who may look. Null for an id nobody has, and for what is no UUID. */
export async function findAccount({ auth }: { auth: AuthBackend }, id: string): Promise<Account | null> {
  return UUID.test(id) ? auth.findAccount(id) : null;
}
