/** Several instances in front of one Supabase: each hears of what another has done there, and of what Supabase tells of. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openChangeFeed } from '../../../src/adapters/postgres/triggers/change-feed.ts';
import {
  createUpstreamChanges,
  tellingOthers,
} from '../../../src/adapters/postgres/triggers/told-changes.ts';
import { createChangeLog } from '../../../src/identity/changes.ts';
import type { JsonObject } from '../../../src/identity/json.ts';
import { openTestDatabase } from '../../support/database.ts';

const log = pino({ level: 'silent' });

async function createInstances() {
  const database = await openTestDatabase('pglite');
  onTestFinished(() => database.close());
  const start = Date.now();
  // As a moment later: tokens from the second of the start are looked up in any case.
  let offset = 0;
  const clock = () => new Date(start + offset);
  const open = async () => {
    const heard = createChangeLog(clock, 3600);
    const feed = await openChangeFeed({ database, sink: heard, keepSeconds: 3600, log });
    onTestFinished(() => feed.close());
    heard.follow(feed, false);
    return { heard, changes: tellingOthers(heard, database, log) };
  };
  const instances = [await open(), await open()] as const;
  offset = 2000;
  const iat = Math.floor(clock().getTime() / 1000);
  return {
    database,
    instances,
    iat,
    upstream: createUpstreamChanges(database, { writesEvents: () => false }),
  };
}

describe('in front of Supabase', () => {
  test('what one instance does there, the other hears of at once', async () => {
    const { instances, iat } = await createInstances();
    const [one, other] = instances;
    const [ada, session] = [randomUUID(), randomUUID()];
    expect(other.heard.isStale(ada, iat)).toBe(false);
    one.changes.userChanged(ada);
    one.changes.sessionEnded(session);
    await expect.poll(() => other.heard.isStale(ada, iat)).toBe(true);
    await expect.poll(() => other.heard.isSessionEnded(session)).toBe(true);
    expect(one.heard.isStale(ada, iat)).toBe(true);
    expect(other.heard.isStale(randomUUID(), iat)).toBe(false);
  });

  test('what nobody tells of makes no token stale, however long that lasts', async () => {
    const { instances, iat } = await createInstances();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(instances.map(({ heard }) => heard.isStale(randomUUID(), iat))).toEqual([false, false]);
  });

  test('what Supabase tells of is heard by all, once where it is surely the same; a sign-in changes nothing, and who was deleted is forgotten', async () => {
    const { database, instances, iat, upstream } = await createInstances();
    const ada = { id: randomUUID(), raw_app_meta_data: { roles: ['admin'] } };
    const session = { id: randomUUID(), user_id: ada.id };
    const factor = { id: randomUUID(), user_id: randomUUID(), status: 'verified' };
    const tell = (
      before: JsonObject | null,
      after: JsonObject | null,
      table = 'users',
      delivery = { id: randomUUID() as string, isCertain: true },
    ) => upstream.receive({ table: table as 'users', before, after }, delivery);
    await tell(null, ada);
    await tell(ada, { ...ada, last_sign_in_at: '2026-11-21T10:00:00+00:00' });
    await tell(null, session, 'sessions');
    await tell(null, { ...factor, status: 'unverified' }, 'mfa_factors');
    expect(await database.query('select 1 from limen.changes')).toEqual([]);
    const demoted = { ...ada, raw_app_meta_data: {} };
    const told = () => database.query('select 1 from limen.changes');
    // What only looks the same may be another change: back and forth, and back again.
    for (const isCertain of [false, false, false])
      await tell(ada, demoted, 'users', { id: 'what it says', isCertain });
    expect(await told()).toHaveLength(3);
    for (let times = 0; times < 3; times += 1)
      await tell(ada, demoted, 'users', { id: 'one and the same', isCertain: true });
    expect(await told()).toHaveLength(4);
    await tell(session, null, 'sessions');
    await tell({ ...factor, status: 'unverified' }, factor, 'mfa_factors');
    for (const after of [null, { ...demoted, deleted_at: '2026-11-21T10:00:00+00:00' }]) {
      await database.query(
        "insert into limen.consents (user_id, purpose, granted, at) values ($1, 'email', true, now())",
        [ada.id],
      );
      await tell(demoted, after);
      expect(await database.query('select 1 from limen.consents')).toEqual([]);
    }
    for (const { heard } of instances) {
      await expect.poll(() => heard.isStale(ada.id, iat)).toBe(true);
      await expect.poll(() => heard.isSessionEnded(session.id)).toBe(true);
      await expect.poll(() => heard.isStale(factor.user_id, iat)).toBe(true);
    }
  });

  test('makes the events of those tables that no trigger tells of, and of no other', async () => {
    const { database } = await createInstances();
    await database.query(
      `insert into limen.webhook_endpoints (id, url, events, includes_user_metadata, secret, is_enabled, created_at, updated_at)
       values (gen_random_uuid(), 'https://example.com', '{user.created,session.started}', false, 'whsec_', true, now(), now())`,
    );
    const upstream = createUpstreamChanges(database, { writesEvents: (table) => table === 'users' });
    const ada = randomUUID();
    const delivery = () => ({ id: randomUUID(), isCertain: true });
    await upstream.receive({ table: 'users', before: null, after: { id: ada } }, delivery());
    const session = { id: randomUUID(), user_id: ada };
    await upstream.receive({ table: 'sessions', before: null, after: session }, delivery());
    expect(await database.query('select type from limen.webhook_events')).toEqual([
      { type: 'session.started' },
    ]);
  });
});
