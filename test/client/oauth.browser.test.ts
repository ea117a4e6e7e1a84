/** Sign-in by a provider, in a real browser: Limen, the provider and the frontend on three origins. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityClient } from '../../src/client/client.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { createTestApp } from '../support/app.ts';
import { hasBrowser, launchBrowser } from '../support/browser.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type OpenIdProvider,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { serveFrontend } from './frontend.ts';

declare global {
  /** What the page keeps in memory. */
  var identity: IdentityClient;
}

/** Limen has to know where it will be reached before it is there. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.runIf(hasBrowser)('sign-in by a provider, in a browser', () => {
  const closers: (() => unknown)[] = [];
  let provider: OpenIdProvider;
  let limen: string;
  let site: string;
  let context: BrowserContext;

  beforeAll(async () => {
    const frontend = await serveFrontend();
    const port = await freePort();
    [limen, site] = [`http://localhost:${port}`, `http://localhost:${frontend.port}`];
    provider = await startOpenIdProvider(`${limen}/auth/v1/callback`);
    const app = await createTestApp({
      keep: true,
      env: {
        CORS_ORIGINS: site,
        SITE_URL: site,
        API_EXTERNAL_URL: limen,
        OIDC_PROVIDERS: 'acme',
        OIDC_ACME_ISSUER: provider.issuer,
        OIDC_ACME_CLIENT_ID: CLIENT_ID,
        OIDC_ACME_SECRET: CLIENT_SECRET,
      },
    });
    const server = await listen(app.app, { host: '127.0.0.1', port, log: createLog('silent') });
    const browser = await launchBrowser();
    context = browser.context;
    closers.push(browser.close, server.close, frontend.close, app.close, provider.close);
  }, 60_000);
  afterAll(async () => {
    for (const close of closers) await close();
  });

  const frontend = () => `${site}/?limen=${encodeURIComponent(`${limen}/graphql`)}`;

  /** The pages of the provider. */
  async function signInAtProvider(page: Page): Promise<string> {
    const subject = randomUUID();
    const email = `${subject}@example.com`;
    provider.people.set(subject, { email, email_verified: true });
    await page.fill('input[name=login]', subject);
    await page.fill('input[name=password]', 'any');
    await page.click('button[type=submit]');
    await page.click('button[type=submit]:has-text("Continue")');
    return email;
  }

  test('goes by way of the provider and comes back to a session in a cookie', async () => {
    const page = await context.newPage();
    await page.goto(frontend());
    const begun = await page.evaluate(
      (redirectTo) => globalThis.identity.signInWithOAuth({ provider: 'custom:acme', redirectTo }),
      frontend(),
    );
    if (begun.__typename !== 'ProviderRedirect') throw new Error(begun.code);
    await page.goto(begun.url);
    const email = await signInAtProvider(page);
    await page.waitForURL((url) => url.origin === site && url.searchParams.has('code'));
    const result = await page.evaluate(() => {
      const code = new URLSearchParams(location.search).get('code') ?? '';
      return globalThis.identity.exchangeCode(code);
    });
    expect(result).toMatchObject({ __typename: 'AuthSession', refreshToken: null });
    await page.goto(frontend());
    expect(await page.evaluate(async () => (await globalThis.identity.me())?.email)).toBe(email);
    await page.close();
  });

  test('comes back without PKCE too, by the cookie that marks the browser', async () => {
    await context.clearCookies();
    const page = await context.newPage();
    await page.goto(frontend());
    const url = `${limen}/auth/v1/authorize?provider=custom:acme&redirect_to=${encodeURIComponent(frontend())}`;
    // A link on a page of another origin, as a person would follow it.
    await page.evaluate((href) => location.assign(href), url);
    await signInAtProvider(page);
    await page.waitForURL((back) => back.origin === site);
    expect(new URL(page.url()).hash).toMatch(/^#access_token=/);
    await page.close();
  });
});
