/** People of a Supabase elsewhere, in the application's own database: a second Limen, over HTTP, is the Supabase. */
import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { signProjectKey } from '../../../src/adapters/tokens/project-key.ts';
import { type App, createApp } from '../../../src/app.ts';
import { readConfig } from '../../../src/config/config.ts';
import { listen } from '../../../src/http/server.ts';
import { createLog } from '../../../src/log.ts';
import { openTestDatabase } from '../../support/database.ts';

const PASSWORD = 'correct horse battery staple';
const log = createLog('silent');
const databases = ['pglite', ...(process.env.TEST_DATABASE_URL ? ['postgres'] : [])];

const SIGN_UP = `mutation ($input: SignupInput!) { signup(input: $input) {
  ... on AuthSession { accessToken refreshToken user { id email } } ... on UserError { code } } }`;
const LOG_IN = `mutation ($input: LoginInput!) { login(input: $input) {
  ... on AuthSession { accessToken refreshToken user { id } } ... on UserError { code } } }`;

interface Person {
  id: string;
  email: string;
  accessToken: string;
}

describe.each(databases)('a replica on %s', (kind) => {
  let upstream: App;
  let app: App;
  let replica: Database;
  let admin: ReturnType<typeof createClient>['auth']['admin'];
  let offset = 0;
  const clock = () => new Date(Date.now() + offset);
  const closers: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    upstream = await createApp(
      readConfig({ RATE_LIMITS: 'off', LOG_LEVEL: 'silent', DATA_DIR: ':memory:' }),
      {
        log,
        clock,
        database: await openTestDatabase('pglite'),
      },
    );
    const server = await listen(upstream, { host: '127.0.0.1', port: 0, log });
    const secretKey = await signProjectKey(upstream.keys!, 'service_role', clock, 86_400);
    admin = createClient(server.url, secretKey, { auth: { persistSession: false } }).auth.admin;
    replica = await openTestDatabase(kind);
    app = await createApp(
      readConfig({
        RATE_LIMITS: 'off',
        LOG_LEVEL: 'silent',
        SUPABASE_URL: server.url,
        SUPABASE_ANON_KEY: await signProjectKey(upstream.keys!, 'anon', clock, 86_400),
        SUPABASE_SERVICE_ROLE_KEY: secretKey,
        MIRROR_PEOPLE: 'on',
      }),
      { log, clock, database: replica },
    );
    closers.push(
      () => app.close(),
      () => server.close(),
      () => upstream.close(),
    );
  });
  afterAll(async () => {
    for (const close of closers) await close();
  });
  beforeEach(() => {
    offset += 10_000;
  });

  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  async function ask(query: string, variables: object = {}, token?: string): Promise<any> {
    const response = await app.fetch(
      new Request('http://limen.test/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ query, variables }),
      }),
      { remoteAddress: '127.0.0.1' },
    );
    return ((await response.json()) as { data: unknown }).data;
  }

  async function signUp(name: string): Promise<Person> {
    const email = `${name}-${randomUUID().slice(0, 8)}@example.com`;
    const { signup } = await ask(SIGN_UP, { input: { email, password: PASSWORD } });
    return { ...signup.user, accessToken: signup.accessToken };
  }

  const rowOf = async (id: string) =>
    (await replica.query<Record<string, unknown>>('select * from auth.users where id = $1', [id]))[0];
  const truthOf = async (id: string) =>
    (
      await upstream.database.query<Record<string, unknown>>('select * from auth.users where id = $1', [id])
    )[0];

  test('has whoever signs up or in, as Supabase has them, without password and tokens, before the answer', async () => {
    const ada = await signUp('ada');
    const [row, truth] = [await rowOf(ada.id), await truthOf(ada.id)];
    const { encrypted_password, ...rest } = truth!;
    expect(encrypted_password).toMatch(/^\$/);
    expect(row).toEqual({ ...rest, encrypted_password: null });
  });
});
