/** Limen in front of a Supabase that is out of reach: what needs it says so, and what does not goes on. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../src/app.ts';
import { readConfig } from '../src/config/config.ts';
import { createLog } from '../src/log.ts';
import { openTestDatabase } from './support/database.ts';

const SECRET = 'a legacy secret of forty characters or so';
const USER_ID = '208cca14-29ae-4819-a1b5-020a519cb6d9';

async function createAppWithoutSupabase() {
  const upstream = createServer((_request, response) => response.writeHead(503).end());
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const config = readConfig({
    SUPABASE_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
    SUPABASE_ANON_KEY: 'anon',
    SUPABASE_SERVICE_ROLE_KEY: 'service',
    SUPABASE_JWT_SECRET: SECRET,
  });
  const startedAt = new Date();
  let now = startedAt;
  const database = await openTestDatabase('pglite');
  const app = await createApp(config, { log: createLog('silent'), database, clock: () => now });
  now = new Date(startedAt.getTime() + 2000);
  onTestFinished(async () => {
    await app.close();
    upstream.closeAllConnections();
    upstream.close();
  });
  const signToken = (issuedAt: Date) =>
    new SignJWT({ role: 'authenticated', session_id: USER_ID, app_metadata: { roles: ['admin'] } })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(USER_ID)
      .setAudience('authenticated')
      .setIssuedAt(issuedAt)
      .setExpirationTime('10m')
      .sign(new TextEncoder().encode(SECRET));
  const ask = async (query: string, issuedAt = now) => {
    const response = await app.fetch(
      new Request('http://limen.test/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${await signToken(issuedAt)}` },
        body: JSON.stringify({ query }),
      }),
    );
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
    return { status: response.status, ...((await response.json()) as any) };
  };
  return { app, ask, startedAt };
}

describe('with Supabase out of reach', () => {
  test('`me` goes on, by the token', async () => {
    const { ask } = await createAppWithoutSupabase();
    expect((await ask('{ me { id roles } }')).data.me).toEqual({ id: USER_ID, roles: ['admin'] });
  });

  test('a token from before the start waits until somebody can say whether it still holds', async () => {
    const { ask, startedAt } = await createAppWithoutSupabase();
    const { status, errors } = await ask('{ me { id } }', startedAt);
    expect([status, errors[0].extensions.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  });

  test('a mutation answers ServiceUnavailableError, which may be tried again', async () => {
    const { ask } = await createAppWithoutSupabase();
    const { data } = await ask(`mutation { login(input: { email: "ada@example.com", password: "secret" }) {
      ... on ServiceUnavailableError { code retryAfterSeconds } } }`);
    expect(data.login).toEqual({ code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: expect.any(Number) });
  });

  test('a field outside the token fails with the same code, not with a masked error', async () => {
    const { ask } = await createAppWithoutSupabase();
    for (const query of ['{ me { id createdAt } }', `{ user(id: "${USER_ID}") { id } }`]) {
      const { errors } = await ask(query);
      expect(errors[0].extensions).toEqual({
        code: 'SERVICE_UNAVAILABLE',
        retryAfterSeconds: expect.any(Number),
      });
    }
  });

  test('/ready says which part is missing, and /health that the process lives', async () => {
    const { app } = await createAppWithoutSupabase();
    const ready = await app.fetch(new Request('http://limen.test/ready'));
    expect([ready.status, await ready.json()]).toMatchObject([
      503,
      { checks: { database: 'ok', auth: 'down' } },
    ]);
    expect((await app.fetch(new Request('http://limen.test/health'))).status).toBe(200);
  });
});
