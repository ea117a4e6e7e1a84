/** Keys from somewhere else, kept in memory and kept up to date: what both a table of keys and a JWKS address need. */
import type { Clock } from '../../identity/clock.ts';

export interface KeyCache<Keys> {
  /** What is known, and not old unless the source is out of reach. Waits for new ones when they are old, but no longer than a second. */
  fresh(): Promise<Keys>;
  /** For a key that is not among the known: asks the source again, unless somebody just did. @throws while the source is out of reach */
  renewed(): Promise<Keys>;
}

export interface KeyCacheOptions<Keys> {
  load: () => Promise<Keys>;
  clock: Clock;
  /** Keys older than this are old. */
  maxAgeMs: number;
  /** Unknown keys cost anybody nothing to name, so they make the source be asked only so often. */
  renewalIntervalMs: number;
}

/** How long a source that failed is left alone. */
export const RETRY_AFTER_SECONDS = 5;
/** How long whoever has keys waits for newer ones. */
const PATIENCE_MS = 1000;

export function createKeyCache<Keys>(options: KeyCacheOptions<Keys>): KeyCache<Keys> {
  const { clock, maxAgeMs, renewalIntervalMs } = options;
  let held: { keys: Keys; at: number } | null = null;
  let failure: { error: unknown; at: number } | null = null;
  let renewedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | null = null;

  const now = () => clock().getTime();

  // Never rejects: with keys at hand a failure concerns nobody, and without `keysHeld` tells.
  function load(): Promise<void> {
    loading ??= options
      .load()
      .then(
        (keys) => {
          held = { keys, at: now() };
          failure = null;
        },
        (error) => {
          failure = { error, at: now() };
        },
      )
      .finally(() => {
        loading = null;
      });
    return loading;
  }

  // A source that answers late counts as out of reach until it does: one that hangs must not make everybody hang.
  function loadInTime(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        failure = { error: new Error('The source of the keys does not answer.'), at: now() };
        resolve();
      }, PATIENCE_MS);
      void load().finally(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  function isLoadDue(): boolean {
    if (held && now() - held.at < maxAgeMs) return false;
    return !failure || now() - failure.at >= RETRY_AFTER_SECONDS * 1000;
  }

  function keysHeld(): Keys {
    if (!held) throw failure?.error;
    return held.keys;
  }

  return {
    async fresh() {
      if (isLoadDue()) await (held ? loadInTime() : load());
      return keysHeld();
    },
    async renewed() {
      if (now() - renewedAt >= renewalIntervalMs) {
        renewedAt = now();
        void load();
      }
      await loading;
      if (failure) throw failure.error;
      return keysHeld();
    },
  };
}
