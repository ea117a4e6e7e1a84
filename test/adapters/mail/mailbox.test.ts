import { describe, expect, test } from 'vitest';
import { createMailbox } from '../../../src/adapters/mail/mailbox.ts';
import { createTestRenderer, mail } from './messages.ts';
import { createScene } from './scene.ts';

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
