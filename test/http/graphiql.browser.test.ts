/** GraphiQL in a real browser: what a newcomer does in their first minute, with every other host out of reach. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../src/http/server.ts';
import { createTestApp } from '../support/app.ts';

const PLACES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const executablePath = PLACES.find((path) => path !== undefined && existsSync(path));

if (!executablePath) {
  const message = 'GraphiQL is not tried in a browser: no Chromium is installed (CHROMIUM_PATH names one).';
  if (process.env.CI === 'true') throw new Error(message);
  process.stderr.write(`${message}\n`);
}

/** It works without a network: whatever it starts, it asks nobody but us. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

describe.runIf(executablePath)('GraphiQL in a browser', () => {
  const userDataDir = mkdtempSync(join(tmpdir(), 'limen-browser-'));
  const strangers: string[] = [];
  const complaints: string[] = [];
  let url: string;
  let context: BrowserContext;
  let page: Page;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const app = await createTestApp({ keep: true });
    const server = await listen(app.app, { host: '127.0.0.1', port: 0, log: pino({ level: 'silent' }) });
    url = server.url;
    close = async () => {
      await server.close();
      await app.close();
    };
    context = await chromium.launchPersistentContext(userDataDir, {
      executablePath: executablePath as string,
      headless: true,
      args: FLAGS,
    });
    page = await context.newPage();
    page.on('request', (request) => {
      const from = request.url();
      if (!from.startsWith(`${url}/`) && !from.startsWith(`blob:${url}/`) && !from.startsWith('data:')) {
        strangers.push(from);
      }
    });
    page.on('pageerror', (error) => void complaints.push(error.message));
    // A policy that stops something says so on the console.
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.goto(`${url}/graphql`);
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  }, 60_000);

  afterAll(async () => {
    await context?.close();
    await close?.();
    rmSync(userDataDir, { recursive: true, force: true });
  });

  /** As the tour says: the play button, then the operation by its name. */
  async function run(name: string) {
    const answer = page.waitForResponse((response) =>
      (response.request().postData() ?? '').includes(`"operationName":"${name}"`),
    );
    await page.locator('.graphiql-execute-button').click();
    await page.getByRole('menuitem', { name, exact: true }).click();
    return (await answer).json();
  }

  /** The editors write blanks that do not break. */
  const textOf = async (selector: string) =>
    ((await page.locator(selector).textContent()) ?? '').replaceAll('\u00a0', ' ');

  test('the first tab holds the tour', async () => {
    expect(await textOf('.graphiql-query-editor')).toContain('Welcome to Limen');
  });

  test('the tour can be walked: sign up, put the token into the headers, ask who one is, change the profile', async () => {
    expect((await run('Me')).data.me).toBeNull();
    const { data } = await run('SignUp');
    expect(data.signup).toMatchObject({ __typename: 'AuthSession', user: { email: 'ada@example.com' } });

    await page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden)').last().click();
    await page.keyboard.insertText(`{ "Authorization": "Bearer ${data.signup.accessToken}" }`);
    await run('Me');
    await expect.poll(() => textOf('.result-window')).toContain('"email": "ada@example.com"');
    await run('UpdateProfile');
    await run('Me');
    await expect.poll(() => textOf('.result-window')).toContain('"displayName": "Ada Lovelace"');
  });

  test('the documentation of the schema is there', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await expect.poll(() => textOf('.graphiql-doc-explorer')).toContain('Mutation');
  });

  test('the access token is not kept in the browser', async () => {
    const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    expect(stored).toContain('Welcome to Limen');
    expect(stored).not.toContain('eyJ');
  });

  test('no other host was asked for anything, and nothing was stopped by the policy of the page', () => {
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
