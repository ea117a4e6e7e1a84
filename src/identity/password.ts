import type { Account } from './account.ts';
import type { AttemptLimiter } from './attempts.ts';
import type { AuthBackend } from './auth-backend.ts';
import { type ChangeLog, changing } from './changes.ts';
import type { Client } from './client.ts';
import { InvalidCredentialsError, RateLimitedError } from './errors.ts';
import type { Person } from './viewer.ts';

/**
 * Asks for the current password, so that a borrowed session cannot take the account over; ends the person's other sessions.
 * @throws {InvalidCredentialsError} also for somebody without an e-mail address @throws {WeakPasswordError} @throws {SamePasswordError}
 * @throws {RateLimitedError}
 */
export async function changePassword(
  {
    auth,
    attempts,
    changes,
    client,
  }: { auth: AuthBackend; attempts: AttemptLimiter; changes: ChangeLog; client: Client },
  viewer: Person,
  input: { currentPassword: string; newPassword: string },
): Promise<Account> {
  const { id, email } = viewer.account;
  if (!email) throw new InvalidCredentialsError();
  const subject = { address: client.address, account: email };
  const wait = await attempts.attempt('password', subject);
  if (wait) throw new RateLimitedError(wait.retryAfterSeconds);
  const account = await changing(changes, id, () =>
    auth.changePassword(viewer.accessToken, { email, ...input }),
  );
  await attempts.succeeded('password', subject);
  return account;
}
