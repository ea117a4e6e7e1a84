import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { createRemoteKeys } from '../../../src/adapters/tokens/remote-keys.ts';
import { ServiceUnavailableError } from '../../../src/identity/errors.ts';

const MINUTE = 60_000;

let one: JWK;
let two: JWK;

beforeAll(async () => {
  [one, two] = (await Promise.all(
    ['one', 'two'].map(async (kid) => {
      const { publicKey } = await generateKeyPair('ES256', { extractable: true });
      return { ...(await exportJWK(publicKey)), alg: 'ES256', kid, use: 'sig', key_ops: ['verify'] };
    }),
  )) as [JWK, JWK];
});

/** A project's JWKS address, as the network would show it. */
function project(jwtSecret: string | null = null) {
  const upstream = {
    requests: 0,
    answer: (): Response | Promise<Response> => Response.json({ keys: [one] }),
    nowMs: Date.parse('2026-03-01T12:00:00Z'),
  };
  const keys = createRemoteKeys({
    jwksUrl: 'https://project.example.com/auth/v1/.well-known/jwks.json',
    jwtSecret,
    fetch: async () => {
      upstream.requests++;
      return upstream.answer();
    },
    clock: () => new Date(upstream.nowMs),
    timeoutMs: 1000,
  });
  const find = (kid: string, alg = 'ES256') => keys.find({ alg, kid });
  return { upstream, keys, find };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const isDown = () => Promise.reject(new TypeError('fetch failed'));

describe("a Supabase project's keys", () => {
  test('are fetched once for many tokens at the same time', async () => {
    const { upstream, find } = project();
    const found = await Promise.all(Array.from({ length: 20 }, () => find('one')));
    expect(new Set(found).size).toBe(1);
    expect(found[0]).toMatchObject({ kid: 'one', alg: 'ES256' });
    expect(upstream.requests).toBe(1);
  });

  test('are fetched again for an unknown kid, at most every 30 seconds', async () => {
    const { upstream, find } = project();
    await find('one');
    upstream.answer = () => Response.json({ keys: [one, two] });
    expect(await find('two')).toMatchObject({ kid: 'two' });
    expect(upstream.requests).toBe(2);
    for (const kid of ['a', 'b', 'c']) expect(await find(kid)).toBeUndefined();
    expect(upstream.requests).toBe(2);
    upstream.nowMs += 30_000;
    expect(await find('d')).toBeUndefined();
    expect(upstream.requests).toBe(3);
  });

  test('that were withdrawn are believed no more after ten minutes, however long nobody asked', async () => {
    const { upstream, find } = project();
    await find('one');
    upstream.answer = () => Response.json({ keys: [two] });
    upstream.nowMs += 9 * MINUTE;
    expect(await find('one')).toBeDefined();
    upstream.nowMs += 60 * MINUTE;
    expect(await Promise.all([find('one'), find('one'), find('two')])).toEqual([
      undefined,
      undefined,
      expect.objectContaining({ kid: 'two' }),
    ]);
    expect(upstream.requests).toBe(3);
  });

  test('are waited for no longer than a second by whoever has some', async () => {
    const { upstream, find } = project();
    await find('one');
    upstream.nowMs += 11 * MINUTE;
    const { promise, resolve } = Promise.withResolvers<Response>();
    upstream.answer = () => promise;
    expect(await find('one')).toBeDefined();
    expect(await find('one')).toBeDefined();
    expect(upstream.requests).toBe(2);
    // The late answer counts once it is there.
    resolve(Response.json({ keys: [two] }));
    expect(await find('two')).toBeDefined();
    expect(await find('one')).toBeUndefined();
  });

  test('are kept while the project is out of reach', async () => {
    const { upstream, find } = project();
    await find('one');
    upstream.answer = isDown;
    for (let hour = 0; hour < 3; hour++) {
      upstream.nowMs += 60 * MINUTE;
      expect(await find('one')).toBeDefined();
      await settled();
    }
    expect(upstream.requests).toBe(4);
  });

  test.each<[string, () => Response | Promise<Response>]>([
    ['is out of reach', isDown],
    ['answers an error', () => new Response('no', { status: 502 })],
    ['answers something else', () => Response.json({ message: 'hello' })],
    ['answers no JSON', () => new Response('<html>')],
  ])('that nobody can ask for are an outage, not a bad token: the project %s', async (_what, answer) => {
    const { upstream, find } = project();
    upstream.answer = answer;
    await expect(find('one')).rejects.toBeInstanceOf(ServiceUnavailableError);
    await expect(find('one')).rejects.toBeInstanceOf(ServiceUnavailableError);
    expect(upstream.requests).toBe(1);
    upstream.nowMs += 5000;
    upstream.answer = () => Response.json({ keys: [one] });
    expect(await find('one')).toBeDefined();
  });

  test('are bound to their algorithm, and never symmetric', async () => {
    const { upstream, find } = project();
    const symmetric = { kty: 'oct', alg: 'HS256', kid: 'oct', k: Buffer.alloc(32).toString('base64url') };
    const broken = { ...one, kid: 'broken', x: 'AA' };
    upstream.answer = () => Response.json({ keys: [symmetric, broken, { kty: 'AKP' }, one] });
    expect(await find('one')).toBeDefined();
    expect(await find('one', 'RS256')).toBeUndefined();
    expect(await find('one', 'HS256')).toBeUndefined();
    expect(await find('oct', 'HS256')).toBeUndefined();
    expect(await find('broken')).toBeUndefined();
  });

  test('include the legacy secret where it is given, without asking the project', async () => {
    const { upstream, find } = project('a secret of the legacy kind, long enough');
    expect(await find('any', 'HS256')).toMatchObject({ alg: 'HS256' });
    expect(upstream.requests).toBe(0);
  });
});
