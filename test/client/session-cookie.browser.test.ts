/** Sessions in cookies, in a real browser: Limen on one port of localhost, the frontend on another. */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityClient } from '../../src/client/client.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { createTestApp, PASSWORD, type TestApp } from '../support/app.ts';
import { hasBrowser, launchBrowser } from '../support/browser.ts';
import { serveFrontend } from './frontend.ts';

const NAME = '__Host-limen-refresh';

declare global {
  /** What the page keeps in memory. */
  var identity: IdentityClient;
}

describe.runIf(hasBrowser)('a session in a cookie, in a browser', () => {
  const closers: (() => unknown)[] = [];
  let app: TestApp;
  let limen: string;
  let site: string;
  let foreignSite: string;
  let context: BrowserContext;
  let email: string;

  beforeAll(async () => {
    const frontend = await serveFrontend();
    site = `http://localhost:${frontend.port}`;
    // To a browser another site, though it is the same server.
    foreignSite = `http://127.0.0.1:${frontend.port}`;
    app = await createTestApp({ keep: true, env: { CORS_ORIGINS: site } });
    const server = await listen(app.app, { host: '127.0.0.1', port: 0, log: createLog('silent') });
    limen = `http://localhost:${server.port}`;
    email = (await app.signUp('ada')).email;
    const browser = await launchBrowser();
    context = browser.context;
    closers.push(browser.close, server.close, frontend.close, app.close);
  }, 60_000);
  afterAll(async () => {
    for (const close of closers) await close();
  });

  /** The frontend, where nothing is in memory yet. */
  const visit = (page: Page, at = site, server = limen) =>
    page.goto(`${at}/?limen=${encodeURIComponent(`${server}/graphql`)}`);

  async function open(at = site): Promise<Page> {
    const page = await context.newPage();
    await visit(page, at);
    return page;
  }

  const logIn = (page: Page) =>
    page.evaluate((input) => globalThis.identity.login(input), { email, password: PASSWORD });
  const me = (page: Page) => page.evaluate(async () => (await globalThis.identity.me())?.email ?? null);
  const cookie = async () => (await context.cookies(limen)).find(({ name }) => name === NAME);

  test('is out of reach of scripts, outlives the page, and is shared by tabs until somebody signs out', async () => {
    const page = await open();
    expect(await me(page)).toBeNull();
    expect(await logIn(page)).toMatchObject({ __typename: 'AuthSession', refreshToken: null });
    expect(await me(page)).toBe(email);
    expect(await cookie()).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' });
    const { value } = (await cookie())!;
    const readable = await page.evaluate(() =>
      JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }]),
    );
    expect(readable).toBe('["",{},{}]');

    await visit(page);
    expect(await me(page)).toBe(email);
    expect((await cookie())!.value).not.toBe(value);

    const tab = await open();
    const refresh = () => globalThis.identity.refresh().then(({ __typename }) => __typename);
    expect(await me(tab)).toBe(email);
    for (let round = 0; round < 3; round += 1) {
      expect(await Promise.all([page.evaluate(refresh), tab.evaluate(refresh)])).toEqual([
        'AuthSession',
        'AuthSession',
      ]);
    }
    expect(await app.database.query('select 1 from auth.sessions')).toHaveLength(2);

    await tab.evaluate(() => globalThis.identity.logout());
    expect(await cookie()).toBeUndefined();
    await expect(me(page)).rejects.toThrow('The session is over');
    await visit(page);
    expect(await me(page)).toBeNull();
  }, 30_000);

  test('is of no use to the page of another site', async () => {
    const page = await open();
    await logIn(page);
    const before = await cookie();
    const foreign = await open(foreignSite);
    const attempts = await foreign.evaluate(async (url) => {
      const body = JSON.stringify({ query: 'mutation { refreshSession { __typename } }' });
      const send = (init: RequestInit) =>
        fetch(url, { method: 'POST', body, credentials: 'include', ...init }).then(
          (response) => response.type,
          () => 'blocked',
        );
      return Promise.all([
        send({ headers: { 'content-type': 'application/json' } }),
        send({}),
        send({ mode: 'no-cors' }),
      ]);
    }, `${limen}/graphql`);
    expect(attempts).toEqual(['blocked', 'blocked', 'blocked']);
    await expect(me(foreign)).rejects.toThrow('no answer');
    expect(await cookie()).toEqual(before);
    expect(await me(page)).toBe(email);
  });

  test('works on the pages of Limen itself while CORS_ORIGINS is *', async () => {
    const open = await createTestApp({ env: { CORS_ORIGINS: '*' } });
    const server = await listen(open.app, { host: '127.0.0.1', port: 0, log: createLog('silent') });
    closers.unshift(server.close);
    const ada = await open.signUp('ada');
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${server.port}/graphql`, { waitUntil: 'commit' });
    const answers = await page.evaluate(
      async (input) => {
        const ask = async (query: string, variables = {}) => {
          const headers = { 'content-type': 'application/json' };
          const body = JSON.stringify({ query, variables });
          return (await fetch('/graphql', { method: 'POST', headers, body })).json();
        };
        const mutation = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
        return [await ask(mutation, { input }), await ask('mutation { refreshSession { __typename } }')];
      },
      { email: ada.email, password: PASSWORD, transport: 'COOKIE' },
    );
    expect(answers).toEqual([
      { data: { login: { __typename: 'AuthSession' } } },
      { data: { refreshSession: { __typename: 'AuthSession' } } },
    ]);
  });

  test('is kept for the pages of another site where the operator says none', async () => {
    const open = await createTestApp({ env: { CORS_ORIGINS: foreignSite, COOKIE_SAME_SITE: 'none' } });
    const server = await listen(open.app, { host: '127.0.0.1', port: 0, log: createLog('silent') });
    closers.unshift(server.close);
    const ada = await open.signUp('ada');
    const page = await context.newPage();
    const begin = () => visit(page, foreignSite, `http://localhost:${server.port}`);
    await begin();
    await page.evaluate((input) => globalThis.identity.login(input), {
      email: ada.email,
      password: PASSWORD,
    });
    await begin();
    expect(await me(page)).toBe(ada.email);
    await page.evaluate(() => globalThis.identity.logout());
    await begin();
    expect(await me(page)).toBeNull();
  });
});
