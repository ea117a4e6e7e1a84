import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { migrate } from '../src/adapters/postgres/migrations.ts';
import { openDatabase } from '../src/adapters/postgres/open-database.ts';
import { addToOutbox, mail } from './adapters/mail/messages.ts';
import { migratedFolder, startLimen, temporaryFolder } from './support/process.ts';

const EXIT_CONFIG = 78;

async function graphql(url: string, query: string, variables: object = {}) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  return ((await response.json()) as any).data;
}

async function takenPort(): Promise<number> {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function fileInFolder(): string {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, '');
  return path;
}

const LOG_IN = `mutation ($input: LoginInput!) {
  login(input: $input) { __typename ... on AuthSession { user { id roles } } }
}`;
const SIGN_UP = `mutation ($input: SignupInput!) { signup(input: $input) { __typename } }`;

// A machine that does much else takes its time to start one.
describe('npm start', { timeout: 60_000 }, () => {
  test('prints every address and one administrator, once; finds everything again; ends cleanly when told', async () => {
    const DATA_DIR = temporaryFolder();
    const first = await startLimen({ DATA_DIR });
    for (const path of ['/graphql', '/auth/v1', '/.well-known/jwks.json', '/health', '/ready']) {
      expect(first.output()).toContain(first.url + path);
    }
    expect(first.output()).toContain(DATA_DIR);
    expect(first.output()).toContain('embedded auth server on PGlite');
    const [, email, password] = /(admin@\S+) +(\S+)/.exec(first.output()) ?? [];
    const loggedIn = await graphql(first.url, LOG_IN, { input: { email, password } });
    expect(loggedIn.login).toMatchObject({ __typename: 'AuthSession', user: { roles: ['admin'] } });
    expect((await fetch(`${first.url}/ready`)).status).toBe(200);
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);

    const second = await startLimen({ DATA_DIR });
    expect(second.output()).not.toContain('admin@');
    expect(second.output()).not.toContain(password);
    expect((await graphql(second.url, LOG_IN, { input: { email, password } })).login).toEqual(loggedIn.login);
    second.child.kill('SIGINT');
    expect(await second.ended).toBe(0);
  });

  test('makes no administrator in production, and prints nothing but its log', async () => {
    const env = { NODE_ENV: 'production', SITE_URL: 'https://id.example.com', EMAIL_CONFIRMATION: 'off' };
    const limen = await startLimen({ ...env, DATA_DIR: await migratedFolder(), LOG_LEVEL: 'info' });
    expect(limen.url).not.toBe('');
    for (const line of limen.output().trim().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
    expect(limen.output()).not.toContain('admin@');
  });

  test('tells a second process on the same folder who is there, and leaves the first alone', async () => {
    const DATA_DIR = await migratedFolder();
    const first = await startLimen({ DATA_DIR });
    const second = await startLimen({ DATA_DIR });
    expect(await second.ended).toBe(EXIT_CONFIG);
    expect(second.output()).toContain(`process ${first.child.pid}`);
    expect(second.output()).not.toMatch(/\n\s+at /);
    expect((await fetch(`${first.url}/ready`)).status).toBe(200);
  });

  test('lists all problems of its configuration and ends with a code of its own', async () => {
    const limen = await startLimen({ DATA_DIR: temporaryFolder(), PORT: 'eighty', JWT_SECRET: 'hunter2' });
    expect(await limen.ended).toBe(EXIT_CONFIG);
    expect(limen.output()).toMatch(/2 problems[\s\S]*PORT[\s\S]*JWT_SECRET/);
    expect(limen.output()).not.toContain('hunter2');
  });

  test.each([
    [
      'a taken port',
      'PORT',
      async () => ({ DATA_DIR: await migratedFolder(), PORT: String(await takenPort()) }),
    ],
    ['a dead database', 'DATABASE_URL', async () => ({ DATABASE_URL: 'postgres://127.0.0.1:1/limen' })],
    ['a folder that is a file', 'DATA_DIR', async () => ({ DATA_DIR: fileInFolder() })],
  ])('says in words what to look at for %s', async (_what, name, env) => {
    const limen = await startLimen({ DATA_DIR: temporaryFolder(), ...(await env()) });
    expect(await limen.ended).toBe(EXIT_CONFIG);
    expect(limen.output()).toContain(name);
    expect(limen.output()).not.toMatch(/\n\s+at /);
  });

  test('sends after its start what was committed before the end of another process, and shows it at /dev/mail', async () => {
    const DATA_DIR = await migratedFolder();
    const database = await openDatabase({ kind: 'pglite', dataDir: DATA_DIR });
    await migrate(database, { createAuthSchema: true });
    await addToOutbox(database, () => new Date(), mail('confirm-signup'));
    // Nothing was sent, and whoever was to do it is gone.
    await database.close();

    const limen = await startLimen({ DATA_DIR, EMAIL_CONFIRMATION: 'on' });
    expect(limen.output()).toContain(`${limen.url}/dev/mail`);
    const sent = async (to: string) =>
      (await (await fetch(`${limen.url}/dev/mail.json?to=${to}`)).json()).messages;
    await expect
      .poll(() => sent('ada@example.com'), { timeout: 10_000 })
      .toMatchObject([{ template: 'confirm-signup', code: '123456' }]);

    const input = { email: 'grace@example.com', password: 'a long and secret phrase' };
    expect((await graphql(limen.url, SIGN_UP, { input })).signup.__typename).toBe('EmailConfirmationSent');
    await expect.poll(() => sent('grace@example.com')).toMatchObject([{ template: 'confirm-signup' }]);
    limen.child.kill('SIGTERM');
    expect(await limen.ended).toBe(0);
  });

  test('names each template of the operator that cannot be used, by file and line', async () => {
    const MAIL_TEMPLATES = temporaryFolder();
    writeFileSync(join(MAIL_TEMPLATES, 'invite.html'), 'Come in:\n{{ ConfirmURL }}');
    const limen = await startLimen({ DATA_DIR: await migratedFolder(), MAIL_TEMPLATES });
    expect(await limen.ended).toBe(EXIT_CONFIG);
    expect(limen.output()).toContain('invite.html:2: `ConfirmURL`');
    expect(limen.output()).not.toMatch(/\n\s+at /);
  });

  test('starts without a first administrator where a hook for new accounts does not answer, and says so', async () => {
    const limen = await startLimen({
      DATA_DIR: await migratedFolder(),
      HOOK_BEFORE_USER_CREATED_ENABLED: 'on',
      HOOK_BEFORE_USER_CREATED_URI: 'http://127.0.0.1:1/',
      HOOK_BEFORE_USER_CREATED_SECRETS: `v1,whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    });
    // The log is written after the banner.
    await expect.poll(() => limen.output()).toContain('no first administrator was made');
    expect(limen.output()).not.toContain('admin@limen.local');
  });

  test('starts while its mail server does not answer, and says so', async () => {
    const SMTP_URL = `smtp://127.0.0.1:${await takenPort()}`;
    const limen = await startLimen({ DATA_DIR: await migratedFolder(), SMTP_URL });
    expect(limen.url).not.toBe('');
    expect(limen.output()).toContain('by SMTP to');
    limen.child.kill('SIGTERM');
    expect(await limen.ended).toBe(0);
  });

  test('loses no acknowledged sign-up when it is killed in the middle of many, and starts again', async () => {
    const DATA_DIR = await migratedFolder();
    const limen = await startLimen({ DATA_DIR, RATE_LIMITS: 'off' });
    const acknowledged: string[] = [];
    const signUps = Array.from({ length: 40 }, async (_, index) => {
      const email = `person-${index}@example.com`;
      const data = await graphql(limen.url, SIGN_UP, {
        input: { email, password: 'a long and secret phrase' },
      });
      if (data.signup.__typename === 'AuthSession') acknowledged.push(email);
      if (acknowledged.length === 12) limen.child.kill('SIGKILL');
    });
    await Promise.allSettled(signUps);
    await limen.ended;
    expect(acknowledged.length).toBeGreaterThanOrEqual(12);
    expect(acknowledged.length).toBeLessThan(40);

    const again = await startLimen({ DATA_DIR, RATE_LIMITS: 'off' });
    for (const email of acknowledged) {
      const data = await graphql(again.url, LOG_IN, {
        input: { email, password: 'a long and secret phrase' },
      });
      expect(data.login.__typename).toBe('AuthSession');
    }
  });
});
