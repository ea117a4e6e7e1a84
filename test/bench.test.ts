/** `npm run bench`, before it measures anything, and when it is ended. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createServerDatabase, hasServer } from './adapters/postgres/drivers.ts';
import { temporaryFolder } from './support/process.ts';
import { onServer } from './support/server.ts';

const TIMEOUT_MS = 60_000;

function startBench(env: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, ['bench/bench.ts', ...args], {
    env: { PATH: process.env.PATH, TMPDIR: temporaryFolder(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number, output }));
  return { child, ended };
}

test('the benchmark says what it takes, and does nothing at a word it does not know', {
  timeout: TIMEOUT_MS,
}, async () => {
  const [help, unknown] = await Promise.all([
    startBench({}, '--help').ended,
    startBench({}, '--quick').ended,
  ]);
  expect(help).toMatchObject({
    exitCode: 0,
    output: expect.stringMatching(/^npm run bench: .*BENCH_SECONDS/s),
  });
  expect(unknown).toMatchObject({ exitCode: 64, output: expect.stringMatching(/'--quick'.*BENCH_SECONDS/s) });
});

test.runIf(hasServer)(
  'the benchmark leaves a database alone in which people may live',
  { timeout: TIMEOUT_MS },
  async () => {
    const { url, drop } = await createServerDatabase();
    onTestFinished(drop);
    await onServer(url, 'create schema auth; create table auth.users (id uuid)');
    const { exitCode, output } = await startBench({ DATABASE_URL: url }).ended;
    expect(exitCode).toBe(78);
    expect(output).toMatch(/^DATABASE_URL names a database with a schema auth: people may live in it/);
  },
);

test('the benchmark takes its folder along when it is ended', { timeout: TIMEOUT_MS }, async () => {
  const TMPDIR = temporaryFolder();
  const { child, ended } = startBench({ TMPDIR });
  const folders = () => readdirSync(TMPDIR).filter((name) => name.startsWith('limen-bench-'));
  while (!folders().some((name) => readdirSync(join(TMPDIR, name)).length > 0)) await sleep(50);
  child.kill('SIGTERM');
  expect((await ended).exitCode).toBe(130);
  expect(folders()).toEqual([]);
});
