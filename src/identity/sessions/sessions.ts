/** Sessions: how one begins, goes on, and ends. */
import { type AttemptLimiter, countAttempt, tryCredential } from '../attempts.ts';
import type { AuthBackend } from '../auth-backend.ts';
import { type ChangeLog, changing } from '../changes.ts';
import type { Client } from '../client.ts';
import { type ContactInput, contactText, parseContact } from '../contact.ts';
import { finishSignIn, type SignedIn } from '../sign-in/sign-in.ts';
import type { Person } from '../viewer.ts';
import type { LogoutScope, Session } from './session.ts';

interface Needs {
  auth: AuthBackend;
  attempts: AttemptLimiter;
  client: Client;
}

/**
 * @throws {InvalidCredentialsError} @throws {EmailNotConfirmedError} @throws {PhoneNotConfirmedError} @throws {AccountBannedError}
 * @throws {NotEnabledError} @throws {ValidationError} @throws {RateLimitedError}
 */
export async function logIn(needs: Needs, input: ContactInput & { password: string }): Promise<SignedIn> {
  const contact = parseContact(input);
  const { password } = input;
  const session = await tryCredential(needs, 'login', contactText(contact), () =>
    needs.auth.signInWithPassword({ ...contact, password }),
  );
  return finishSignIn(needs, session);
}

/** @throws {InvalidRefreshTokenError} @throws {RateLimitedError} */
export async function refreshSession(needs: Needs, input: { refreshToken: string }): Promise<Session> {
  await countAttempt(needs, 'refresh');
  return needs.auth.refreshSession(input.refreshToken);
}

/** Ends this session (`local`), all others, or all. Their access tokens are refused from now on. */
export async function logOut(
  { auth, changes }: { auth: AuthBackend; changes: ChangeLog },
  viewer: Person,
  scope: LogoutScope,
): Promise<void> {
  await changing(changes, viewer.account.id, () => auth.signOut(viewer.accessToken, scope));
  if (scope !== 'others') changes.sessionEnded(viewer.sessionId);
}
