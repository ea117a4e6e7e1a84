/**
 * What changed since the tokens now in use were issued. This log hears of changes made through this instance;
 * the change feed over Postgres will tell it of the others.
 */
import type { Account } from './account.ts';
import type { Clock } from './clock.ts';

/** Where the parts that change people and sessions report it. */
export interface ChangeSink {
  userChanged(userId: string): void;
  sessionEnded(sessionId: string): void;
}

export interface ChangeLog extends ChangeSink {
  isSessionEnded(sessionId: string): boolean;
  /** True when this person may have changed since the token was issued; `remembered` may then still know the newer state. */
  isStale(userId: string, issuedAtSeconds: number): boolean;
  /** The state read for this session since its person last changed; undefined when it must be read (again). */
  remembered(userId: string, sessionId: string): Account | undefined;
  /** `readSince` is `mark()` taken before reading, so that a change during the read is not overlooked. */
  remember(sessionId: string, account: Account, readSince: number): void;
  mark(): number;
}

interface Change {
  /** Seconds since 1970, as in a token's `iat`. */
  atSeconds: number;
  sequence: number;
}

/** @param keepSeconds the life of the longest-lived access token: older changes concern no token in use. */
export function createChangeLog(clock: Clock, keepSeconds: number): ChangeLog {
  const changes = new Map<string, Change>();
  const endedAt = new Map<string, number>();
  const read = new Map<string, { account: Account; sequence: number; atSeconds: number }>();
  let sequence = 0;

  const now = () => Math.floor(clock().getTime() / 1000);

  // Maps keep insertion order and every entry is (re)inserted when it is written, so the oldest come first.
  function prune() {
    const horizon = now() - keepSeconds - 1;
    for (const [id, change] of changes) {
      if (change.atSeconds >= horizon) break;
      changes.delete(id);
    }
    for (const [id, at] of endedAt) {
      if (at >= horizon) break;
      endedAt.delete(id);
    }
    for (const [id, entry] of read) {
      if (entry.atSeconds >= horizon) break;
      read.delete(id);
    }
  }

  return {
    userChanged(userId) {
      prune();
      changes.delete(userId);
      changes.set(userId, { atSeconds: now(), sequence: ++sequence });
    },
    sessionEnded(sessionId) {
      prune();
      read.delete(sessionId);
      endedAt.delete(sessionId);
      endedAt.set(sessionId, now());
    },
    isSessionEnded: (sessionId) => endedAt.has(sessionId),
    // `iat` has whole seconds: a token of the very second of the change may be from before it.
    isStale: (userId, issuedAtSeconds) => issuedAtSeconds <= (changes.get(userId)?.atSeconds ?? -1),
    remembered(userId, sessionId) {
      const entry = read.get(sessionId);
      if (!entry || entry.account.id !== userId) return undefined;
      return entry.sequence >= (changes.get(userId)?.sequence ?? 0) ? entry.account : undefined;
    },
    remember(sessionId, account, readSince) {
      read.delete(sessionId);
      read.set(sessionId, { account, sequence: readSince, atSeconds: now() });
    },
    mark: () => sequence,
  };
}
