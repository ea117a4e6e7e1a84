/** What others get: the package as it would be published, installed where nothing else is. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClientTestApp } from './client-test-app.ts';

const ROOT = join(import.meta.dirname, '../..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
/** Other programs do the work here, and CI's machines are slow. */
const TIMEOUT_MS = 180_000;

/** A stranger's code: strict, without our types, and without Node's. */
const CONSUMER = `
import {
  createIdentityClient, LimenClientError, type LoginResult, MeDocument, type MeQuery, type SessionStorage,
} from 'limen/client';

declare const process: { argv: string[] };

const items = new Map<string, string>();
const storage: SessionStorage = {
  getItem: async (key) => items.get(key) ?? null,
  setItem: async (key, value) => void items.set(key, value),
  removeItem: async (key) => void items.delete(key),
};
const events: unknown[] = [];
const said: unknown[] = [];
const client = createIdentityClient({ url: process.argv[2]!, storage, onSessionChange: (event) => events.push(event) });

const result = await client.signup({ email: 'ada@example.com', password: 'correct horse battery staple' });
// @ts-expect-error not before it is known to be a session
result.accessToken;
if (result.__typename !== 'AuthSession') throw new Error(result.__typename);
said.push(result.user.email, (await client.me())?.displayName);

const updated = await client.updateProfile({ displayName: 'Ada', fullName: undefined, locale: null });
said.push(updated.__typename === 'User' ? updated.displayName : updated.code);
// @ts-expect-error no such field
client.updateProfile({ roles: ['admin'] }).catch(() => {});

const { me }: MeQuery = await client.request(MeDocument);
said.push(me?.displayName, (await client.logout()).__typename, await client.me());

const outcome: LoginResult = await client.login({ email: 'ada@example.com', password: 'not the password' });
switch (outcome.__typename) {
  case 'RateLimitedError':
    outcome.retryAfterSeconds.toFixed();
    break;
  case 'ValidationError':
    for (const { path, message } of outcome.issues) said.push(path.join('.') + message);
    break;
  default:
    said.push(outcome.__typename);
}
await client.updateProfile({}).catch((error: unknown) => said.push(error instanceof LimenClientError && error.code));
console.log(JSON.stringify({ events, said }));
`;

const NODENEXT = { module: 'nodenext', moduleResolution: 'nodenext' };
const BUNDLER = { module: 'esnext', moduleResolution: 'bundler' };
const STRICT = {
  target: 'es2022',
  lib: ['es2022', 'dom'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
};

let folder: string;

async function run(command: string, ...args: string[]): Promise<string> {
  // What `npm test` tells the npm below it about this project would send it back here.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')));
  const options = { cwd: folder, env: { ...env, DATA_DIR: ':memory:' } };
  try {
    return (await promisify(execFile)(command, args, options)).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** Answers the files that were read. */
async function typeCheck(modules: object): Promise<string[]> {
  const config = { compilerOptions: { ...STRICT, ...modules }, files: ['consumer.ts'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  return (await run(process.execPath, TSC, '--listFiles')).split('\n');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'limen-consumer-'));
  await run('npm', 'pack', ROOT, '--pack-destination', folder);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'))!;
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await run(
    'npm',
    'install',
    `./${tarball}`,
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
  );
  await writeFile(join(folder, 'consumer.ts'), CONSUMER);
}, TIMEOUT_MS);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the package', { timeout: TIMEOUT_MS }, () => {
  test.each([NODENEXT, BUNDLER])(
    'type-checks with $moduleResolution, and takes no types but the client’s along',
    async (modules) => {
      const read = await typeCheck(modules);
      const ours = read.filter((file) => file.includes('/limen/'));
      expect(ours).not.toEqual([]);
      expect(ours.filter((file) => !file.includes('/limen/dist/client/'))).toEqual([]);
      expect(read.filter((file) => file.includes('@types/'))).toEqual([]);
    },
  );

  test('signs up, asks, changes and signs out against a running server', async () => {
    const app = await createClientTestApp();
    expect(JSON.parse(await run(process.execPath, 'consumer.ts', app.url))).toEqual({
      events: ['SIGNED_IN', 'USER_UPDATED', 'SIGNED_OUT'],
      said: [
        'ada@example.com',
        null,
        'Ada',
        'Ada',
        'LoggedOut',
        null,
        'InvalidCredentialsError',
        'UNAUTHENTICATED',
      ],
    });
  });

  test('brings a client that needs nothing but graphql, so that it runs in browsers', async () => {
    const dist = join(folder, 'node_modules/limen/dist/client');
    const files = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith('.js'));
    const texts = await Promise.all(files.map((name) => readFile(join(dist, name), 'utf8')));
    const imported = texts.flatMap((text) => [
      ...text.matchAll(/^(?:import|export) .*?from ['"](.+?)['"]/gms),
    ]);
    const packages = imported.map(([, name]) => name!).filter((name) => !name.startsWith('./'));
    expect([...new Set(packages.filter((name) => !name.startsWith('../')))]).toEqual(['graphql']);
  });

  test('brings a command that finds its migrations', async () => {
    expect(await run(process.execPath, 'node_modules/limen/dist/cli/main.js', 'migrate')).toContain(
      'up to date',
    );
  });

  test('brings the schema', async () => {
    const schema = await readFile(join(folder, 'node_modules/limen/schema.graphql'), 'utf8');
    expect(schema).toBe(await readFile(join(ROOT, 'schema.graphql'), 'utf8'));
  });
});
