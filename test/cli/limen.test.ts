/** The `limen` command as an operator types it: a process, on a folder that is migrated already. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createServerDatabase, hasServer } from '../adapters/postgres/drivers.ts';
import { startLimen, temporaryFolder } from '../support/process.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;
/** Each process takes its second to start, and more beside others. */
const TIMEOUT_MS = 60_000;
const STACK = /\n\s+at /;

const migrated = mkdtempSync(join(tmpdir(), 'limen-test-'));
let migration: Answer;

beforeAll(async () => {
  migration = await limen({ DATA_DIR: migrated }, 'migrate');
}, TIMEOUT_MS);
afterAll(() => rmSync(migrated, { recursive: true, force: true }));

interface Answer {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

async function limen(env: Record<string, string>, ...args: string[]): Promise<Answer> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const answer: Answer = { exitCode: null, stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      answer[name] += text;
    });
  }
  [answer.exitCode] = await once(child, 'close');
  return answer;
}

function folderOfItsOwn(): { DATA_DIR: string } {
  const DATA_DIR = temporaryFolder();
  cpSync(migrated, DATA_DIR, { recursive: true });
  return { DATA_DIR };
}

test('limen help lists every command', async () => {
  const { exitCode, stdout, stderr } = await limen({}, 'help');
  expect([exitCode, stderr]).toEqual([0, '']);
  for (const command of [
    'migrate',
    'doctor',
    'sync',
    'admin ADDRESS',
    'keys list',
    'keys rotate',
    'keys project',
    'directory index',
  ]) {
    expect(stdout).toContain(`limen ${command}`);
  }
});

describe.concurrent('a command that does not exist, or not so', () => {
  test.each([
    ['toString', 'There is no `limen toString`.\n'],
    ['nonsense --help', 'There is no `limen nonsense`.\n'],
    ['keys', 'There is no `limen keys`, but `limen keys list`, `limen keys rotate`, `limen keys project`.\n'],
    ['audit verifyy', 'There is no `limen audit verifyy`, but `limen audit verify`'],
    ['migrate twice', "Unexpected argument 'twice'"],
    ['keys rotate --foo', "Unknown option '--foo'"],
    ['keys rotate --overlap soon', 'soon is not a duration'],
  ])('%s: is told what is wrong, does nothing, and has an exit code of its own', async (line, message) => {
    const DATA_DIR = join(tmpdir(), `limen-test-${randomUUID()}`);
    const { exitCode, stdout, stderr } = await limen({ DATA_DIR }, ...line.split(' '));
    expect([exitCode, stdout]).toEqual([EXIT_USAGE, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(STACK);
    expect(existsSync(DATA_DIR)).toBe(false);
  });
});

test('limen migrate makes the database', () => {
  expect(migration).toEqual({ exitCode: 0, stdout: 'The database is up to date.\n', stderr: '' });
});

test.runIf(hasServer)(
  'a command that finds a database of another project says so, and ends',
  {
    timeout: TIMEOUT_MS,
  },
  async () => {
    const server = await createServerDatabase();
    onTestFinished(server.drop);
    const env = {
      DATABASE_URL: server.url,
      SUPABASE_URL: 'http://127.0.0.1:9',
      SUPABASE_ANON_KEY: 'a',
      SUPABASE_SERVICE_ROLE_KEY: 'b',
    };
    expect((await limen(env, 'migrate')).exitCode).toBe(0);
    const refused = await limen({ ...env, SUPABASE_URL: 'http://127.0.0.1:10' }, 'migrate');
    expect(refused).toMatchObject({ exitCode: EXIT_CONFIG, stdout: '' });
    expect(refused.stderr).toMatch(/holds the people of http:\/\/127\.0\.0\.1:9, and SUPABASE_URL is/);
    expect(refused.stderr).not.toMatch(STACK);
  },
);

describe('limen admin', { timeout: TIMEOUT_MS }, () => {
  test('makes one who can log in with the password that is shown, and not a second one of that address', async () => {
    const env = folderOfItsOwn();
    const made = await limen(env, 'admin', 'Root@Example.com');
    const [, password] = /shown this once: (\S{20})\n$/.exec(made.stdout) ?? [];
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
    expect(made.stdout).toContain('root@example.com');

    const again = await limen(env, 'admin', 'root@example.com');
    expect(again).toMatchObject({ exitCode: EXIT_USAGE, stdout: '' });
    expect(again.stderr).toMatch(/^root@example.com has an account already.*setUserRoles.*\n$/);

    const server = await startLimen(env);
    const query = `mutation ($input: LoginInput!) { login(input: $input) { ... on AuthSession { user { roles } } ... on UserError { code } } }`;
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { input: { email: 'root@example.com', password } } }),
    });
    expect(await response.json()).toEqual({ data: { login: { user: { roles: ['admin'] } } } });

    const meanwhile = await limen(env, 'keys', 'list');
    expect(meanwhile).toMatchObject({ exitCode: EXIT_CONFIG, stdout: '' });
    expect(meanwhile.stderr).toContain(`process ${server.child.pid}`);
    expect(meanwhile.stderr).not.toMatch(STACK);
  });
});

