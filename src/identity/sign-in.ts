/** What every way to sign in ends in. */
import type { AuthBackend } from './auth-backend.ts';
import type { Session } from './session.ts';

export type SignedIn = Session;

/** @param session the one that somebody has just shown to be theirs */
export async function finishSignIn(_needs: { auth: AuthBackend }, session: Session): Promise<SignedIn> {
  return session;
}
