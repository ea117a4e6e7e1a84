/** Tells a person's own frontend what happens to them, as it happens. */
import type { Account } from './account.ts';
import type { AuthBackend } from './auth-backend.ts';
import type { ChangeLog } from './changes.ts';
import { RateLimitedError } from './errors.ts';
import type { Person } from './viewer.ts';

export interface Watcher {
  /** The person as they are now. */
  changed(account: Account): void;
  /** The session, its token or the person is over: nothing more will be told. */
  ended(): void;
  failed(error: unknown): void;
}

/** Tabs and devices of one person, on one instance. */
const MAX_WATCHERS = 50;
const RETRY_AFTER_SECONDS = 60;

/** A timer takes no longer time, and no token lives as long. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Watches the person of a session. Each time they change they are asked for again with their own token, so that whoever may no longer
 * ask is told nothing. Answers with what ends the watching.
 * @throws {RateLimitedError} while too many watch this person already
 */
export function watchPerson(
  { auth, changes }: { auth: AuthBackend; changes: ChangeLog },
  viewer: Person,
  watcher: Watcher,
): () => void {
  if (changes.watching(viewer.account.id) >= MAX_WATCHERS) throw new RateLimitedError(RETRY_AFTER_SECONDS);
  let isOver = false;
  let isReading = false;
  let isToldAgain = false;

  async function read() {
    if (isReading) {
      isToldAgain = true;
      return;
    }
    isReading = true;
    try {
      do {
        isToldAgain = false;
        const account = await auth.findOwnAccount(viewer.accessToken);
        if (isOver) return;
        if (account) watcher.changed(account);
        else finish(() => watcher.ended());
      } while (isToldAgain && !isOver);
    } catch (error) {
      finish(() => watcher.failed(error));
    } finally {
      isReading = false;
    }
  }

  function finish(tell: () => void) {
    if (isOver) return;
    stop();
    tell();
  }

  const unwatch = changes.watch(viewer.account.id, viewer.sessionId, {
    userChanged: () => void read(),
    sessionEnded: () => finish(() => watcher.ended()),
  });
  const { impersonator } = viewer;
  const unwatchOperator = impersonator?.sessionId
    ? changes.watch(impersonator.id, impersonator.sessionId, {
        userChanged: () => void read(),
        sessionEnded: () => finish(() => watcher.ended()),
      })
    : null;
  const untilExpiry = Math.min(viewer.expiresAt.getTime() - Date.now(), MAX_TIMER_MS);
  const expiry = setTimeout(() => finish(() => watcher.ended()), untilExpiry);
  // After the viewer was identified, and before anybody listened.
  if (changes.isSessionEnded(viewer.sessionId)) finish(() => watcher.ended());

  function stop() {
    isOver = true;
    clearTimeout(expiry);
    unwatch();
    unwatchOperator?.();
  }
  return stop;
}