describe('limen keys', { timeout: TIMEOUT_MS }, () => {
  test('rotate: a second key, published and waiting for its turn; the first has an end now', async () => {
    const env = folderOfItsOwn();
    const rotated = await limen(env, 'keys', 'rotate', '--overlap', '1h');
    expect(rotated).toMatchObject({ exitCode: 0, stderr: '' });
    const [first = '', second = '', warning, ...none] = rotated.stdout.split('\n');
    expect(first).toMatch(/^\S{43} {2}signs from .* verifies until \d{4}-/);
    expect(second).toMatch(/^\S{43} {2}signs from .* verifies until rotated$/);
    const signsFrom = new Date(/signs from (\S+)/.exec(second)?.[1] ?? '');
    expect(signsFrom.getTime() - Date.now()).toBeGreaterThan(3500 * 1000);
    expect(warning).toContain('make new ones by `limen keys project` now');
    expect(none).toEqual(['']);

    const listed = await limen(env, 'keys', 'list');
    expect(listed).toEqual({ exitCode: 0, stdout: `${first}\n${second}\n`, stderr: '' });

    // Project keys made now outlive the rotation, and hold before it is over.
    const project = await limen(env, 'keys', 'project');
    const key = /^SUPABASE_SERVICE_ROLE_KEY=(\S+)$/m.exec(project.stdout)?.[1] ?? '';
    const header = JSON.parse(Buffer.from(key.split('.')[0] ?? '', 'base64url').toString());
    expect(second.startsWith(header.kid)).toBe(true);
    const { url } = await startLimen(env);
    const answer = await fetch(`${url}/auth/v1/admin/users`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
  });

  test('project: keys that a Limen on the same folder accepts, each for what it is', async () => {
    const env = folderOfItsOwn();
    const { exitCode, stdout } = await limen(env, 'keys', 'project');
    expect(exitCode).toBe(0);
    const [, anon = '', service = ''] =
      /^SUPABASE_ANON_KEY=(\S+)\nSUPABASE_SERVICE_ROLE_KEY=(\S+)\n$/.exec(stdout) ?? [];

    const { url } = await startLimen(env);
    const adminWith = (key: string) =>
      createClient(url, key, { auth: { persistSession: false, autoRefreshToken: false } }).auth.admin;
    const listed = await adminWith(service).listUsers();
    expect(listed.data.users.map(({ email }) => email)).toEqual(['admin@limen.local']);
    expect((await adminWith(anon).listUsers()).error).toMatchObject({ status: 403, code: 'not_admin' });
  });

  test('project: under JWT_SECRET signs with that, as a Supabase Auth of one’s own wants it', async () => {
    const JWT_SECRET = 'kX9vQ2mB7zR4tW8nL1pF6sD3hJ5cG0yA';
    const { stdout } = await limen({ ...folderOfItsOwn(), JWT_SECRET }, 'keys', 'project');
    const key = /SERVICE_ROLE_KEY=(\S+)/.exec(stdout)?.[1] ?? '';
    const { payload, protectedHeader } = await jwtVerify(key, new TextEncoder().encode(JWT_SECRET));
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(payload).toMatchObject({ iss: 'supabase', role: 'service_role' });
  });
});

describe('limen audit', { timeout: TIMEOUT_MS }, () => {
  test('export and verify: what happened, and whether it is as it was written', async () => {
    const env = folderOfItsOwn();
    expect((await limen(env, 'admin', 'root@example.com')).exitCode).toBe(0);
    const exported = await limen(env, 'audit', 'export');
    const [created = '{}'] = exported.stdout.split('\n');
    expect(JSON.parse(created)).toMatchObject({ action: 'user.created', actor_id: 'limen' });
    const verified = await limen(env, 'audit', 'verify');
    expect(verified).toMatchObject({ exitCode: 0, stderr: '' });
    expect(verified.stdout).toMatch(
      /^verified: \d+\nnot yet sealed: 0\nhead: \d+:[0-9a-f]{64}\nThe chain holds\.\n$/,
    );
    const other = await limen(env, 'audit', 'verify', '--head', `1:${'0'.repeat(64)}`);
    expect([other.exitCode, other.stdout]).toEqual([1, expect.stringContaining('BROKEN: position 1')]);
  });
});
