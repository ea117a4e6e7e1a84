/**
 * What changed since the tokens now in use were issued, as far as this instance has heard: from itself at once, from all others by the
 * change feed.
 */
import type { Account } from './account.ts';
import type { Clock } from './clock.ts';
import { ServiceUnavailableError } from './errors.ts';

/** Where the parts that change people and sessions report it. */
export interface ChangeSink {
  /** @param at when, where that was read from elsewhere; now, where it is left out */
  userChanged(userId: string, at?: Date): void;
  sessionEnded(sessionId: string): void;
}

/** Where a feed reports what it hears. */
export interface FeedSink extends ChangeSink {
  /** Nobody was told what happened until then: it may be anything, to anybody. */
  anybodyChanged(at: Date): void;
}

/** Says whether everything that happened elsewhere has been heard of. */
export interface Feed {
  isCaughtUp(): boolean;
}

export interface ChangeLog extends FeedSink {
  /** A call that changes this person was sent, and nobody knows whether it arrived: for a minute it still may. */
  userMayChange(userId: string): void;
  /**
   * From now on what happened elsewhere is told by a feed. Where it is behind, nothing is trusted.
   * @param isComplete whether it tells everything, and what happened before this instance began too
   */
  follow(feed: Feed, isComplete: boolean): void;
  isSessionEnded(sessionId: string): boolean;
  /** True when this person may have changed since the token was issued; `remembered` may then still know the newer state. */
  isStale(userId: string, issuedAtSeconds: number): boolean;
  /** The state read for this session since its person last changed; undefined when it must be read (again). */
  remembered(userId: string, sessionId: string): Account | undefined;
  /** `readSince` is `mark()` taken before reading, so that a change during the read is not overlooked. */
  remember(sessionId: string, account: Account, readSince: number): void;
  mark(): number;
  /** Told of what happens to one person and one of their sessions, until what it answers with is called. */
  watch(userId: string, sessionId: string, watcher: ChangeWatcher): () => void;
  /** How many watch one person now, on this instance. */
  watching(userId: string): number;
}

export interface ChangeWatcher {
  userChanged(): void;
  sessionEnded(): void;
}

interface Change {
  /** Seconds since 1970: a token whose `iat` is not later may be from before the change. */
  atSeconds: number;
  /** Seconds since 1970. Until then the change may still be on its way, and what is read may be from before it. */
  settledAtSeconds: number;
  sequence: number;
}

/** Longer than any server goes on with a request whose caller has hung up. */
const SETTLES_IN_SECONDS = 60;
/** The clocks of two instances, or of one and the database, may be so far apart. */
const MAX_SKEW_SECONDS = 5;

/**
 * @param keepSeconds the life of the longest-lived access token: older changes concern no token in use. Should one live longer after all,
 * because the auth server was told otherwise, it is looked up.
 */
export function createChangeLog(clock: Clock, keepSeconds: number): ChangeLog {
  const changes = new Map<string, Change>();
  const endedAt = new Map<string, number>();
  const read = new Map<string, { account: Account; sequence: number; atSeconds: number }>();
  const watchers = new Map<string, Set<() => void>>();
  let sequence = 0;
  let feed: Feed | null = null;

  const secondsOf = (time: Date) => Math.floor(time.getTime() / 1000);
  const now = () => secondsOf(clock());
  /** Tokens from before are looked up, as long as nobody can tell what happened to their people. */
  let knowsSinceSeconds = now();
  /** The same, as a feed tells of a time that is over. */
  let anybody = { atSeconds: 0, sequence: 0 };

  function noteChange(userId: string, atSeconds: number, settledAtSeconds: number) {
    prune();
    const earlier = changes.get(userId);
    changes.delete(userId);
    changes.set(userId, {
      atSeconds: Math.max(atSeconds, earlier?.atSeconds ?? 0),
      // A change that may still arrive is not forgotten for one that has.
      settledAtSeconds: Math.max(settledAtSeconds, earlier?.settledAtSeconds ?? 0),
      sequence: ++sequence,
    });
    tell(userId);
  }

  function tell(id: string) {
    for (const told of watchers.get(id) ?? []) told();
  }

  function watch(id: string, told: () => void): () => void {
    const all = watchers.get(id) ?? new Set();
    watchers.set(id, all.add(told));
    return () => {
      all.delete(told);
      if (all.size === 0 && watchers.get(id) === all) watchers.delete(id);
    };
  }

  /** What is older may be forgotten. */
  const horizonSeconds = () => now() - keepSeconds - 1;

  // Maps keep insertion order and every entry is (re)inserted when it is written, so the oldest come first.
  function prune() {
    const horizon = horizonSeconds();
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

  const isBehind = () => feed !== null && !feed.isCaughtUp();

  return {
    userChanged: (userId, at) => noteChange(userId, at ? secondsOf(at) + MAX_SKEW_SECONDS : now(), 0),
    anybodyChanged(at) {
      anybody = {
        atSeconds: Math.max(anybody.atSeconds, secondsOf(at) + MAX_SKEW_SECONDS),
        sequence: ++sequence,
      };
    },
    userMayChange: (userId) => noteChange(userId, now() + SETTLES_IN_SECONDS, now() + SETTLES_IN_SECONDS),
    sessionEnded(sessionId) {
      prune();
      read.delete(sessionId);
      endedAt.delete(sessionId);
      endedAt.set(sessionId, now());
      tell(sessionId);
    },
    follow(told, isComplete) {
      feed = told;
      if (isComplete) knowsSinceSeconds = 0;
    },
    isSessionEnded: (sessionId) => endedAt.has(sessionId),
    // `iat` has whole seconds: a token of the very second of the change may be from before it.
    isStale: (userId, issuedAtSeconds) =>
      isBehind() ||
      issuedAtSeconds <=
        Math.max(knowsSinceSeconds, anybody.atSeconds, horizonSeconds(), changes.get(userId)?.atSeconds ?? 0),
    remembered(userId, sessionId) {
      const entry = read.get(sessionId);
      if (!entry || entry.account.id !== userId || isBehind()) return undefined;
      if (entry.atSeconds <= horizonSeconds() || entry.sequence < anybody.sequence) return undefined;
      const change = changes.get(userId);
      const isSince =
        !change || (entry.sequence >= change.sequence && entry.atSeconds >= change.settledAtSeconds);
      return isSince ? entry.account : undefined;
    },
    remember(sessionId, account, readSince) {
      read.delete(sessionId);
      read.set(sessionId, { account, sequence: readSince, atSeconds: now() });
    },
    mark: () => sequence,
    watch(userId, sessionId, { userChanged, sessionEnded }) {
      const unwatch = [watch(userId, userChanged), watch(sessionId, sessionEnded)];
      return () => {
        for (const stop of unwatch) stop();
      };
    },
    watching: (userId) => watchers.get(userId)?.size ?? 0,
  };
}

/** Does something to a person and reports it, also when nobody can say whether it was done. */
export async function changing<Result>(
  log: ChangeLog,
  userId: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    const result = await work();
    log.userChanged(userId);
    return result;
  } catch (error) {
    if (error instanceof ServiceUnavailableError) log.userMayChange(userId);
    throw error;
  }
}
