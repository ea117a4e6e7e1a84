import type { Account } from './account.ts';
import { type AttemptLimiter, tryPassword } from './attempts.ts';
import type { AuthBackend } from './auth-backend.ts';
import { type ChangeLog, changing } from './changes.ts';
import type { Client } from './client.ts';
import { InvalidCredentialsError } from './errors.ts';
import type { Person } from './viewer.ts';

/**
 * Asks for the current password, so that a borrowed session cannot take the account over; ends the person's other sessions.
 * @throws {InvalidCredentialsError} also for somebody without an e-mail address @throws {WeakPasswordError} @throws {SamePasswordError}
 * @throws {RateLimitedError}
 */
export async function changePassword(
  needs: { auth: AuthBackend; attempts: AttemptLimiter; changes: ChangeLog; client: Client },
  viewer: Person,
  input: { currentPassword: string; newPassword: string },
): Promise<Account> {
  const { auth, changes } = needs;
  const { id, email } = viewer.account;
  if (!email) throw new InvalidCredentialsError();
  return tryPassword(needs, 'password', email, () =>
    changing(changes, id, () => auth.changePassword(viewer.accessToken, { email, ...input })),
  );
}
