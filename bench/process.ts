/** A server, or a measurement, in a process of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

const canPin = spawnSync('taskset', ['--version']).status === 0;

/** Resolves when the process prints an address, or ends. `core`: the one it is kept on, where the system can do that. */
export async function startProcess(
  script: string,
  { env, core }: { env: Record<string, string>; core?: number },
) {
  const began = performance.now();
  const pinned = canPin && core !== undefined ? ['taskset', '-c', String(core)] : [];
  const [command = '', ...args] = [...pinned, process.execPath, script];
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => child.kill('SIGKILL');
  // Before whoever removes what it works on.
  process.prependOnceListener('exit', end);
  const ended = once(child, 'exit').finally(() => process.off('exit', end));
  let output = '';
  const url = await new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      if (address) resolve(address);
    });
    child.on('exit', () => resolve(''));
  });
  return {
    url,
    startedInMs: Math.round(performance.now() - began),
    /** What it printed last before it ended by itself. */
    async lastLine(): Promise<string> {
      await ended;
      return output.trimEnd().split('\n').at(-1) ?? '';
    },
    rssMegabytes(): number {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
    },
    async stop(): Promise<void> {
      child.kill('SIGTERM');
      await ended;
    },
    /** Without a word, as when the machine is gone. */
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
