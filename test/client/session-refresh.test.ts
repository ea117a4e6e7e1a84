import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createMemoryStorage } from '../../src/client/session-storage.ts';
import { PASSWORD } from '../support/app.ts';
import { createClientTestApp } from './client-test-app.ts';
import { createSlowStorage } from './slow-storage.ts';

const HOUR = 3600;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** On this device too. */
function passTime(app: { clock: { advance(seconds: number): void } }, seconds: number) {
  app.clock.advance(seconds);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
}

describe('an access token that is refused', () => {
  test('is refreshed once for all calls that wait, and each is sent again', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    app.clock.advance(HOUR);
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.me()));
    expect(new Set(answers.map((me) => me?.email)).size).toBe(1);
    expect(answers[0]?.email).toContain('ada');
    expect(client.count('RefreshSession')).toBe(1);
    expect(client.count('Me')).toBe(40);
    expect(client.events).toEqual(['TOKEN_REFRESHED']);
  });

  test('repeats a mutation that was refused, and does it once', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    app.clock.advance(HOUR);
    expect(await client.updateProfile({ displayName: 'Ada' })).toMatchObject({ displayName: 'Ada' });
    expect(client.sent).toEqual(['UpdateProfile', 'RefreshSession', 'UpdateProfile']);
    expect(client.events).toEqual(['TOKEN_REFRESHED', 'USER_UPDATED']);
  });

  test('is refreshed by one of two clients with one storage', async () => {
    const app = await createClientTestApp();
    const storage = createSlowStorage();
    const tabs = [await app.signedIn('ada', { storage }), app.client({ storage })];
    app.clock.advance(HOUR);
    await Promise.all(tabs.flatMap((tab) => [tab.me(), tab.me(), tab.viewer()]));
    expect(tabs[0]!.count('RefreshSession') + tabs[1]!.count('RefreshSession')).toBe(1);
    expect(await tabs[1]!.getSession()).toEqual(await tabs[0]!.getSession());
  });

  test('is refreshed by one of two clients where the platform has no locks', async () => {
    vi.stubGlobal('navigator', undefined);
    const app = await createClientTestApp();
    const storage = createSlowStorage();
    const tabs = [await app.signedIn('ada', { storage }), app.client({ storage })];
    app.clock.advance(HOUR);
    await Promise.all(tabs.map((tab) => tab.me()));
    expect(tabs[0]!.count('RefreshSession') + tabs[1]!.count('RefreshSession')).toBe(1);
  });

  test('is never replaced by the token of somebody else who signed in meanwhile', async () => {
    const app = await createClientTestApp();
    const grace = await app.signUp('grace');
    const storage = createMemoryStorage();
    const client = await app.signedIn('ada', {
      storage,
      // Between the call and its refusal another tab signs in.
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (response.status === 401) {
          await app.client({ storage }).login({ email: grace.email, password: PASSWORD });
        }
        return response;
      },
    });
    app.clock.advance(HOUR);
    await expect(client.updateProfile({ displayName: 'Ada' })).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    const session = await client.getSession();
    expect(session?.user).toMatchObject({ id: grace.id, displayName: null });
  });
});

test('a refresh does not undo a change of the person that came while its answer was on the way', async () => {
  const app = await createClientTestApp();
  const answered = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const client = await app.signedIn('ada', {
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      if (String(init?.body).includes('mutation RefreshSession')) {
        answered.resolve();
        await released.promise;
      }
      return response;
    },
  });
  const refresh = client.refresh();
  await answered.promise;
  await client.updateProfile({ displayName: 'Ada' });
  released.resolve();
  const result = await refresh;
  expect(await client.getSession()).toMatchObject({ ...result, user: { displayName: 'Ada' } });
});

describe('an access token that has expired by the clock', () => {
  test('is refreshed before the call', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    passTime(app, HOUR);
    await Promise.all([client.me(), client.me()]);
    expect(client.sent).toEqual(['RefreshSession', 'Me', 'Me']);
  });

  test('is the same to a device whose clock is wrong', async () => {
    const app = await createClientTestApp();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 24 * HOUR * 1000 });
    const client = app.client();
    await client.signup({ email: 'ada@example.com', password: PASSWORD });
    await client.me();
    expect(client.sent).toEqual(['Signup', 'Me']);
  });
});

