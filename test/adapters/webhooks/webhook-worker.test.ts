import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import { openPostgres } from '../../../src/adapters/postgres/postgres.ts';
import { MAX_WEBHOOKS } from '../../../src/identity/webhooks/webhook.ts';
import { startWebhookReceiver, verify } from '../../support/webhook-receiver.ts';
import { createServerDatabase, hasServer } from '../postgres/drivers.ts';
import { createWebhookScene, SECRET, sceneOn } from './scene.ts';

describe('a webhook', () => {
  test('is told once, with a signature that the library takes, and of what it asked for alone', async () => {
    const scene = await createWebhookScene();
    const [crm, mailing] = [await startWebhookReceiver(), await startWebhookReceiver()];
    await scene.endpoint(crm.url, { events: ['user.created'] });
    await scene.endpoint(mailing.url, { events: ['user.deleted'] });
    const id = await scene.signUp({ encrypted_password: '$2a$10$hash', confirmation_token: 'token' });
    const worker = scene.worker();
    expect(await worker.workOff()).toBe(1);
    expect(await worker.workOff()).toBe(0);
    expect(crm.received).toHaveLength(1);
    expect(mailing.received).toEqual([]);
    const [told] = crm.received;
    expect(verify(told!, SECRET)).toMatchObject({
      type: 'user.created',
      id: told!.id,
      data: { user: { id } },
    });
    expect(told!.text).not.toMatch(/hash|token|password/);
    expect(await scene.deliveries()).toMatchObject([
      { status: 'delivered', attempts: 1, responseStatus: 204 },
    ]);
  });

  test('that is dead for ten minutes misses nothing, and hears of each person in order', async () => {
    const scene = await createWebhookScene();
    const receiver = await startWebhookReceiver();
    await scene.endpoint(receiver.url, { events: ['user.created', 'email.changed', 'user.deleted'] });
    await receiver.stop();
    const people = [await scene.signUp(), await scene.signUp(), await scene.signUp()];
    for (const id of people) {
      await scene.change({ id, email: 'a@example.com' }, { id, email: 'b@example.com' });
      await scene.change({ id, email: 'b@example.com' }, null);
    }
    const worker = scene.worker();
    for (let second = 0; second < 600; second += 20) {
      expect(await worker.workOff()).toBe(0);
      scene.pass(20);
    }
    const waiting = await scene.deliveries();
    // Only the first of each person was tried at all.
    expect(waiting.map(({ attempts }) => attempts > 0)).toEqual([true, true, true, ...Array(6).fill(false)]);
    expect(waiting[0]).toMatchObject({
      status: 'pending',
      lastError: 'out of reach: ECONNREFUSED',
      responseStatus: null,
    });
    await receiver.again();
    scene.pass(900);
    expect(await worker.workOff()).toBe(9);
    for (const id of people) {
      const told = receiver.received.filter(({ event }) => event.data.user.id === id);
      expect(told.map(({ event }) => event.type)).toEqual(['user.created', 'email.changed', 'user.deleted']);
    }
  });

  test('that only fails is tried later and later, over a day, and then given up; the next is sent then', async () => {
    const scene = await createWebhookScene();
    const receiver = await startWebhookReceiver(({ event }) => (event.type === 'user.created' ? 500 : 204));
    await scene.endpoint(receiver.url, { events: ['user.created', 'user.deleted'] });
    const id = await scene.signUp();
    await scene.change({ id }, null);
    const worker = scene.worker();
    const times: number[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      times.push(scene.clock().getTime() / 1000);
      await worker.workOff();
      const [first] = await scene.deliveries();
      if (first!.status !== 'pending') break;
      scene.pass((first!.nextAttemptAt!.getTime() - scene.clock().getTime()) / 1000);
    }
    const waits = times.slice(1).map((at, index) => at - times[index]!);
    const planned = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 36_000];
    expect(waits).toHaveLength(planned.length);
    waits.forEach((wait, index) => {
      expect(Math.abs(wait / planned[index]! - 1)).toBeLessThanOrEqual(0.11);
    });
    expect(await scene.deliveries()).toMatchObject([
      {
        status: 'dead',
        attempts: 11,
        responseStatus: 500,
        responseBody: 'answer 500',
        lastError: 'status 500',
      },
      { status: 'delivered', attempts: 1 },
    ]);
    expect(scene.log.filter(({ level }) => level === 50)).toMatchObject([{ msg: 'webhook given up' }]);
    // Each attempt was the same request, to the letter.
    expect(new Set(receiver.received.slice(0, 11).map(({ id, text }) => id + text)).size).toBe(1);
  });

  test('that asks to be left alone is, for an hour at most', async () => {
    const scene = await createWebhookScene();
    const receiver = await startWebhookReceiver((_one, response) => {
      response.writeHead(429, { 'retry-after': '999999' }).end();
      return undefined;
    });
    await scene.endpoint(receiver.url, { events: ['user.created'] });
    await scene.signUp();
    await scene.worker().workOff();
    const [delivery] = await scene.deliveries();
    expect(delivery!.nextAttemptAt!.getTime() - scene.clock().getTime()).toBe(3_600_000);
  });

  test('that redirects is not followed', async () => {
    const scene = await createWebhookScene();
    const elsewhere = await startWebhookReceiver();
    const receiver = await startWebhookReceiver((_one, response) => {
      response.writeHead(307, { location: elsewhere.url }).end();
      return undefined;
    });
    await scene.endpoint(receiver.url, { events: ['user.created'] });
    await scene.signUp();
    await scene.worker().workOff();
    expect(elsewhere.received).toEqual([]);
    expect(await scene.deliveries()).toMatchObject([
      { status: 'pending', responseStatus: 307, lastError: 'status 307' },
    ]);
  });

  test('that answers without end, with nothing or with what is no HTTP holds nobody up', async () => {
    const scene = await createWebhookScene();
    const endless = await startWebhookReceiver((_one, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('é\0'.repeat(500)), 5);
      response.on('close', () => clearInterval(timer));
      return undefined;
    });
    const silent = await startWebhookReceiver(() => undefined);
    const dripping = await startWebhookReceiver((_one, response) => {
      response.writeHead(200).write('x');
      return undefined;
    });
    const upgrading = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
    }).listen(0, '127.0.0.1');
    const chatting = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('hello\r\n'.repeat(10_000));
    }).listen(0, '127.0.0.1');
    await Promise.all([upgrading, chatting].map((server) => once(server, 'listening')));
    onTestFinished(() => void [upgrading, chatting].map((server) => server.close()));
    const addressOf = (server: typeof upgrading) =>
      `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
    const urls = [endless.url, silent.url, dripping.url, addressOf(upgrading), addressOf(chatting)];
    for (const url of urls) await scene.endpoint(url, { events: ['user.created'] });
    await scene.signUp();
    const began = performance.now();
    await scene.worker({ timeoutMs: 300 }).workOff();
    expect(performance.now() - began).toBeLessThan(2000);
    const outcomes = await scene.deliveries();
    expect(outcomes.map(({ status }) => status)).toEqual([
      'delivered',
      'pending',
      'delivered',
      'pending',
      'pending',
    ]);
    expect(outcomes[0]!.responseBody).toMatch(/^é+$/);
    expect(outcomes[1]!.lastError).toBe('no answer within 300 ms');
    expect(outcomes[4]!.lastError).toMatch(/^out of reach: HPE_/);
  });

  test('that is slow keeps nobody else waiting, not even while it is told of many', async () => {
    const scene = await createWebhookScene();
    const gate = Promise.withResolvers<number>();
    const slow = await startWebhookReceiver(() => gate.promise);
    const quick = await startWebhookReceiver();
    await scene.endpoint(slow.url, { events: ['user.created'] });
    await scene.endpoint(quick.url, { events: ['user.created'] });
    for (let index = 0; index < 12; index += 1) await scene.signUp();
    const worker = scene.worker({ timeoutMs: 10_000 });
    worker.start();
    await expect.poll(() => quick.received.length).toBe(12);
    expect(slow.received).toHaveLength(4);
    gate.resolve(204);
    await expect.poll(() => slow.received.length).toBe(12);
    await worker.stop();
    expect(await scene.deliveries()).toMatchObject(Array(24).fill({ status: 'delivered' }));
  });

  test('is told at once, however many others let their requests hang', async () => {
    const scene = await createWebhookScene();
    const gate = Promise.withResolvers<number>();
    const slow = await startWebhookReceiver(() => gate.promise);
    const quick = await startWebhookReceiver();
    for (let index = 1; index < MAX_WEBHOOKS; index += 1) await scene.endpoint(slow.url);
    await scene.endpoint(quick.url);
    for (let index = 0; index < 6; index += 1) await scene.signUp();
    const worker = scene.worker({ timeoutMs: 10_000 });
    worker.start();
    await expect.poll(() => quick.received.length).toBe(6);
    gate.resolve(204);
    await worker.stop();
  });

  test('hears from another process what one that was killed had taken, when its lease is over', async () => {
    const scene = await createWebhookScene();
    const receiver = await startWebhookReceiver(() => undefined);
    await scene.endpoint(receiver.url, { events: ['user.created', 'user.deleted'] });
    const id = await scene.signUp();
    await scene.change({ id }, null);
    const killed = scene.worker({ timeoutMs: 60_000 }).workOff();
    await expect.poll(() => receiver.received.length).toBe(1);
    receiver.behaves(() => 204);
    const other = scene.worker();
    expect(await other.workOff()).toBe(0);
    scene.pass(61);
    expect(await other.workOff()).toBe(2);
    expect(receiver.types()).toEqual(['user.created', 'user.created', 'user.deleted']);
    await receiver.stop();
    await killed;
    // What the first would have written of its failure is of no account any more.
    expect(await scene.deliveries()).toMatchObject([
      { status: 'delivered', attempts: 2 },
      { status: 'delivered' },
    ]);
  });

  test('that is dead leaves what waits in line out of the way of claims, and hears all of it in order when it is back', async () => {
    const scene = await createWebhookScene();
    const receiver = await startWebhookReceiver();
    await scene.endpoint(receiver.url, { events: ['user.created', 'email.changed'] });
    await receiver.stop();
    const id = await scene.signUp();
    const emails = Array.from({ length: 130 }, (_, index) => `${index}@example.com`);
    for (const [index, email] of emails.entries())
      await scene.change({ id, email: emails[index - 1] ?? `${id}@example.com` }, { id, email });
    const worker = scene.worker();
    expect(await worker.workOff()).toBe(0);
    scene.pass(10);
    await worker.workOff();
    const inTheWay = "status = 'pending' and waits_for is null";
    const free = await scene.database.query(`select 1 from limen.webhook_deliveries where ${inTheWay}`);
    expect(free).toHaveLength(1);
    await receiver.again();
    scene.pass(60);
    expect(await worker.workOff()).toBe(131);
    const told = receiver.received.slice(1).map(({ event }) => event.data.user.email);
    expect(told).toEqual(emails);
  });

  test('that has failed for five days is switched off, which is recorded; what waits is sent when somebody switches it on', async () => {
    const scene = await createWebhookScene();
    const receiver = await startWebhookReceiver(() => 500);
    const id = await scene.endpoint(receiver.url, { events: ['user.created'] });
    const one = async () => (await scene.store.list())[0]!;
    const worker = scene.worker();
    const days = async (count: number) => {
      for (let hours = 0; hours < count * 24; hours += 6) {
        if (hours % 24 === 0) await scene.signUp();
        await worker.workOff();
        scene.pass(6 * 3600);
      }
    };
    await days(4);
    const failingSince = expect.any(Date);
    expect(await one()).toMatchObject({ isEnabled: true, disabledAt: null, failingSince });
    receiver.behaves(() => 204);
    scene.pass(86_400);
    await worker.workOff();
    expect(await one()).toMatchObject({ isEnabled: true, failingSince: null });
    // Once more, from the beginning, and a test by an operator is not the receiver's fault.
    receiver.behaves(() => 500);
    const test = await scene.store.addTest(id, {});
    await worker.attempt(test!.id);
    expect(await one()).toMatchObject({ failingSince: null });
    await days(7);
    const off = await one();
    expect(off).toMatchObject({ isEnabled: false, disabledAt: expect.any(Date) });
    const failedFor = off.disabledAt!.getTime() - off.failingSince!.getTime();
    expect(failedFor / 86_400_000).toBeGreaterThanOrEqual(5);
    const events = await scene.database.query(
      "select actor_id, outcome, details from limen.audit_events where action = 'webhook.disabled'",
    );
    expect(events).toEqual([{ actor_id: 'limen', outcome: 'success', details: { webhookId: id } }]);
    const waiting = (await scene.deliveries()).filter(({ status }) => status === 'pending').length;
    expect(waiting).toBeGreaterThan(0);
    receiver.behaves(() => 204);
    scene.pass(86_400);
    expect(await worker.workOff()).toBe(0);
    await scene.store.update(id, { isEnabled: true });
    expect(await one()).toMatchObject({ isEnabled: true, disabledAt: null, failingSince: null });
    expect(await worker.workOff()).toBe(waiting);
  });

  test('is forgotten with what waited for it, and what was told is forgotten after its time', async () => {
    const scene = await createWebhookScene();
    const receiver = await startWebhookReceiver();
    const gone = await scene.endpoint('http://127.0.0.1:1/', { events: ['user.created'] });
    await scene.endpoint(receiver.url, { events: ['user.created'] });
    await scene.signUp();
    const worker = scene.worker();
    await worker.workOff();
    expect(await scene.store.delete(gone)).toBe(true);
    expect(await scene.deliveries()).toMatchObject([{ status: 'delivered' }]);
    const [left] = await scene.store.list();
    await scene.store.rotateSecret(left!.id, SECRET, new Date(scene.clock().getTime() + 86_400_000));
    scene.pass(8 * 86_400);
    worker.start();
    await expect.poll(() => scene.database.query('select 1 from limen.webhook_events')).toEqual([]);
    await worker.stop();
    const stored = await scene.database.query('select previous_secret from limen.webhook_endpoints');
    expect(stored).toEqual([{ previous_secret: null }]);
    expect(await scene.deliveries()).toEqual([]);
  });
});

describe.runIf(hasServer)('webhooks on PostgreSQL', () => {
  async function openInstances() {
    const { url, drop } = await createServerDatabase();
    const instances = await Promise.all([1, 2, 3].map(() => openPostgres({ url })));
    onTestFinished(async () => {
      for (const database of instances) await database.close();
      await drop();
    });
    await migrate(instances[0]!, { createAuthSchema: true });
    return instances.map(sceneOn);
  }

  test('are as many as there may be, however many are made at once', async () => {
    const scenes = await openInstances();
    const given = { url: 'https://example.com', description: null, events: [], includesUserMetadata: false };
    const made = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        scenes[index % 3]!.store.create({ ...given, isEnabled: true }, SECRET, 20),
      ),
    );
    expect(made.filter((webhook) => webhook !== null)).toHaveLength(20);
  });

  test('are sent by several instances at once: each event once, and those of a person in order', async () => {
    const scenes = await openInstances();
    const receiver = await startWebhookReceiver(async () => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
      return 204;
    });
    await scenes[0]!.endpoint(receiver.url, { events: ['user.created', 'email.changed', 'user.deleted'] });
    const workers = scenes.map((scene) => scene.worker());
    for (const worker of workers) worker.start();
    const people = await Promise.all(Array.from({ length: 20 }, (_, index) => scenes[index % 3]!.signUp()));
    // While they are sent: what comes to wait in line meets what is just over.
    await Promise.all(
      people.map(async (id, index) => {
        for (let times = 0; times < 6; times += 1) {
          const [before, after] = [`${times}@example.com`, `${times + 1}@example.com`];
          await scenes[(index + times) % 3]!.change({ id, email: before }, { id, email: after });
        }
        await scenes[index % 3]!.change({ id }, null);
      }),
    );
    await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(160);
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(160);
    const changes = Array.from({ length: 6 }, (_, times) => `${times + 1}@example.com`);
    for (const id of people) {
      const told = receiver.received.filter(({ event }) => event.data.user.id === id);
      expect(told.map(({ event }) => event.type)).toEqual([
        'user.created',
        ...changes.map(() => 'email.changed'),
        'user.deleted',
      ]);
      expect(told.slice(1, -1).map(({ event }) => event.data.user.email)).toEqual(changes);
    }
  });
});
