/** Keys from somewhere else, kept in memory and kept up to date: what both a table of keys and a JWKS address need. */
import type { Clock } from '../../identity/clock.ts';

export interface KeyCache<Keys> {
  /** What is known. Waits only the first time; when that is old, new ones are on their way for the next caller. */
  latest(): Promise<Keys>;
  /** What is known, and not old unless the source is out of reach. */
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

  function isLoadDue(): boolean {
    if (held && now() - held.at < maxAgeMs) return false;
    return !failure || now() - failure.at >= RETRY_AFTER_SECONDS * 1000;
  }

  function keysHeld(): Keys {
    if (!held) throw failure?.error;
    return held.keys;
  }

  return {
    async latest() {
      if (isLoadDue()) void load();
      if (!held) await loading;
      return keysHeld();
    },
    async fresh() {
      if (isLoadDue()) await load();
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
