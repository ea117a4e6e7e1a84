import { describe, expect, test } from 'vitest';
import { createAuthServerDouble, createTestHttpApp } from './http-test-app.ts';

const SITE = 'https://app.example.com';
const PATHS = ['/graphql', '/auth/v1/user', '/.well-known/jwks.json'];

const appFor = (corsOrigins: string[]) =>
  createTestHttpApp({ authServer: createAuthServerDouble(), settings: { corsOrigins } });

const get = async (corsOrigins: string[], path: string, origin: string) =>
  (await appFor(corsOrigins).send(`${path}?query={me{id}}`, { headers: { origin } })).headers;

const preflight = (corsOrigins: string[], path: string, origin: string) =>
  appFor(corsOrigins).send(path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'apikey,authorization,x-client-info,x-supabase-api-version',
    },
  });

describe.each(PATHS)('%s', (path) => {
  test('a listed origin may call, with credentials, and read what it needs', async () => {
    const headers = await get([SITE], path, SITE);
    expect(headers.get('access-control-allow-origin')).toBe(SITE);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-expose-headers')).toContain('X-Supabase-Api-Version');
    expect(headers.get('access-control-expose-headers')).toContain('X-Request-Id');
    expect(headers.get('vary')).toContain('Origin');
  });

  test.each([
    'https://evil.example.com',
    'https://app.example.com.evil.net',
    'http://app.example.com',
    'null',
  ])('another origin may not: %s', async (origin) => {
    const headers = await get([SITE], path, origin);
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(headers.get('vary')).toContain('Origin');
    const answer = await preflight([SITE], path, origin);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('a preflight is answered with what may be sent', async () => {
    const { status, headers, text } = await preflight([SITE], path, SITE);
    expect([status, text]).toEqual([204, '']);
    expect(headers.get('access-control-allow-origin')).toBe(SITE);
    expect(headers.get('access-control-allow-methods')).toContain('PUT');
    expect(headers.get('access-control-allow-headers')).toBe(
      'apikey,authorization,x-client-info,x-supabase-api-version',
    );
    expect(headers.get('access-control-max-age')).toBe('600');
  });

  test('"*" lets any origin call, never with credentials', async () => {
    for (const headers of [await get(['*'], path, SITE), (await preflight(['*'], path, SITE)).headers]) {
      expect(headers.get('access-control-allow-origin')).toBe('*');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
    }
  });
});