describe('a session that is over', () => {
  test('is forgotten, listeners are told once, and the calls reject', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    await app.database.query('delete from auth.sessions');
    app.clock.advance(HOUR);
    const calls = await Promise.allSettled([client.me(), client.viewer(), client.me()]);
    for (const call of calls) {
      expect(call).toMatchObject({ status: 'rejected', reason: { code: 'UNAUTHENTICATED', status: null } });
    }
    expect(client.events).toEqual(['SIGNED_OUT']);
    expect(client.count('RefreshSession')).toBe(1);
    expect(await client.getSession()).toBeNull();
    expect(await client.me()).toBeNull();
  });

  test('answers refresh with the outcome, and rejects it when nobody is signed in', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    await app.database.query('delete from auth.sessions');
    expect((await client.refresh()).__typename).toBe('InvalidRefreshTokenError');
    await expect(client.refresh()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('a session that cannot be refreshed at the moment', () => {
  test('is kept while nothing answers, and goes on afterwards', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    const before = await client.getSession();
    passTime(app, HOUR);
    await app.goAway();
    await expect(client.me()).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
    expect(await client.getSession()).toEqual(before);
    expect(client.events).toEqual([]);
    await app.comeBack();
    expect(await client.me()).not.toBeNull();
    expect(client.events).toEqual(['TOKEN_REFRESHED']);
  });

  test('is kept while there are too many attempts, and the calls say how long to wait', async () => {
    const app = await createClientTestApp({ env: { RATE_LIMITS: 'on' } });
    const client = await app.signedIn('ada');
    let result = await client.refresh();
    while (result.__typename === 'AuthSession') result = await client.refresh();
    expect(result).toMatchObject({ __typename: 'RateLimitedError', retryAfterSeconds: expect.any(Number) });
    app.clock.advance(HOUR);
    await expect(client.me()).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterSeconds: expect.any(Number),
    });
    expect(await client.getSession()).not.toBeNull();
    expect(client.events).not.toContain('SIGNED_OUT');
  });
});

describe('the storage', () => {
  test('restores the session in a client that comes later', async () => {
    const app = await createClientTestApp();
    const storage = createMemoryStorage();
    await app.signedIn('ada', { storage });
    const later = app.client({ storage });
    expect((await later.me())?.email).toContain('ada');
    expect(await app.client({ storage, storageKey: 'other' }).me()).toBeNull();
  });

  test('signs out every client that shares it', async () => {
    const app = await createClientTestApp();
    const storage = createMemoryStorage();
    const client = await app.signedIn('ada', { storage });
    const other = app.client({ storage });
    await client.logout();
    expect(await other.me()).toBeNull();
  });

  test('may hold what is no session', async () => {
    const app = await createClientTestApp();
    const storage = createMemoryStorage();
    for (const item of ['{', '"text"', '{"session":{}}', 'null']) {
      await storage.setItem('limen.session', item);
      expect(await app.client({ storage }).getSession()).toBeNull();
    }
  });
});

describe('other clients', () => {
  test('get an authorization header that holds', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    passTime(app, HOUR);
    const header = (await client.authorizationHeader())!;
    expect(client.sent).toEqual(['RefreshSession']);
    const { data } = await app.graphql('{ me { email } }', {}, { headers: { authorization: header } });
    expect(data.me.email).toContain('ada');
    expect(await app.client().authorizationHeader()).toBeNull();
  });

  test('get a fetch that refreshes and sends again', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada');
    app.clock.advance(HOUR);
    const response = await client.fetch(app.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'query Mine { me { email } }' }),
    });
    expect(await response.json()).toMatchObject({ data: { me: { email: expect.stringContaining('ada') } } });
    expect(client.sent).toEqual(['Mine', 'RefreshSession', 'Mine']);
  });

  test('get a fetch that shows the token to no other origin', async () => {
    const app = await createClientTestApp();
    const client = await app.signedIn('ada', { fetch });
    const seen: (string | undefined)[] = [];
    const elsewhere = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(401).end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const response = await client.fetch(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
    elsewhere.close();
    expect(response.status).toBe(401);
    expect(seen).toEqual([undefined]);
  });
});
