/** Limen as an operator starts it: a process of its own, on a port of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLog } from '../../src/log.ts';

export interface LimenProcess {
  child: ChildProcess;
  /** Empty when it ended before it listened. */
  url: string;
  /** All it printed so far, of both kinds. */
  output(): string;
  /** Null when a signal ended it. */
  ended: Promise<number | null>;
}

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'limen-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let template: Promise<string> | undefined;

/** As `temporaryFolder`, but a Limen has made its database there already: to make one takes longer than all else of a start. */
export async function migratedFolder(): Promise<string> {
  template ??= makeTemplate();
  const folder = temporaryFolder();
  cpSync(await template, folder, { recursive: true });
  return folder;
}

async function makeTemplate(): Promise<string> {
  const DATA_DIR = mkdtempSync(join(tmpdir(), 'limen-test-'));
  process.once('exit', () => rmSync(DATA_DIR, { recursive: true, force: true }));
  const app = await createApp(readConfig({ DATA_DIR, LOG_LEVEL: 'silent' }), { log: createLog('silent') });
  await app.close();
  return DATA_DIR;
}

/** Resolves when it listens, or has ended. It is killed when the test has finished, whatever happens. */
export async function startLimen(env: Record<string, string>): Promise<LimenProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env.PATH, PORT: '0', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const url = new Promise<string>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const banner = /GraphQL +(http:\/\/127\.0\.0\.1:\d+)[\s\S]*Data/.exec(output)?.[1];
        const line = /"url":"([^"]+)","msg":"listening"/.exec(output)?.[1];
        const isProduction = env.NODE_ENV === 'production';
        const address = isProduction ? line : banner;
        if (address) resolve(address);
      });
    }
    void ended.then(() => resolve(''));
  });
  return { child, url: await url, output: () => output, ended };
}
