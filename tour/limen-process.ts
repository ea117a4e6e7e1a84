/** Limen as an operator starts it, in a process and a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

const MAIN = new URL('../src/main.ts', import.meta.url).pathname;
const STOP_MS = 10_000;

export interface LimenProcess {
  readonly url: string;
  /** Shown at the first start of an embedded Limen; null at any other. */
  readonly administrator: { email: string; password: string } | null;
  stop(): Promise<void>;
}

/**
 * @param folder where it runs: its data lie there, and an `.env` of this project is none of its business
 * @throws with what it printed, when it ends instead of listening
 */
export async function startLimen(
  folder: string,
  port: number,
  env: Record<string, string>,
): Promise<LimenProcess> {
  const url = addressOf(port);
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: String(port),
      // Links in mails are made of this, and never of what a request says.
      API_EXTERNAL_URL: url,
      LOG_LEVEL: 'error',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  const banner = await printedBy(child, ended);
  const [, email = '', password] = /^ +(\S+@\S+) +(\S+)$/m.exec(banner) ?? [];
  return {
    url,
    administrator: password ? { email, password } : null,
    async stop() {
      const limit = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      child.kill('SIGTERM');
      await ended;
      clearTimeout(limit);
    },
  };
}

/** All of the banner, which ends with an empty line. */
async function printedBy(child: ChildProcess, ended: Promise<unknown>): Promise<string> {
  let output = '';
  const listening = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (/Limen is listening[\s\S]*\n\n$/.test(output)) resolve();
      });
    }
  });
  await Promise.race([listening, ended]);
  if (!output.includes('Limen is listening')) throw new Error(`Limen did not start:\n${output}`);
  return output;
}

export const addressOf = (port: number) => `http://localhost:${port}`;

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
