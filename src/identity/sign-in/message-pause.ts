import { type AttemptLimiter, countAttempt } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { Client } from '../client.ts';
import { type Contact, contactText, sendingTo } from '../contact.ts';

/** Counts a message that somebody asks for, unless the auth server does. @throws {RateLimitedError} */
export async function pauseMessages(
  needs: { auth: AuthBackend; attempts: AttemptLimiter; client: Client },
  to: Contact,
): Promise<void> {
  if (!needs.auth.pausesMessages) await countAttempt(needs, sendingTo(to), contactText(to));
}
