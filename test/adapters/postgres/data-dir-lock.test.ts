import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DataDirLockedError, lockDataDir } from '../../../src/adapters/postgres/data-dir-lock.ts';

const MODULE = new URL('../../../src/adapters/postgres/data-dir-lock.ts', import.meta.url);

/** Says `locked`, or the name of the error, and then stays until it is killed. */
const PROGRAM = `
  const { lockDataDir } = await import(process.argv[1]);
  let lock;
  const answer = () => {
    try { lock = lockDataDir(process.argv[2]); return 'locked'; } catch (error) { return error.name; }
  };
  process.stdin.once('data', () => process.stdout.write(answer()));
  process.stdout.write('ready');
  setInterval(() => lock, 1000);
`;

describe('lockDataDir', () => {
  let dataDir: string;
  let children: ChildProcess[];

  beforeEach(() => {
    dataDir = join(mkdtempSync(join(tmpdir(), 'limen-lock-')), 'data');
    children = [];
  });
  afterEach(async () => {
    await Promise.all(children.map(kill));
    rmSync(join(dataDir, '..'), { recursive: true });
  });

  async function startProcess(): Promise<{ process: ChildProcess; lock: () => Promise<string> }> {
    const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, MODULE.href, dataDir]);
    children.push(child);
    const said = async () => String((await once(child.stdout, 'data'))[0]);
    await said();
    return {
      process: child,
      lock: () => {
        const answer = said();
        child.stdin.write('go');
        return answer;
      },
    };
  }

  async function kill(child: ChildProcess) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  test('keeps a second process out, and tells it who is in and what to do', async () => {
    const owner = await startProcess();
    expect(await owner.lock()).toBe('locked');
    const attempt = () => lockDataDir(dataDir);
    expect(attempt).toThrow(DataDirLockedError);
    expect(attempt).toThrow(expect.objectContaining({ dataDir, ownerPid: owner.process.pid }));
    expect(attempt).toThrow(/DATA_DIR.*DATABASE_URL/);
  });

  test('keeps the same process out too', () => {
    const lock = lockDataDir(dataDir);
    expect(() => lockDataDir(dataDir)).toThrow(expect.objectContaining({ ownerPid: process.pid }));
    lock.release();
  });

  test('is free again after its release, however often that is called', async () => {
    const lock = lockDataDir(dataDir);
    lock.release();
    const next = lockDataDir(dataDir);
    lock.release();
    expect(await (await startProcess()).lock()).toBe('DataDirLockedError');
    next.release();
  });

  test('is free at once after its owner was killed', async () => {
    const owner = await startProcess();
    expect(await owner.lock()).toBe('locked');
    await kill(owner.process);
    lockDataDir(dataDir).release();
  });

  test('does not mistake a pid that was used again for the owner', () => {
    lockDataDir(dataDir).release();
    // What a killed owner leaves, once its pid belongs to somebody alive.
    writeFileSync(join(dataDir, 'limen.pid'), `${process.ppid}\n`);
    lockDataDir(dataDir).release();
  });

  test("goes to exactly one of several that want a dead owner's lock", async () => {
    const owner = await startProcess();
    expect(await owner.lock()).toBe('locked');
    const heirs = await Promise.all([startProcess(), startProcess(), startProcess(), startProcess()]);
    await kill(owner.process);
    const answers = await Promise.all(heirs.map(({ lock }) => lock()));
    expect(answers.sort()).toEqual([
      'DataDirLockedError',
      'DataDirLockedError',
      'DataDirLockedError',
      'locked',
    ]);
  });
});
