/** The session that is kept, and who is told when it changes. */
import type { Session } from './outcomes.ts';
import type { SessionStorage } from './session-storage.ts';

export type SessionEvent =
  /** By `login` or `signup`. */
  | 'SIGNED_IN'
  /** Of the cookie, when the page had just begun. */
  | 'SESSION_RESTORED'
  /** The same session, with other tokens. */
  | 'TOKEN_REFRESHED'
  /** The same session, with another `user`. */
  | 'USER_UPDATED'
  /** By `logout`, or because the server let the session end. */
  | 'SIGNED_OUT';

/** The session is null after `SIGNED_OUT`. */
export type SessionListener = (event: SessionEvent, session: Session | null) => void;

export interface KeptSession {
  readonly session: Session;
  /** When the access token should no longer be sent, by this device's clock: milliseconds since 1970. */
  readonly refreshAt: number;
}

export interface SessionStore {
  /** Always from the storage: another tab may have changed it. */
  read(): Promise<KeptSession | null>;
  /**
   * Keeps what `next` makes of the session there is and tells the listeners; null ends it, undefined leaves everything alone. One change
   * at a time, so that none is built upon a session that another is replacing.
   */
  change(
    event: SessionEvent,
    next: (current: KeptSession | null) => KeptSession | null | undefined,
  ): Promise<void>;
  /** Returns what takes the listener away again. */
  listen(listener: SessionListener): () => void;
}

/** So that a token does not expire on its way. */
const MARGIN_SECONDS = 30;

/** Counts from now, and not to `expiresAt`: this device's clock may be wrong, but it runs as fast as the server's. */
export function keep(session: Session): KeptSession {
  const margin = Math.min(MARGIN_SECONDS, session.expiresIn / 10);
  return { session, refreshAt: Date.now() + (session.expiresIn - margin) * 1000 };
}

export function createSessionStore(storage: SessionStorage, key: string): SessionStore {
  const listeners = new Set<SessionListener>();
  let lastChange: Promise<unknown> = Promise.resolve();

  const read = async () => parse(await storage.getItem(key));

  async function apply(
    event: SessionEvent,
    next: (current: KeptSession | null) => KeptSession | null | undefined,
  ) {
    const kept = next(await read());
    if (kept === undefined) return;
    if (kept) await storage.setItem(key, JSON.stringify(kept));
    else await storage.removeItem(key);
    for (const listener of [...listeners]) tell(listener, event, kept?.session ?? null);
  }

  return {
    read,
    change(event, next) {
      const change = lastChange.then(() => apply(event, next));
      lastChange = change.catch(() => {});
      return change;
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** A listener's mistake is reported as an uncaught error, as an event target would; the call that caused the event goes on. */
function tell(listener: SessionListener, event: SessionEvent, session: Session | null): void {
  try {
    listener(event, session);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** What another program, or an older version, left under the key counts as no session. */
function parse(text: string | null): KeptSession | null {
  try {
    const kept = JSON.parse(text ?? 'null') as Partial<KeptSession> | null;
    const isWhole = typeof kept?.session?.accessToken === 'string' && typeof kept.refreshAt === 'number';
    return isWhole ? (kept as KeptSession) : null;
  } catch {
    return null;
  }
}
