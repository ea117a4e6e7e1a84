import { describe, expect, onTestFinished, test } from 'vitest';
import { createSmtpDelivery } from '../../../src/adapters/mail/smtp-delivery.ts';
import { startMailServer } from './mail-server.ts';
import { createTestRenderer, mail } from './messages.ts';
import { createScene, createWorker } from './scene.ts';

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
    expect(await worker.workOff()).toBe(1);
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
      await worker.workOff();
      expect(server.received).toEqual([]);
      expect((await rows())[0]).toMatchObject({ sent_at: null, given_up_at: null });
      pass(60);
    }
    await server.close();
    await worker.workOff();
    expect((await rows())[0]).toMatchObject({ sent_at: null, last_error: expect.stringContaining('ECONN') });
    pass(60);
    const back = await startMailServer(Number(new URL(server.url).port));
    expect(await worker.workOff()).toBe(1);
    expect(back.received).toHaveLength(1);
  });

  test('has the same Message-ID when nobody knows whether the first time worked', async () => {
    const { server, add, worker, pass } = await createSmtpScene();
    await add(mail('recovery'));
    server.behaviour = 'drop-after-data';
    expect(await worker.workOff()).toBe(0);
    pass(60);
    const back = await startMailServer(Number(new URL(server.url).port));
    expect(await worker.workOff()).toBe(1);
    const ids = [...server.received, ...back.received].map(({ mail: { messageId } }) => messageId);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^<[0-9a-f-]{36}@example\.com>$/);
  });

  test('is given up where the server knows no such recipient; what is kept and logged holds no link, code or address', async () => {
    const { server, add, worker, rows, log } = await createSmtpScene();
    server.behaviour = 'refuse-recipient';
    await add(mail('recovery'));
    await worker.workOff();
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
    await worker.workOff();
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
    expect(await worker.workOff()).toBe(0);
    expect(server.received).toEqual([]);
    expect(JSON.stringify([await scene.rows(), scene.log])).not.toContain('hunter2');
    await delivery.close?.();
  });
});
