import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyChain } from '../../../src/adapters/postgres/audit/audit-chain.ts';
import { exportAuditEvents } from '../../../src/adapters/postgres/audit/audit-export.ts';
import { recordEvents } from '../../../src/adapters/postgres/audit/audit-log.ts';
import { pruneAuditEvents } from '../../../src/adapters/postgres/audit/audit-pruning.ts';
import { createAuditSealer } from '../../../src/adapters/postgres/audit/audit-sealer.ts';
import type { Database, Queryable } from '../../../src/adapters/postgres/database.ts';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import { newClient, ownClient } from '../../../src/identity/client.ts';
import { DRIVERS } from './drivers.ts';

const CLIENT = newClient({ address: '192.0.2.7', userAgent: 'test "1" ü', requestId: 'request-1' });
const log = pino({ level: 'silent' });

const TABLES = ['audit_events', 'audit_chain', 'audit_anchors'].map((name) => `limen.${name}`);

describe.each(DRIVERS.filter(({ isAvailable }) => isAvailable))('the audit log on $driver', (on) => {
  let database: Database;
  let sealDue: () => Promise<number>;

  beforeAll(async () => {
    database = await on.openEmpty();
    await migrate(database, { createAuthSchema: false });
    sealDue = createAuditSealer({ database, retentionDays: null, clock: () => new Date(), log }).sealDue;
  });
  beforeEach(() => tamper(`truncate ${TABLES.join(', ')}`));
  afterAll(() => database.close());

  const record = (tx: Queryable, count = 1) =>
    recordEvents(
      tx,
      CLIENT,
      ...Array.from({ length: count }, (_, index) => ({
        action: 'user.updated' as const,
        userId: randomUUID(),
        details: { changed: ['näme', `key-${index}`] },
      })),
    );
  /** As somebody who owns the tables and wants to hide something. */
  const tamper = (sql: string) =>
    database.transaction(async (tx) => {
      for (const table of TABLES) await tx.query(`alter table ${table} disable trigger user`);
      await tx.query(sql);
      for (const table of TABLES) await tx.query(`alter table ${table} enable trigger user`);
    });
  const verdict = async () => (await verifyChain(database, null)).broken;

  test.each([
    ['update', "update limen.audit_events set action = 'user.signed_in'"],
    ['delete', 'delete from limen.audit_events'],
    ['truncate', 'truncate limen.audit_events'],
    ['update of the chain', 'update limen.audit_chain set sealed_at = now()'],
    ['delete of the chain', 'delete from limen.audit_chain'],
    ['truncate of the chain', 'truncate limen.audit_chain'],
  ])('refuses %s', async (_name, sql) => {
    await record(database, 3);
    await sealDue();
    await expect(database.query(sql)).rejects.toMatchObject({ code: '42501' });
    expect(await verifyChain(database, null)).toMatchObject({ verified: 3, unsealed: 0, broken: null });
  });

  test('does not let an anchor be taken back, nor anything go that is behind it', async () => {
    await record(database, 3);
    await sealDue();
    await pruneAuditEvents(database, ownClient('test'), new Date(Date.now() + 60_000));
    await expect(database.query('delete from limen.audit_anchors')).rejects.toMatchObject({ code: '42501' });
    await expect(database.query('delete from limen.audit_events')).rejects.toMatchObject({ code: '42501' });
  });

  test('takes what is pruned while it is read for no gap', async () => {
    await record(database, 2);
    await sealDue();
    await sleep(5);
    const before = new Date();
    await sleep(5);
    await record(database, 3);
    await sealDue();
    let isPruned = false;
    const read: Database['query'] = async (sql, parameters) => {
      if (!isPruned && sql.includes('from limen.audit_chain')) {
        isPruned = true;
        await pruneAuditEvents(database, ownClient('test'), before);
      }
      return database.query(sql, parameters);
    };
    expect(await verifyChain({ ...database, query: read }, null)).toMatchObject({
      verified: 3,
      anchor: { position: 2 },
      broken: null,
    });
  });

  test('holds as it was written, and says what is not sealed yet', async () => {
    expect(await verifyChain(database, null)).toEqual({
      verified: 0,
      unsealed: 0,
      head: null,
      anchor: null,
      broken: null,
    });
    await record(database, 2500);
    expect(await verifyChain(database, null)).toMatchObject({ verified: 0, unsealed: 2500 });
    expect([await sealDue(), await sealDue()]).toEqual([2500, 0]);
    await record(database);
    const { verified, unsealed, head, broken } = await verifyChain(database, null);
    expect([verified, unsealed, broken]).toEqual([2500, 1, null]);
    expect(head).toEqual({ position: 2500, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test('shows what was changed, removed, put in or cut out, and where', async () => {
    await record(database, 10);
    await sealDue();
    const whole = await verifyChain(database, null);
    const [middle] = await database.query<{ sequence: number }>(
      'select sequence from limen.audit_chain where position = 5',
    );
    const { sequence } = middle!;
    await tamper(`update limen.audit_events set user_agent = 'other' where sequence = ${sequence}`);
    expect(await verdict()).toEqual({ position: 5, sequence, what: 'changed' });
    await tamper(`update limen.audit_events set user_agent = 'test "1" ü' where sequence = ${sequence}`);
    expect(await verdict()).toBeNull();

    await tamper(
      `insert into limen.audit_events (at, action, outcome) values (now() - interval '1 day', 'user.signed_in', 'success')`,
    );
    await sealDue();
    expect(await verdict()).toMatchObject({ position: 11, what: 'inserted' });
    await tamper(
      'delete from limen.audit_events where sequence = (select max(sequence) from limen.audit_events)',
    );
    expect(await verdict()).toMatchObject({ position: 11, what: 'removed' });
    await tamper('delete from limen.audit_chain where position = 11');
    expect(await verdict()).toBeNull();

    // The end cut off holds by itself, and not against what was noted down.
    await tamper(`delete from limen.audit_events where sequence in (select sequence from limen.audit_chain where position > 8);
      delete from limen.audit_chain where position > 8`);
    expect(await verdict()).toBeNull();
    expect((await verifyChain(database, whole.head)).broken).toMatchObject({ what: 'expected-head' });
    await tamper('delete from limen.audit_chain where position = 4');
    expect(await verdict()).toEqual({ position: 4, sequence: null, what: 'gap' });
  });

  test('seals each event once, whatever order transactions end in and however many seal', async () => {
    if (on.driver === 'PostgreSQL') {
      // Takes its number first and ends last.
      let finish = () => {};
      const isOpen = new Promise<void>((resolve) => {
        finish = resolve;
      });
      let hasBegun = () => {};
      const begun = new Promise<void>((resolve) => {
        hasBegun = resolve;
      });
      const slow = database.transaction(async (tx) => {
        await record(tx);
        hasBegun();
        await isOpen;
      });
      await begun;
      await record(database, 2);
      expect(await sealDue()).toBe(2);
      await record(database, 1);
      finish();
      await slow;
      expect(await sealDue()).toBe(2);
    }
    const others = Array.from({ length: 4 }, () =>
      createAuditSealer({ database, retentionDays: null, clock: () => new Date(), log }),
    );
    await Promise.all(
      others.map(async ({ sealDue }) => {
        for (let round = 0; round < 5; round += 1) {
          await record(database);
          await sealDue();
        }
      }),
    );
    await sealDue();
    const [counts] = await database.query(
      'select (select count(*) from limen.audit_events) as events, (select count(*) from limen.audit_chain) as links',
    );
    expect(counts?.links).toBe(counts?.events);
    expect(await verifyChain(database, null)).toMatchObject({ unsealed: 0, broken: null });
  });

  test('goes with its transaction', async () => {
    const failing = database.transaction(async (tx) => {
      await record(tx);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await sealDue();
    expect(await verifyChain(database, null)).toMatchObject({ verified: 0, unsealed: 0 });
  });

  test('goes on after it came from another server, whose numbers were higher', async () => {
    await record(database, 3);
    await sealDue();
    await tamper(`update limen.audit_chain set snapshot = '900000000:900000000:' where snapshot is not null`);
    await record(database, 2);
    expect(await sealDue()).toBe(2);
    expect(await verifyChain(database, null)).toMatchObject({ verified: 5, unsealed: 0, broken: null });
  });

  test('is pruned from its beginning, and holds afterwards, from the anchor on', async () => {
    await record(database, 4);
    await tamper("update limen.audit_events set at = at - interval '1 year'");
    await record(database, 3);
    await sealDue();
    const before = new Date(Date.now() - 86_400_000);
    expect(await pruneAuditEvents(database, ownClient('test'), before)).toEqual({ events: 4 });
    await sealDue();
    expect(await pruneAuditEvents(database, ownClient('test'), before)).toEqual({ events: 0 });
    const { anchor, verified, broken } = await verifyChain(database, null);
    expect([anchor?.position, verified, broken]).toEqual([4, 4, null]);
    const [pruning] = await database.query(
      `select action, actor_id, details from limen.audit_events order by sequence desc limit 1`,
    );
    expect(pruning).toEqual({
      action: 'audit.pruned',
      actor_id: 'limen',
      details: { position: 4, events: 4 },
    });

    // All of it, and what comes then.
    await pruneAuditEvents(database, ownClient('test'), new Date(Date.now() + 60_000));
    await record(database, 2);
    await sealDue();
    expect(await verifyChain(database, null)).toMatchObject({ verified: 3, unsealed: 0, broken: null });
  });

  test.each([
    [
      'an event',
      'delete from limen.audit_events where sequence in (select sequence from limen.audit_chain where position = 2)',
      'removed',
    ],
    ['a link', 'delete from limen.audit_chain where position = 2', 'gap'],
  ])(
    'is not pruned over %s that is missing, unless whoever prunes says so, which is recorded',
    async (_what, sql, what) => {
      await record(database, 4);
      await tamper("update limen.audit_events set at = at - interval '1 year'");
      await sealDue();
      await tamper(sql);
      const before = new Date(Date.now() - 86_400_000);
      const prune = (options?: { despiteBreaks: boolean }) =>
        pruneAuditEvents(database, ownClient('test'), before, options);
      await expect(prune()).rejects.toMatchObject({
        name: 'BrokenChainError',
        broken: { position: 2, what },
      });
      expect(await verdict()).toMatchObject({ position: 2, what });
      await prune({ despiteBreaks: true });
      expect(await verdict()).toBeNull();
      const [pruning] = await database.query(
        'select details from limen.audit_events order by sequence desc limit 1',
      );
      expect(pruning).toMatchObject({ details: { position: 4, brokenAt: 2 } });
    },
  );

  test('takes a clock that was set back for no forgery', async () => {
    await record(database, 2);
    await tamper("update limen.audit_events set at = at + interval '20 minutes'");
    await sealDue();
    await record(database, 2);
    await sealDue();
    expect(await verifyChain(database, null)).toMatchObject({ verified: 4, broken: null });
  });

  test('is exported whole, in order, with its place in the chain', async () => {
    await record(database, 1500);
    await sealDue();
    const all = { since: null, until: null };
    const lines = [];
    for await (const line of exportAuditEvents(database, all)) lines.push(JSON.parse(line));
    expect(lines).toHaveLength(1500);
    expect(lines.map(({ position }) => position)).toEqual(lines.map((_, index) => index + 1));
    const { head } = await verifyChain(database, null);
    expect(lines.at(-1)).toMatchObject({ hash: head?.hash, action: 'user.updated', address: '192.0.2.7' });
    expect(lines[0]).not.toHaveProperty('xid');
    const none = [];
    for await (const line of exportAuditEvents(database, { since: null, until: new Date('2001-01-01') }))
      none.push(line);
    expect(none).toEqual([]);
  });
});
