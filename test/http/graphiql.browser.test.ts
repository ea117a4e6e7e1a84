/** GraphiQL in a real browser: what a newcomer does in their first minute, with every other host out of reach. */
import { pino } from 'pino';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../../src/http/server.ts';
import { createTestApp } from '../support/app.ts';
import { hasBrowser, launchBrowser } from '../support/browser.ts';

describe.runIf(hasBrowser)('GraphiQL in a browser', () => {
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
    const browser = await launchBrowser();
    context = browser.context;
    close = async () => {
      await browser.close();
      await server.close();
      await app.close();
    };
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
    await close?.();
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
