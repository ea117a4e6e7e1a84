import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  type Delivery,
  deliverByChannel,
  type QueuedMessage,
  UndeliverableError,
} from '../../../src/adapters/mail/delivery.ts';
import { createMailbox } from '../../../src/adapters/mail/mailbox.ts';
import type { Message } from '../../../src/adapters/mail/message.ts';
import { createOutbox } from '../../../src/adapters/mail/outbox.ts';
import { createOutboxWorker } from '../../../src/adapters/mail/outbox-worker.ts';
import { createSmtpDelivery } from '../../../src/adapters/mail/smtp-delivery.ts';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import { openPostgres } from '../../../src/adapters/postgres/postgres.ts';
import { openTestDatabase } from '../../support/database.ts';
import { createServerDatabase, hasServer } from '../postgres/drivers.ts';
import { startMailServer } from './mail-server.ts';
import { addToOutbox, createTestRenderer, mail } from './messages.ts';

/** An outbox on PGlite whose time moves when told, and a delivery that notes what it was given. */
async function createScene(send: (message: QueuedMessage) => Promise<void> = async () => {}) {
  const database = await openTestDatabase('pglite');
  onTestFinished(() => database.close());
  let now = Date.now();
  const clock = () => new Date(now);
  const log: Record<string, unknown>[] = [];
  const sent: QueuedMessage[] = [];
  const delivery: Delivery = {
    async send(message) {
      await send(message);
      sent.push(message);
    },
  };
  return {
    database,
    clock,
    log,
    sent,
    pass: (seconds: number) => {
      now += seconds * 1000;
    },
    worker: createWorker(database, delivery, clock, log),
    add: (...messages: Message[]) => addToOutbox(database, clock, ...messages),
    rows: () => database.query('select * from limen.outbox order by created_at'),
  };
}

function createWorker(
  database: Database,
  delivery: Delivery,
  clock = () => new Date(),
  lines: Record<string, unknown>[] = [],
) {
  const log = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) });
  return createOutboxWorker({ database, delivery, clock, log, codeTtlSeconds: 3600, pollMs: 50 });
}

