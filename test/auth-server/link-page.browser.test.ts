/** The page behind a mailed link, in a real browser: its policy must let the form lead where the protocol says, and nothing else. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../src/http/server.ts';
import { createTestApp, PASSWORD, type TestApp } from '../support/app.ts';
import { hasBrowser, launchBrowser } from '../support/browser.ts';

const SIGN_UP =
  'mutation ($input: SignupInput!) { signup(input: $input) { ... on EmailConfirmationSent { email } } }';

describe.runIf(hasBrowser)('the page behind a mailed link', () => {
  let app: TestApp;
  let page: Page;
  let url: string;
  let site: string;
  const complaints: string[] = [];
  const closers: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const application = await startApplication();
    site = application.url;
    app = await createTestApp({ keep: true, env: { EMAIL_CONFIRMATION: 'on', SITE_URL: site } });
    const server = await listen(app.app, { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) });
    url = server.url;
    const browser = await launchBrowser();
    page = await browser.context.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    closers.push(
      browser.close,
      () => server.close(),
      () => app.close(),
      application.close,
    );
  });
  afterAll(async () => {
    for (const close of closers) await close();
  });

  /** The link of a mail, at the address where this server really listens. */
  async function linkFor(email: string) {
    await app.graphql(SIGN_UP, { input: { email, password: PASSWORD } });
    const { pathname, search } = new URL((await app.messagesTo(email))[0]!.link!);
    return `${url}${pathname}${search}`;
  }

  test('is read aloud as a heading and a button, works by the keyboard, and leads to the application signed in', async () => {
    const link = await linkFor('ada@example.com');
    await page.goto(link);
    await page.reload();
    const button = page.getByRole('button', { name: 'Confirm' });
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Confirm your e-mail address');
    expect(await button.getAttribute('aria-describedby')).toBe('goes-to');
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    await page.keyboard.press('Tab');
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${site}/**`);
    const fragment = new URLSearchParams(new URL(page.url()).hash.slice(1));
    expect(fragment.get('type')).toBe('signup');
    expect(fragment.get('access_token')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(complaints).toEqual([]);
  });

  test('tells the application that a link is used up', async () => {
    const link = await linkFor('grace@example.com');
    for (let times = 0; times < 2; times += 1) {
      await page.goto(link);
      await page.getByRole('button').click();
      await page.waitForURL(`${site}/**`);
    }
    expect(new URL(page.url()).hash).toContain('error_code=otp_expired');
  });
});

/** The application that people are sent to: another origin. */
async function startApplication() {
  const server: Server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><link rel="icon" href="data:,"><title>The application</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
