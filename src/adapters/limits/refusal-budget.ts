/** How many refusals are recorded: enough to see what goes on, and not so many that a stranger fills the disk by knocking. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../identity/clock.ts';
import { networkOf } from './network.ts';

const WINDOW_MS = 60_000;
/** Of one network. The limits let fewer attempts at one account pass. */
const MOST_OF_NETWORK = 60;
/** Of all: networks are cheap where addresses are of IPv6. */
const MOST_OF_ALL = 3000;
const MAX_NETWORKS = 10_000;

interface Window {
  startedAt: number;
  count: number;
  /** Since the last one that was. */
  unrecorded: number;
}

export interface RefusalBudget {
  /** How many before this one were not recorded; null where this one is not to be either. */
  take(address: string): number | null;
}

/** For this process: several ones record as many times as much. */
export function createRefusalBudget(clock: Clock): RefusalBudget {
  const windows = new LRUCache<string, Window>({ max: MAX_NETWORKS });
  let all: Window = { startedAt: 0, count: 0, unrecorded: 0 };

  const current = (window: Window | undefined, now: number): Window =>
    window && now - window.startedAt < WINDOW_MS
      ? window
      : { startedAt: now, count: 0, unrecorded: window?.unrecorded ?? 0 };

  return {
    take(address) {
      const now = clock().getTime();
      const network = networkOf(address);
      const own = current(windows.get(network), now);
      windows.set(network, own);
      all = current(all, now);
      if (own.count >= MOST_OF_NETWORK || all.count >= MOST_OF_ALL) {
        own.unrecorded += 1;
        return null;
      }
      own.count += 1;
      all.count += 1;
      const { unrecorded } = own;
      own.unrecorded = 0;
      return unrecorded;
    },
  };
}
