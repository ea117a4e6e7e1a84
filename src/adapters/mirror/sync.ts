/** Compares everybody at Supabase with the replica, page by page, and makes the replica the same. */
import { ownClient } from '../../identity/client.ts';
import type { Clock } from '../../identity/clock.ts';
import type { Database } from '../postgres/database.ts';
import { differencesOf } from './people-differences.ts';
import type { PeopleStore } from './people-store.ts';
import type { MirroredPerson } from './person.ts';
import {
  addFailure,
  findMissing,
  finishSyncRun,
  openSyncRun,
  recordPage,
  type SyncReport,
  type SyncRun,
  unmetOf,
} from './sync-run.ts';
import type { UpstreamPeople } from './upstream-people.ts';

export interface SyncNeeds {
  database: Database;
  clock: Clock;
  people: PeopleStore;
  upstream: UpstreamPeople;
}

export interface SyncOptions {
  /** Writes nothing but how far it is. */
  isDryRun: boolean;
  /** Deletes however many are missing. */
  allowDeletions: boolean;
  /** Begins anew, also where an earlier one was cut off. */
  restart: boolean;
  pageSize?: number;
  /** @param total as Supabase says; null where it does not */
  onProgress?: (compared: number, total: number | null) => void;
}

/** As which it is recorded. */
const REQUEST = 'limen sync';

/** The most that Supabase Auth gives at a time. */
const PAGE_SIZE = 1000;
/** Who moved up a page while somebody was deleted is overlooked by the first reading. */
const MAX_READINGS = 3;
const ASKED_AT_ONCE = 5;

// More than that are not deleted without being told to: it is likelier that the project is another.
const MAX_DELETIONS = 10;
const MAX_DELETIONS_SHARE = 0.1;

/** @throws {ServiceUnavailableError} when Supabase is out of reach; the next sync goes on from there */
export async function syncPeople(
  needs: SyncNeeds,
  options: SyncOptions,
): Promise<SyncReport & { isResumed: boolean }> {
  const run = await openSyncRun(needs, options);
  const { report, isResumed } = run;
  let pages = run.pages;
  for (let reading = 1; reading <= MAX_READINGS; reading++) {
    const total = await readPages(needs, options, { ...run, pages });
    pages = 0;
    if (total === null || report.compared >= total) break;
  }
  await settleMissing(needs, options, run);
  await finishSyncRun(needs, run, options.isDryRun ? null : ownClient(REQUEST));
  return { ...report, isResumed };
}

/** Answers with how many Supabase has; null where it does not say. */
async function readPages(needs: SyncNeeds, options: SyncOptions, run: SyncRun): Promise<number | null> {
  const { database, upstream, clock } = needs;
  const { pageSize = PAGE_SIZE, onProgress } = options;
  let first: string | undefined;
  let total: number | null = null;
  for (let number = run.pages + 1; ; number++) {
    const askedAt = clock();
    const page = await upstream.page(number, pageSize);
    // A server that takes no page numbers gives the first for ever.
    const isRepeated = first !== undefined && page.people[0]?.id === first;
    if (page.people.length + page.unreadable.length === 0 || isRepeated) return total;
    first = page.people[0]?.id;
    total = page.total;
    const unmet = await unmetOf(
      database,
      run.id,
      page.people.map(({ id }) => id),
    );
    await compare(needs, options, run.report, {
      people: page.people.filter(({ id }) => unmet.has(id)),
      askedAt,
    });
    for (const id of page.unreadable) addFailure(run.report, id, { code: 'unreadable' });
    await recordPage(database, { ...run, pages: number }, [...unmet]);
    onProgress?.(run.report.compared, total);
  }
}

async function compare(
  { database, people: store }: SyncNeeds,
  { isDryRun }: SyncOptions,
  report: SyncReport,
  { people, askedAt }: { people: MirroredPerson[]; askedAt: Date },
): Promise<void> {
  report.compared += people.length;
  const differences = await differencesOf(database, people);
  const changed = new Map(
    differences.flatMap(({ id, columns }) => (columns?.length === 0 ? [] : [[id, columns]])),
  );
  report.unchanged += people.length - changed.size;
  const failed = isDryRun
    ? new Set<string>()
    : await saveAll(
        store,
        people.filter(({ id }) => changed.has(id)),
        askedAt,
        report,
      );
  for (const [id, columns] of changed) {
    if (failed.has(id)) continue;
    if (columns === null) report.created++;
    else report.updated++;
    for (const column of columns ?? []) report.columns[column] = (report.columns[column] ?? 0) + 1;
  }
}

/** All at once, and one by one where one of them cannot be written. Answers with those who could not. */
async function saveAll(
  store: PeopleStore,
  people: MirroredPerson[],
  askedAt: Date,
  report: SyncReport,
): Promise<Set<string>> {
  const failed = new Set<string>();
  try {
    await store.save(people, askedAt);
  } catch {
    for (const person of people) {
      await store.save([person], askedAt).catch((error) => {
        failed.add(person.id);
        addFailure(report, person.id, error);
      });
    }
  }
  return failed;
}

/** Whoever was met on no page may have been deleted, or overlooked: Supabase is asked for each, and only its "nobody" deletes. */
async function settleMissing(needs: SyncNeeds, options: SyncOptions, run: SyncRun): Promise<void> {
  const { report } = run;
  const missing = await findMissing(needs.database, run);
  const most = Math.max(MAX_DELETIONS, (report.compared + missing.length) * MAX_DELETIONS_SHARE);
  if (missing.length > most && !options.allowDeletions) {
    report.deletionsRefused = missing.length;
    return;
  }
  for (let start = 0; start < missing.length; start += ASKED_AT_ONCE) {
    const ids = missing.slice(start, start + ASKED_AT_ONCE);
    await Promise.all(ids.map((id) => settle(needs, options, report, id)));
  }
}

async function settle(needs: SyncNeeds, options: SyncOptions, report: SyncReport, id: string): Promise<void> {
  const askedAt = needs.clock();
  const person = await needs.upstream.find(id);
  if (person) return compare(needs, options, report, { people: [person], askedAt });
  try {
    if (!options.isDryRun) await needs.people.remove(id, askedAt, ownClient(REQUEST));
    report.deleted++;
  } catch (error) {
    addFailure(report, id, error);
  }
}
