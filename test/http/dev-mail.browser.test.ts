/** The mailbox in a real browser: what somebody does who has just signed up. */
import { pino } from 'pino';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Message } from '../../src/adapters/mail/message.ts';
import { listen } from '../../src/http/server.ts';
import { addToOutbox, mail } from '../adapters/mail/messages.ts';
import { createTestApp, type TestApp } from '../support/app.ts';
import { hasBrowser, launchBrowser } from '../support/browser.ts';

describe.runIf(hasBrowser)('the mailbox in a browser', () => {
  const strangers: string[] = [];
  const complaints: string[] = [];
  let app: TestApp;
  let url: string;
  let page: Page;
  let close: () => Promise<void>;

  beforeAll(async () => {
    app = await createTestApp({ keep: true });
    const server = await listen(app.app, { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) });
    const browser = await launchBrowser();
    url = server.url;
    close = async () => {
      await browser.close();
      await server.close();
      await app.close();
    };
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url });
    page = await browser.context.newPage();
    page.on('request', (request) => {
      if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('data:'))
        strangers.push(request.url());
    });
    page.on('pageerror', (error) => void complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`${url}/dev/mail`);
  }, 60_000);

  afterAll(() => close?.());

  const send = async (...messages: Message[]) => {
    await addToOutbox(app.database, app.clock.now, ...messages);
    await app.mail.workOff();
  };

  test('says that it is empty, and shows a mail as soon as it is sent', async () => {
    await page.getByText('Nothing was sent yet.').waitFor();
    await send(mail('confirm-signup', { link: `${url}/health`, to: 'ada@example.com' }));
    await page.getByRole('link', { name: 'Confirm your e-mail address' }).waitFor();
    await expect
      .poll(() => page.getByRole('status').textContent())
      .toContain('New: Confirm your e-mail address');
  });

  test('shows the mail as it looks, with its link to open and its code to copy', async () => {
    await page.getByRole('link', { name: 'Confirm your e-mail address' }).click();
    await page.getByRole('heading', { name: 'Confirm your e-mail address', level: 2 }).waitFor();
    const frame = page.frameLocator('iframe');
    await frame.getByRole('heading', { name: 'Confirm your e-mail address' }).waitFor();
    await page.getByRole('button', { name: 'Copy code' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('123456');
    for (const link of [
      page.getByRole('link', { name: 'Open the link' }),
      frame.getByRole('link', { name: 'Confirm address' }),
    ]) {
      const opened = page.context().waitForEvent('page');
      await link.click();
      const popup = await opened;
      await popup.waitForLoadState();
      expect(popup.url()).toBe(`${url}/health`);
      await popup.close();
    }
  });

  test('shows text messages, and of many only those to one recipient', async () => {
    const sms = {
      channel: 'sms',
      template: 'phone-code',
      to: '491700000000',
      userId: mail('invite').userId,
      locale: null,
    } as const;
    await send({ ...sms, code: '777000' });
    await page.getByRole('link', { name: '777000 is your code' }).click();
    await page.getByRole('button', { name: 'Copy code' }).waitFor();
    await page.getByRole('searchbox', { name: 'Recipient' }).fill('49170');
    expect(await page.getByRole('navigation').getByRole('link').count()).toBe(1);
    await page.getByRole('searchbox', { name: 'Recipient' }).fill('');
    expect(await page.getByRole('navigation').getByRole('link').count()).toBe(2);
  });

  test('runs nothing that a message says, neither in the page nor in the frame', async () => {
    const script =
      '<script>document.title = "taken"; parent.document.title = "taken"</script><img src=x onerror="top.taken=1">';
    await app.database.query(
      `insert into limen.mailbox (id, channel, recipient, template, subject, html, text, link, created_at)
       values (gen_random_uuid(), 'email', $1, $1, $1, $2, $1, null, now())`,
      ['<img src=x onerror="window.taken=1">', `${script}<p>a hostile mail</p>`],
    );
    await page.getByRole('link', { name: 'onerror' }).click();
    await page.frameLocator('iframe').getByText('a hostile mail').waitFor();
    expect(await page.title()).toContain('onerror');
    expect(await page.evaluate(() => 'taken' in window)).toBe(false);
    // The browser says of both that the frame may not.
    expect(complaints.splice(0).join()).toContain('sandbox');
  });

  test('asked no other host, and nothing else was stopped by the policy of the page', () => {
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
