import { describe, expect, test } from 'vitest';
import { createIdentityClient, RefreshSessionDocument } from '../../src/client/client.ts';
import { createMemoryStorage } from '../../src/client/session-storage.ts';
import { PASSWORD } from '../support/app.ts';
import { type CookieJar, fetchFrom } from '../support/cookie-fetch.ts';
import { createClientTestApp } from './client-test-app.ts';

const SITE = 'https://app.example.com';

async function start() {
  const app = await createClientTestApp({ env: { CORS_ORIGINS: SITE } });
  const jar: CookieJar = { cookie: null };
  const sent: string[] = [];
  const fetchAndNote: typeof fetch = (input, init) => {
    sent.push(/(?:query|mutation) (\w+)/.exec(String(init?.body))![1]!);
    return fetchFrom(SITE, jar)(input, init);
  };
  return {
    ...app,
    jar,
    sent,
    /** A page that has just begun, in the one browser there is. */
    tab: () => app.client({ session: 'cookie', fetch: fetchAndNote }),
  };
}

async function signedIn(app: Awaited<ReturnType<typeof start>>, name = 'ada') {
  const { email } = await app.signUp(name);
  const tab = app.tab();
  await tab.login({ email, password: PASSWORD });
  app.sent.length = 0;
  tab.events.length = 0;
  return { tab, email };
}

describe('a client whose session is in a cookie', () => {
  test('takes it up again once for all calls that a page begins with', async () => {
    const app = await start();
    const { email } = await signedIn(app);
    const tab = app.tab();
    expect(await tab.getSession()).toBeNull();
    const [me, viewer] = await Promise.all([tab.me(), tab.viewer(), tab.me()]);
    expect([me?.email, viewer.kind]).toEqual([email, 'PERSON']);
    expect(app.sent.filter((name) => name === 'RefreshSession')).toHaveLength(1);
    expect(tab.events).toEqual(['SESSION_RESTORED']);
    expect(await tab.restore()).toMatchObject({ refreshToken: null, user: { email } });
  });

  test('asks once where nobody is signed in, and again when told to', async () => {
    const app = await start();
    const tab = app.tab();
    expect([await tab.me(), await tab.me()]).toEqual([null, null]);
    expect(app.sent).toEqual(['RefreshSession', 'Me', 'Me']);
    const { email } = await signedIn(app);
    expect(await tab.me()).toBeNull();
    expect((await tab.restore())?.user.email).toBe(email);
    expect((await tab.me())?.email).toBe(email);
  });

  test('refreshes in one tab after the other, so that none falls behind', async () => {
    const app = await start();
    const { tab } = await signedIn(app);
    const other = app.tab();
    await other.me();
    for (let round = 0; round < 5; round += 1) {
      const results = await Promise.all([tab, other, tab, other].map((client) => client.refresh()));
      expect(new Set(results.map(({ __typename }) => __typename))).toEqual(new Set(['AuthSession']));
    }
  });

  test('signs out before the page has asked for anything', async () => {
    const app = await start();
    await signedIn(app);
    const tab = app.tab();
    expect((await tab.logout()).__typename).toBe('LoggedOut');
    expect([app.jar.cookie, await tab.getSession(), await tab.me()]).toEqual([null, null, null]);
    expect(tab.events).toEqual(['SESSION_RESTORED', 'SIGNED_OUT']);
  });

  test('never repeats a call as the person who signed in in another tab', async () => {
    const app = await start();
    const { tab } = await signedIn(app);
    const { email } = await signedIn(app, 'grace');
    app.clock.advance(3600);
    await expect(tab.updateProfile({ displayName: 'Ada' })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect(tab.events).toEqual(['SIGNED_IN']);
    expect(await tab.me()).toMatchObject({ email, displayName: null });
  });

  test('does not ask at the beginning while nothing answers, and does afterwards', async () => {
    const app = await start();
    const { email } = await signedIn(app);
    const tab = app.tab();
    await app.goAway();
    await expect(tab.me()).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
    await app.comeBack();
    expect((await tab.me())?.email).toBe(email);
  });

  test('moves a session there that was in a storage', async () => {
    const app = await start();
    const { refreshToken, email } = await app.signUp('ada');
    const tab = app.tab();
    await tab.request(RefreshSessionDocument, { input: { refreshToken, transport: 'COOKIE' } });
    expect((await tab.restore())?.user.email).toBe(email);
  });

  test('takes no storage', () => {
    const options = { url: 'https://id.example.com/graphql', session: 'cookie' } as const;
    expect(() => createIdentityClient({ ...options, storage: createMemoryStorage() })).toThrow(TypeError);
  });
});
