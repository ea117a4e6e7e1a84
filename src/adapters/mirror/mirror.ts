/**
 * Keeps the people of a Supabase project in `auth.users` of the application's own database. Whatever is heard of somebody is written at
 * once; what cannot be written, and who is only known by name, waits in a queue until Supabase says how they are now.
 */
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Clock } from '../../identity/clock.ts';
import type { Database } from '../postgres/database.ts';
import type { Worker } from '../workers/worker.ts';
import { type Exchange, heardIn } from './heard-people.ts';
import { queuePeople, queueUnknown } from './mirror-queue.ts';
import { createMirrorWorker } from './mirror-worker.ts';
import { createPeopleStore, type PeopleStore } from './people-store.ts';
import { type MirroredPerson, personFromRow } from './person.ts';
import type { UpstreamPeople } from './upstream-people.ts';

export interface Mirror {
  /**
   * Called before a question to Supabase Auth; what it gives back takes the answer, and with it who is in it. That never rejects, and takes
   * a second at most: nobody's sign-in depends on it.
   */
  listen(): (exchange: Exchange) => Promise<void>;
  /** Somebody shows a good token. Costs nothing for whom this instance has seen before, and nobody waits for it. */
  seen(userId: string): void;
  /**
   * What a database webhook of Supabase's says of `auth.users`: the row as it was and as it is.
   * @throws when it could be neither written nor noted down
   */
  apply(change: { before: unknown; after: unknown }): Promise<void>;
  readonly worker: Worker;
  readonly people: PeopleStore;
  readonly upstream: UpstreamPeople;
}

export interface MirrorOptions {
  database: Database;
  clock: Clock;
  log: Logger;
  upstream: UpstreamPeople;
  /** How long a sign-in waits for its person to be written. */
  patienceMs?: number;
}

const PATIENCE_MS = 1000;
/** Ids of people whom this instance knows to be in the replica, or in the queue. */
const MAX_SEEN = 100_000;

export function createMirror(options: MirrorOptions): Mirror {
  const { database, clock, log, upstream, patienceMs = PATIENCE_MS } = options;
  const people = createPeopleStore(options);
  const worker = createMirrorWorker({ database, clock, log, people, upstream });
  const seen = new LRUCache<string, true>({ max: MAX_SEEN });

  async function queue(id: string): Promise<void> {
    await queuePeople(database, [id], clock());
    worker.wake();
  }

  /** At once, or noted down to be asked for. @throws where neither can be written */
  async function save(person: MirroredPerson, observedAt: Date | null): Promise<void> {
    try {
      await people.save([person], observedAt);
      seen.set(person.id, true);
    } catch (error) {
      log.warn({ userId: person.id, err: error }, 'person not mirrored, to be tried again');
      await queue(person.id);
    }
  }

  async function take(exchange: Exchange, askedAt: Date): Promise<void> {
    const heard = heardIn(exchange);
    if (heard?.kind === 'gone') await queue(heard.id);
    else if (heard) await save(heard.person, askedAt);
  }

  return {
    listen() {
      const askedAt = clock();
      return async (exchange) => {
        const taken = take(exchange, askedAt).catch((error) =>
          log.error({ err: error }, 'person not mirrored; the next sign-in or limen sync makes up for it'),
        );
        await within(patienceMs, taken);
      };
    },
    seen(userId) {
      if (seen.has(userId)) return;
      seen.set(userId, true);
      queueUnknown(database, userId, clock())
        .then((isNew) => isNew && worker.wake())
        .catch((error) => {
          seen.delete(userId);
          log.warn({ userId, err: error }, 'replica not looked into');
        });
    },
    async apply({ before, after }) {
      const person = personFromRow(after);
      if (person) return save(person, null);
      const { id } = (after ?? before ?? {}) as { id?: unknown };
      if (typeof id === 'string') await queue(id);
    },
    worker,
    people,
    upstream,
  };
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
