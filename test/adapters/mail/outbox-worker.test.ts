import { describe, expect, onTestFinished, test } from 'vitest';
import {
  deliverByChannel,
  type QueuedMessage,
  UndeliverableError,
} from '../../../src/adapters/mail/delivery.ts';
import { createOutbox } from '../../../src/adapters/mail/outbox.ts';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import { openPostgres } from '../../../src/adapters/postgres/postgres.ts';
import { createServerDatabase, hasServer } from '../postgres/drivers.ts';
import { addToOutbox, mail } from './messages.ts';
import { createScene, createWorker } from './scene.ts';

const templateOf = (message: QueuedMessage) => ('template' in message ? message.template : null);

describe('the outbox', () => {
  test('is sent, each message once, and then holds neither code nor link', async () => {
    const scene = await createScene();
    await scene.add(mail('confirm-signup'), mail('magic-link'));
    expect(await scene.worker.workOff()).toBe(2);
    expect(await scene.worker.workOff()).toBe(0);
    expect(scene.sent.map(templateOf).sort()).toEqual(['confirm-signup', 'magic-link']);
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
    expect(await scene.worker.workOff()).toBe(0);
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

  test('keeps nobody waiting for one message that takes long, and has so many under way at once and no more', async () => {
    const gate = Promise.withResolvers<void>();
    let [underWay, most] = [0, 0];
    const scene = await createScene(async (message) => {
      most = Math.max(most, ++underWay);
      if (templateOf(message) === 'recovery') await gate.promise;
      else await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
    });
    const others = Array.from({ length: 12 }, (_, index) => mail('invite', { to: `p${index}@example.com` }));
    await scene.add(mail('recovery'), ...others);
    scene.worker.start();
    await expect.poll(() => scene.sent.length).toBe(12);
    await scene.add(mail('magic-link'));
    scene.worker.wake();
    await expect.poll(() => scene.sent.length).toBe(13);
    gate.resolve();
    await scene.worker.stop();
    expect(new Set(scene.sent.map(({ id }) => id)).size).toBe(14);
    expect(most).toBe(5);
  });

  test('is asked for what is due, and answers when all of it is settled', async () => {
    const gate = Promise.withResolvers<void>();
    const scene = await createScene((message) =>
      templateOf(message) === 'recovery' ? gate.promise : Promise.resolve(),
    );
    await scene.add(mail('recovery'), ...Array.from({ length: 6 }, () => mail('invite')));
    let isSettled = false;
    const delivering = scene.worker.workOff().finally(() => {
      isSettled = true;
    });
    await expect.poll(() => scene.sent.length).toBe(6);
    expect(isSettled).toBe(false);
    gate.resolve();
    expect(await delivering).toBe(7);
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
      await scene.worker.workOff();
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
    await scene.worker.workOff();
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
    await scene.worker.workOff();
    expect(scene.sent.map(templateOf)).toEqual(['password-changed']);
  });

  test('finds again what a process took and never sent, and not before its lease is over', async () => {
    const scene = await createScene();
    await scene.add(mail('invite'));
    // As it was when the process died: claimed, and no more.
    void createWorker(scene.database, { send: () => new Promise(() => {}) }, scene.clock).workOff();
    await expect.poll(async () => (await scene.rows())[0]?.attempts).toBe(1);
    expect(await scene.worker.workOff()).toBe(0);
    scene.pass(61);
    expect(await scene.worker.workOff()).toBe(1);
  });

  test('is not undone by somebody who took a message earlier and failed later', async () => {
    const late = Promise.withResolvers<void>();
    const scene = await createScene();
    await scene.add(mail('invite'));
    const first = createWorker(scene.database, { send: () => late.promise }, scene.clock).workOff();
    await expect.poll(async () => (await scene.rows())[0]?.attempts).toBe(1);
    scene.pass(61);
    await scene.worker.workOff();
    late.reject(new UndeliverableError('too late'));
    await first;
    expect((await scene.rows())[0]).toMatchObject({ given_up_at: null, sent_at: expect.any(Date) });
  });

  test('forgets after a week what it sent', async () => {
    const scene = await createScene();
    await scene.add(mail('invite'));
    await scene.worker.workOff();
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
    await scene.worker.workOff();
    expect(scene.sent.map(templateOf).sort()).toEqual(['account-exists', 'recovery']);
  });

  test('gives up what there is no way to send', async () => {
    const scene = await createScene();
    await scene.add(mail('invite'));
    const worker = createWorker(
      scene.database,
      deliverByChannel({ email: null, sms: null, hook: null }),
      scene.clock,
    );
    expect(await worker.workOff()).toBe(0);
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
    const counts = await Promise.all(workers.map((worker) => worker.workOff()));
    expect(counts.reduce((sum, count) => sum + count)).toBe(60);
    expect(sent.flat().sort()).toEqual(wanted.map(({ to }) => to).sort());
    expect(sent.filter((some) => some.length > 0).length).toBeGreaterThan(1);
  });
});
