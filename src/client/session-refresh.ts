/** Access tokens that hold: the one there is, or the next, fetched once for however many calls wait for it. */
import { LimenClientError } from './client-error.ts';
import { RefreshSessionDocument } from './generated/operations.ts';
import type { RefreshSessionResult, Session, User } from './outcomes.ts';
import { exclusively } from './session-lock.ts';
import { type KeptSession, keep, type SessionStore } from './session-store.ts';
import { dataOf, type Post } from './transport.ts';

export interface SessionRefresh {
  /** Null when nobody is signed in. Rejects with a `LimenClientError` when the session cannot be refreshed. */
  accessToken(): Promise<string | null>;
  /** Sends with an access token that should hold, and once more with the next one if it is refused. */
  withAccessToken<T>(
    send: (accessToken: string | null) => Promise<T>,
    isTokenRefused: (answer: T) => boolean,
  ): Promise<T>;
  /** Rejects with `UNAUTHENTICATED` when nobody is signed in. */
  refresh(): Promise<RefreshSessionResult>;
  /** The session that is kept, here or in the cookie; null when nobody is signed in. */
  restore(): Promise<Session | null>;
  /** Does what makes the browser take another cookie: of two answers at once, the later would win, whichever that is. */
  replacing<T>(work: () => Promise<T>): Promise<T>;
  /** Does what puts other tokens in the place of the session's own: a refresh with the token from before would end the session. */
  whileNotRefreshing<T>(work: () => Promise<T>): Promise<T>;
}

/** @param cookieOf the origin whose cookie keeps the refresh token; null where the store does */
export function createSessionRefresh(
  store: SessionStore,
  post: Post,
  cookieOf: string | null = null,
): SessionRefresh {
  /** By the access token that will not do. */
  const running = new Map<string, Promise<RefreshSessionResult>>();
  const cookieLock = cookieOf && `limen:cookie:${cookieOf}`;
  let isCookieKnown = cookieOf === null;

  function refresh(stale: Session): Promise<RefreshSessionResult> {
    const joined = running.get(stale.accessToken);
    if (joined) return joined;
    const refresh = exclusively(cookieLock ?? lockName(stale), () => refreshNow(stale)).finally(() => {
      running.delete(stale.accessToken);
    });
    running.set(stale.accessToken, refresh);
    return refresh;
  }

  async function refreshNow(stale: Session): Promise<RefreshSessionResult> {
    const session = (await store.read())?.session;
    // A call that was made as one person must not be repeated as another.
    if (session?.user.id !== stale.user.id) throw signedOut();
    // While this one waited, another tab has done it.
    if (session.accessToken !== stale.accessToken) return session;

    const result = await ask(session.refreshToken);
    // Somebody may have signed in or out meanwhile: that is not undone.
    const isCurrent = (kept: KeptSession | null): kept is KeptSession =>
      kept?.session.accessToken === session.accessToken;
    if (result.__typename === 'AuthSession' && result.user.id !== session.user.id) {
      // In another tab, which shares the cookie.
      await store.change('SIGNED_IN', (kept) => (isCurrent(kept) ? keep(result) : undefined));
      throw signedOut();
    }
    if (result.__typename === 'AuthSession') {
      await store.change('TOKEN_REFRESHED', (kept) =>
        isCurrent(kept) ? keep(withLatestUser(result, session.user, kept.session.user)) : undefined,
      );
    } else if (result.__typename === 'InvalidRefreshTokenError') {
      await store.change('SIGNED_OUT', (kept) => (isCurrent(kept) ? null : undefined));
    }
    return result;
  }

  /** By the cookie, for a refresh token of null. Rejects with what may be over later. */
  async function ask(refreshToken: string | null): Promise<RefreshSessionResult> {
    const answer = await post(RefreshSessionDocument, { input: { refreshToken } }, null);
    return dataOf(RefreshSessionDocument, answer).refreshSession;
  }

  async function next(stale: Session): Promise<Session> {
    const result = await refresh(stale);
    if (result.__typename === 'InvalidRefreshTokenError') throw signedOut();
    return sessionOf(result);
  }

  /** Of the calls that a page begins with, one asks and the others wait. */
  async function restoreNow(): Promise<Session | null> {
    const kept = await store.read();
    if (kept || isCookieKnown) return kept?.session ?? null;
    const result = await ask(null);
    const session = result.__typename === 'InvalidRefreshTokenError' ? null : sessionOf(result);
    if (session) await store.change('SESSION_RESTORED', () => keep(session));
    isCookieKnown = true;
    return session;
  }

  function replacing<T>(work: () => Promise<T>): Promise<T> {
    return cookieLock ? exclusively(cookieLock, work) : work();
  }

  async function whileNotRefreshing<T>(work: () => Promise<T>): Promise<T> {
    const kept = await store.read();
    return kept && !cookieLock ? exclusively(lockName(kept.session), work) : replacing(work);
  }

  async function current(): Promise<Session | null> {
    const kept = await store.read();
    if (!kept) return isCookieKnown ? null : replacing(restoreNow);
    return Date.now() < kept.refreshAt ? kept.session : next(kept.session);
  }

  return {
    accessToken: async () => (await current())?.accessToken ?? null,
    async withAccessToken(send, isTokenRefused) {
      const session = await current();
      if (!session) return send(null);
      const answer = await send(session.accessToken);
      return isTokenRefused(answer) ? send((await next(session)).accessToken) : answer;
    },
    async refresh() {
      const session = (await store.read())?.session ?? (await current());
      if (!session) throw signedOut();
      return refresh(session);
    },
    restore() {
      isCookieKnown = cookieOf === null;
      return replacing(restoreNow);
    },
    replacing,
    whileNotRefreshing,
  };
}

/** @throws {LimenClientError} for an outcome that may be another one later */
function sessionOf(
  result: Exclude<RefreshSessionResult, { __typename: 'InvalidRefreshTokenError' }>,
): Session {
  if (result.__typename === 'AuthSession') return result;
  // Said by a rule of the installation, which may say otherwise the next time: the session is kept.
  if (result.__typename === 'RefusedError') throw new LimenClientError(result.code, result.message);
  throw new LimenClientError(result.code, result.message, { retryAfterSeconds: result.retryAfterSeconds });
}

/** A profile that was changed during the refresh is newer than the one that the refresh saw. */
function withLatestUser(refreshed: Session, before: User, kept: User): Session {
  return JSON.stringify(kept) === JSON.stringify(before) ? refreshed : { ...refreshed, user: kept };
}

/** Tabs with one session share it; it names a person and not a token, since any script of the page can list the locks. */
const lockName = ({ user }: Session) => `limen:refresh:${user.id}`;

const signedOut = () => new LimenClientError('UNAUTHENTICATED', 'The session is over. Log in again.');
