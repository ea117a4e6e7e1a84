/** Passkeys in a real browser, with its virtual authenticator: the client that is published, on a page of its own. */
import type { BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { IdentityClient, SignInWithPasskeyOptions } from '../../src/client/client.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { createTestApp, PASSWORD, type TestApp } from '../support/app.ts';
import { hasBrowser, launchBrowser } from '../support/browser.ts';
import { serveFrontend } from './frontend.ts';

declare global {
  /** What the page keeps in memory. */
  var identity: IdentityClient;
}

describe.runIf(hasBrowser)('passkeys in a browser', () => {
  const closers: (() => unknown)[] = [];
  let app: TestApp;
  let context: BrowserContext;
  let address: (host: string) => string;

  beforeAll(async () => {
    const frontend = await serveFrontend();
    const origins = ['localhost', 'neighbour.localhost'].map((host) => `http://${host}:${frontend.port}`);
    app = await createTestApp({
      keep: true,
      env: { CORS_ORIGINS: origins.join(), WEBAUTHN_CHALLENGE_EXPIRY_DURATION: '4s' },
    });
    const server = await listen(app.app, { host: '127.0.0.1', port: 0, log: createLog('silent') });
    const limen = encodeURIComponent(`http://localhost:${server.port}/graphql`);
    address = (host) => `http://${host}:${frontend.port}/?limen=${limen}`;
    const browser = await launchBrowser();
    context = browser.context;
    closers.push(browser.close, server.close, frontend.close, app.close);
  }, 60_000);
  afterAll(async () => {
    for (const close of closers) await close();
  });

  /** A page with an authenticator of its own, as a phone or a laptop has one. */
  async function open(host = 'localhost') {
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await page.goto(address(host));
    return { page, cdp, authenticatorId };
  }

  const register = (page: Page, name: string) =>
    page.evaluate((name) => globalThis.identity.registerPasskey({ name }).catch(({ code }) => code), name);
  const signIn = (page: Page, options: SignInWithPasskeyOptions = {}) =>
    page.evaluate(
      (options) => globalThis.identity.signInWithPasskey(options).catch(({ code }) => code),
      options,
    );
  const userVerified = (cdp: CDPSession, authenticatorId: string, isUserVerified: boolean) =>
    cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });

  async function signedUp(page: Page, name: string) {
    const { email } = await app.signUp(name);
    await page.evaluate((input) => globalThis.identity.login(input), { email, password: PASSWORD });
    return email;
  }

  test('one is registered, signs in, is not made twice, and can be removed', async () => {
    const { page, cdp, authenticatorId } = await open();
    const email = await signedUp(page, 'ada');
    const passkey = await register(page, 'Laptop');
    expect(passkey).toMatchObject({ __typename: 'Passkey', name: 'Laptop', isBackedUp: false });
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    expect(credentials).toMatchObject([{ isResidentCredential: true, rpId: 'localhost', userName: email }]);
    expect(await register(page, 'Again')).toMatchObject({
      __typename: 'PasskeyExistsError',
      code: 'PASSKEY_EXISTS',
    });

    await page.evaluate(() => globalThis.identity.logout());
    expect(await page.evaluate(() => globalThis.identity.getSession())).toBeNull();
    expect(await signIn(page)).toMatchObject({ __typename: 'AuthSession', user: { email } });
    expect(await page.evaluate(async () => (await globalThis.identity.me())?.email)).toBe(email);
    const [kept] = await page.evaluate(() => globalThis.identity.passkeys());
    expect(kept).toMatchObject({ id: passkey.id, lastUsedAt: expect.any(String) });

    const renamed = await page.evaluate(
      (id) => globalThis.identity.renamePasskey({ id, name: 'Old' }),
      kept!.id,
    );
    expect(renamed).toMatchObject({ name: 'Old' });
    await page.evaluate((id) => globalThis.identity.removePasskey({ id }), kept!.id);
    expect(await signIn(page)).toMatchObject({ code: 'PASSKEY_NOT_ACCEPTED' });
  });

  test('whoever cannot verify themselves, or stops it, is told apart from an outage', async () => {
    const { page, cdp, authenticatorId } = await open();
    await signedUp(page, 'ada');
    expect(await register(page, 'Phone')).toMatchObject({ __typename: 'Passkey' });
    await userVerified(cdp, authenticatorId, false);
    expect(await signIn(page)).toBe('PASSKEY_CANCELLED');
    await userVerified(cdp, authenticatorId, true);
    const aborted = await page.evaluate(() => {
      const signal = AbortSignal.abort();
      return globalThis.identity.signInWithPasskey({ signal }).catch(({ code }) => code);
    });
    expect(aborted).toBe('PASSKEY_CANCELLED');
    expect(await signIn(page)).toMatchObject({ __typename: 'AuthSession' });
  });

  test('another domain gets no passkey of this one', async () => {
    const { page } = await open('neighbour.localhost');
    await signedUp(page, 'ada');
    expect(await register(page, 'Phishing')).toBe('PASSKEY_FAILED');
  });

  test('are offered where the browser fills in names, with a fresh challenge in time, until another ceremony begins', async () => {
    const { page, cdp, authenticatorId } = await open();
    const email = await signedUp(page, 'ada');
    await register(page, 'Laptop');
    const touch = (enabled: boolean) =>
      cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled });
    let started = 0;
    page.on('request', (request) => {
      if (request.postData()?.includes('StartPasskeySignIn')) started += 1;
    });
    await touch(false);
    const first = signIn(page, { mediation: 'conditional' });
    await expect.poll(() => started, { timeout: 10_000 }).toBe(2);
    const second = signIn(page, { mediation: 'conditional' });
    expect(await first).toBe('PASSKEY_CANCELLED');
    await touch(true);
    expect(await second).toMatchObject({ __typename: 'AuthSession', user: { email } });
  });

  test('a browser without them is told so', async () => {
    const { page } = await open();
    const code = await page.evaluate(() => {
      Reflect.deleteProperty(globalThis, 'PublicKeyCredential');
      return globalThis.identity.signInWithPasskey().catch(({ code }) => code);
    });
    expect(code).toBe('PASSKEYS_NOT_SUPPORTED');
  });
});
