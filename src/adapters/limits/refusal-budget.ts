/** How many refusals are recorded: enough to see what goes on, and not so many that somebody fills the disk by knocking. */
import { LRUCache } from 'lru-cache';
import type { Client } from '../../identity/client.ts';
import type { Clock } from '../../identity/clock.ts';
import { networkOf } from './network.ts';

const WINDOW_MS = 60_000;
/** Of one network, or of one who is signed in. The limits let fewer attempts at one account pass. */
const MOST_OF_ONE = 60;
/** Of all strangers, or of all who are signed in: networks are cheap where addresses are of IPv6, and accounts where anybody may sign up. */
const MOST_OF_ALL = 3000;
/** Of each who is signed in, whatever the others do: what an operator is refused is seen among a thousand accounts that make noise. */
const ALWAYS_OF_ONE = 5;
const MAX_KNOWN = 10_000;

interface Window {
  startedAt: number;
  count: number;
  /** Since the last one that was. */
  unrecorded: number;
}

export interface RefusalBudget {
  /** How many before this one were not recorded; null where this one is not to be either. */
  take(client: Pick<Client, 'address' | 'actor'>): number | null;
}

/** For this process: several ones record as many times as much. */
export function createRefusalBudget(clock: Clock): RefusalBudget {
  const strangers = createBudget(clock, 0);
  const actors = createBudget(clock, ALWAYS_OF_ONE);
  return {
    take({ address, actor }) {
      if (!actor) return strangers(networkOf(address));
      return actors(actor.kind === 'person' ? actor.userId : `service:${actor.id}`);
    },
  };
}

function createBudget(clock: Clock, always: number): (who: string) => number | null {
  const windows = new LRUCache<string, Window>({ max: MAX_KNOWN });
  let all: Window = { startedAt: 0, count: 0, unrecorded: 0 };

  const current = (window: Window | undefined, now: number): Window =>
    window && now - window.startedAt < WINDOW_MS
      ? window
      : { startedAt: now, count: 0, unrecorded: window?.unrecorded ?? 0 };

  return (who) => {
    const now = clock().getTime();
    const own = current(windows.get(who), now);
    windows.set(who, own);
    all = current(all, now);
    if (own.count >= MOST_OF_ONE || (all.count >= MOST_OF_ALL && own.count >= always)) {
      own.unrecorded += 1;
      return null;
    }
    own.count += 1;
    all.count += 1;
    const { unrecorded } = own;
    own.unrecorded = 0;
    return unrecorded;
  };
}
