/** How the tokens of a session reach whoever signed in. */
import { InvalidRefreshTokenError } from '../errors.ts';
import type { Session } from './session.ts';
import type { SessionCookie } from './session-cookie.ts';
import { refreshSession } from './sessions.ts';

export type SessionTransport = 'body' | 'cookie';

/** What leaves the house of a session. */
export interface HandedOverSession extends Omit<Session, 'refreshToken'> {
  /** Null when it went into the cookie. */
  readonly refreshToken: string | null;
}

/** What takes the place of `Session` in the outcomes of a sign-in. */
type HandedOver<Outcome> = Exclude<Outcome, Session> | HandedOverSession;

/**
 * Signs in and hands over what comes of it. Whether the cookie may be used is asked first, so that no code or link is used up for nothing.
 * @throws {DeniedError} `CSRF_REFUSED`, and whatever `signIn` does
 */
export async function handOver<Outcome extends object>(
  { sessionCookie }: { sessionCookie: SessionCookie },
  transport: SessionTransport | null | undefined,
  signIn: () => Promise<Outcome>,
): Promise<HandedOver<Outcome>> {
  if (transport === 'cookie') sessionCookie.assertUsable();
  const outcome = await signIn();
  if (transport !== 'cookie' || !isSession(outcome)) return outcome as HandedOver<Outcome>;
  sessionCookie.write(outcome.refreshToken);
  return { ...outcome, refreshToken: null };
}

/**
 * Goes on with the session of the token that is given, or else of the cookie, which never leaves in the body: a script of the page could
 * read it there.
 * @throws {DeniedError} `CSRF_REFUSED` @throws {InvalidRefreshTokenError} @throws {RateLimitedError}
 */
export async function continueSession(
  needs: Parameters<typeof refreshSession>[0] & { sessionCookie: SessionCookie },
  input: { refreshToken?: string | null | undefined; transport?: SessionTransport | null | undefined },
): Promise<HandedOverSession> {
  const { sessionCookie } = needs;
  const { refreshToken: given } = input;
  if (typeof given === 'string') {
    return handOver(needs, input.transport, () => refreshSession(needs, { refreshToken: given }));
  }
  const held = sessionCookie.read();
  // The first question of every page whose visitor is nobody: costs no attempt.
  if (held === null) throw new InvalidRefreshTokenError();
  try {
    return await handOver(needs, 'cookie', () => refreshSession(needs, { refreshToken: held }));
  } catch (error) {
    if (error instanceof InvalidRefreshTokenError) sessionCookie.clear();
    throw error;
  }
}

const isSession = (outcome: object): outcome is Session => 'refreshToken' in outcome;