describe('the outbox', () => {
  test('is sent, each message once, and then holds neither code nor link', async () => {
    const scene = await createScene();
    await scene.add(mail('confirm-signup'), mail('magic-link'));
    expect(await scene.worker.deliverDue()).toBe(2);
    expect(await scene.worker.deliverDue()).toBe(0);
    expect(scene.sent.map(({ template }) => template).sort()).toEqual(['confirm-signup', 'magic-link']);
    for (const row of await scene.rows())
      expect(row).toMatchObject({ payload: null, sent_at: expect.any(Date) });
  });

  test('holds nothing of a transaction that was rolled back', async () => {
    const scene = await createScene();
    const outbox = createOutbox({ clock: scene.clock, onWake: () => {} });
    const failing = scene.database.transaction(async (tx) => {
      await outbox.add(tx, mail('invite'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await scene.worker.deliverDue()).toBe(0);
  });

  test('is worked on by itself once started, soon after a wake, and no more when stopped', async () => {
    const scene = await createScene();
    scene.worker.start();
    await scene.add(mail('invite'));
    scene.worker.wake();
    await expect.poll(() => scene.sent.length).toBe(1);
    await scene.add(mail('recovery'));
    // Nobody wakes it: it looks by itself.
    await expect.poll(() => scene.sent.length).toBe(2);
    await scene.worker.stop();
    await scene.add(mail('recovery'));
    scene.worker.wake();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(scene.sent).toHaveLength(2);
  });

  test('waits at its end for what is on its way', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const scene = await createScene(() => {
      begun.resolve();
      return gate.promise;
    });
    await scene.add(mail('invite'));
    scene.worker.start();
    await begun.promise;
    const stopped = scene.worker.stop();
    gate.resolve();
    await stopped;
    expect((await scene.rows())[0]).toMatchObject({ sent_at: expect.any(Date), payload: null });
  });

  test('tries again later and later, and gives up when a link would no longer hold', async () => {
    const attempts: number[] = [];
    const scene = await createScene(async () => {
      attempts.push(scene.clock().getTime());
      throw new Error('out of order');
    });
    await scene.add(mail('recovery'));
    for (let second = 0; second <= 4000; second++) {
      // Looking costs; a second that nothing is due in is skipped.
      const [row] = await scene.rows();
      if (row?.given_up_at) break;
      scene.pass(Math.max(1, (Number(row?.due_at) - scene.clock().getTime()) / 1000));
      await scene.worker.deliverDue();
    }
    const waits = attempts.slice(1).map((at, index) => (at - attempts[index]!) / 1000);
    expect(waits.length).toBeGreaterThan(5);
    waits.forEach((wait, index) => {
      const longest = Math.min(5 * 2 ** index, 900);
      expect(wait).toBeGreaterThanOrEqual(longest / 2 - 1);
      expect(wait).toBeLessThanOrEqual(longest + 1);
    });
    const [row] = await scene.rows();
    expect(row).toMatchObject({ payload: null, sent_at: null, last_error: 'out of order' });
    expect(scene.log.filter(({ level }) => level === 50)).toMatchObject([{ msg: 'message given up' }]);
  });

  test('gives up at once what can never be sent', async () => {
    const scene = await createScene(async () => {
      throw new UndeliverableError('no such mailbox');
    });
    await scene.add(mail('invite'));
    await scene.worker.deliverDue();
    expect((await scene.rows())[0]).toMatchObject({
      payload: null,
      given_up_at: expect.any(Date),
      attempts: 1,
    });
  });

  test('sends a notice a day late, but no link that is over', async () => {
    const scene = await createScene();
    await scene.add(mail('password-changed', { code: null, link: null }), mail('recovery'));
    scene.pass(20 * 3600);
    await scene.worker.deliverDue();
    expect(scene.sent.map(({ template }) => template)).toEqual(['password-changed']);
  });

  test('finds again what a process took and never sent, and not before its lease is over', async () => {
    const scene = await createScene();
    await scene.add(mail('invite'));
    // As it was when the process died: claimed, and no more.
    void createWorker(scene.database, { send: () => new Promise(() => {}) }, scene.clock).deliverDue();
    await expect.poll(async () => (await scene.rows())[0]?.attempts).toBe(1);
    expect(await scene.worker.deliverDue()).toBe(0);
    scene.pass(61);
    expect(await scene.worker.deliverDue()).toBe(1);
  });

  test('is not undone by somebody who took a message earlier and failed later', async () => {
    const late = Promise.withResolvers<void>();
    const scene = await createScene();
    await scene.add(mail('invite'));
    const first = createWorker(scene.database, { send: () => late.promise }, scene.clock).deliverDue();
    await expect.poll(async () => (await scene.rows())[0]?.attempts).toBe(1);
    scene.pass(61);
    await scene.worker.deliverDue();
    late.reject(new UndeliverableError('too late'));
    await first;
    expect((await scene.rows())[0]).toMatchObject({ given_up_at: null, sent_at: expect.any(Date) });
  });

  test('forgets after a week what it sent', async () => {
    const scene = await createScene();
    await scene.add(mail('invite'));
    await scene.worker.deliverDue();
    scene.pass(8 * 86_400);
    scene.worker.start();
    await expect.poll(() => scene.rows()).toEqual([]);
    await scene.worker.stop();
  });

  test('leaves out security notices where they are off, and never the mail about an account that exists', async () => {
    const scene = await createScene();
    const outbox = createOutbox({ clock: scene.clock, onWake: () => {}, notices: false });
    for (const template of ['password-changed', 'account-exists', 'recovery'] as const) {
      await outbox.add(scene.database, mail(template));
    }
    await scene.worker.deliverDue();
    expect(scene.sent.map(({ template }) => template).sort()).toEqual(['account-exists', 'recovery']);
  });

  test('gives up what there is no way to send', async () => {
    const scene = await createScene();
    await scene.add(mail('invite'));
    const worker = createWorker(scene.database, deliverByChannel({ email: null, sms: null }), scene.clock);
    expect(await worker.deliverDue()).toBe(0);
    expect((await scene.rows())[0]).toMatchObject({ given_up_at: expect.any(Date) });
  });
});

describe.runIf(hasServer)('the outbox on PostgreSQL', () => {
  test('is emptied by several instances at once, each message sent by one of them', async () => {
    const { url, drop } = await createServerDatabase();
    const instances = await Promise.all([1, 2, 3].map(() => openPostgres({ url })));
    onTestFinished(async () => {
      for (const database of instances) await database.close();
      await drop();
    });
    await migrate(instances[0]!, { createAuthSchema: true });
    const clock = () => new Date();
    const wanted = Array.from({ length: 60 }, (_, index) => mail('invite', { to: `p${index}@example.com` }));
    await addToOutbox(instances[0]!, clock, ...wanted);
    const sent: string[][] = instances.map(() => []);
    const workers = instances.map((database, index) =>
      createWorker(database, {
        async send({ to }) {
          sent[index]!.push(to);
          await new Promise((resolve) => setTimeout(resolve, 10));
        },
      }),
    );
    const counts = await Promise.all(workers.map((worker) => worker.deliverDue()));
    expect(counts.reduce((sum, count) => sum + count)).toBe(60);
    expect(sent.flat().sort()).toEqual(wanted.map(({ to }) => to).sort());
    expect(sent.filter((some) => some.length > 0).length).toBeGreaterThan(1);
  });
});

describe('mail by SMTP', () => {
  const renderer = createTestRenderer();
  const from = { name: 'Example', address: 'id@example.com' };
  const timeoutsMs = { step: 300, whole: 2000 };

  async function createSmtpScene() {
    const server = await startMailServer();
    const scene = await createScene();
    const delivery = createSmtpDelivery({ server: { url: server.url }, from, renderer, timeoutsMs });
    onTestFinished(() => delivery.close?.());
    return {
      ...scene,
      server,
      delivery,
      worker: createWorker(scene.database, delivery, scene.clock, scene.log),
    };
  }

  test('arrives as HTML and text, from the sender to one recipient, and says that a machine sent it', async () => {
    const { server, add, worker } = await createSmtpScene();
    await add(mail('confirm-signup'));
    expect(await worker.deliverDue()).toBe(1);
    const [{ to, mail: received } = { to: [], mail: null }] = server.received;
    expect(to).toEqual(['ada@example.com']);
    expect(received).toMatchObject({
      from: { name: 'Example', address: 'id@example.com' },
      to: [{ address: 'ada@example.com' }],
      subject: 'Confirm your e-mail address for Example',
      html: expect.stringContaining('123456'),
      text: expect.stringContaining('123456'),
    });
    const headers = Object.fromEntries(received!.headers.map(({ key, value }) => [key, value]));
    expect(headers).toMatchObject({ 'auto-submitted': 'auto-generated', 'content-language': 'en' });
  });

  test('comes when the server is back, after it deferred, stalled, and was gone', async () => {
    const { server, add, worker, pass, rows } = await createSmtpScene();
    await add(mail('recovery'));
    for (const behaviour of ['defer', 'stall'] as const) {
      server.behaviour = behaviour;
      await worker.deliverDue();
      expect(server.received).toEqual([]);
      expect((await rows())[0]).toMatchObject({ sent_at: null, given_up_at: null });
      pass(60);
    }
    await server.close();
    await worker.deliverDue();
    expect((await rows())[0]).toMatchObject({ sent_at: null, last_error: expect.stringContaining('ECONN') });
    pass(60);
    const back = await startMailServer(Number(new URL(server.url).port));
    expect(await worker.deliverDue()).toBe(1);
    expect(back.received).toHaveLength(1);
  });

  test('has the same Message-ID when nobody knows whether the first time worked', async () => {
    const { server, add, worker, pass } = await createSmtpScene();
    await add(mail('recovery'));
    server.behaviour = 'drop-after-data';
    expect(await worker.deliverDue()).toBe(0);
    pass(60);
    const back = await startMailServer(Number(new URL(server.url).port));
    expect(await worker.deliverDue()).toBe(1);
    const ids = [...server.received, ...back.received].map(({ mail: { messageId } }) => messageId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^<[0-9a-f-]{36}@example\.com>$/);
  });

  test('is given up where the server knows no such recipient; what is kept and logged holds no link, code or address', async () => {
    const { server, add, worker, rows, log } = await createSmtpScene();
    server.behaviour = 'refuse-recipient';
    await add(mail('recovery'));
    await worker.deliverDue();
    const [row] = await rows();
    expect(row).toMatchObject({ given_up_at: expect.any(Date), payload: null });
    const kept = JSON.stringify([row?.last_error, log]);
    expect(kept).toContain('rejected');
    for (const secret of ['a-token', '123456', 'ada@', 'https://']) expect(kept).not.toContain(secret);
  });

  test.each([
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com, eve@example.com',
    'Eve <eve@example.com>',
    'ada',
  ])('goes nowhere for the address %j', async (to) => {
    const { server, add, worker, rows } = await createSmtpScene();
    await add(mail('invite', { to }));
    await worker.deliverDue();
    expect(server.connections).toBe(0);
    expect((await rows())[0]).toMatchObject({ given_up_at: expect.any(Date) });
  });

  test('does not speak its password over a connection that cannot be encrypted', async () => {
    const server = await startMailServer();
    const scene = await createScene();
    const url = server.url.replace('smtp://', 'smtp://user:hunter2@');
    const delivery = createSmtpDelivery({ server: { url }, from, renderer, timeoutsMs });
    const worker = createWorker(scene.database, delivery, scene.clock, scene.log);
    await scene.add(mail('invite'));
    expect(await worker.deliverDue()).toBe(0);
    expect(server.received).toEqual([]);
    expect(JSON.stringify([await scene.rows(), scene.log])).not.toContain('hunter2');
    await delivery.close?.();
  });
});

describe('the mailbox', () => {
  test('keeps what would be sent, once, the newest two hundred', async () => {
    const scene = await createScene();
    const mailbox = createMailbox({
      database: scene.database,
      clock: scene.clock,
      renderer: createTestRenderer(),
    });
    const message = { ...mail('magic-link'), id: crypto.randomUUID() };
    await mailbox.send(message);
    await mailbox.send(message);
    const text = {
      channel: 'sms',
      template: 'phone-code',
      to: '491700000000',
      userId: message.userId,
      locale: 'de',
    } as const;
    await mailbox.send({ ...text, code: '654321', id: crypto.randomUUID() });
    expect(await mailbox.list(null)).toMatchObject([
      {
        channel: 'sms',
        to: '491700000000',
        code: '654321',
        text: expect.stringContaining('654321 ist Ihr Code'),
      },
      { channel: 'email', to: 'ada@example.com', code: '123456', link: message.link },
    ]);
    expect(await mailbox.list('ADA@example.com')).toHaveLength(1);
    expect(await mailbox.htmlOf(message.id)).toContain('<html lang="en"');

    await scene.database.query(
      `insert into limen.mailbox (id, channel, recipient, template, subject, text, created_at)
       select gen_random_uuid(), 'email', 'many@example.com', 'invite', '', '', now() from generate_series(1, 250)`,
    );
    const before = await mailbox.version();
    await mailbox.send({ ...mail('invite'), id: crypto.randomUUID() });
    expect(await mailbox.version()).not.toBe(before);
    expect(await mailbox.list(null)).toHaveLength(200);
  });
});
