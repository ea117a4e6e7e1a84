/** `limen sync` as an operator types it: a process, beside a Supabase that is a second Limen. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { expect, onTestFinished, test } from 'vitest';
import { signProjectKey } from '../../src/adapters/tokens/project-key.ts';
import { createApp } from '../../src/app.ts';
import { progressLine } from '../../src/cli/progress-line.ts';
import { readConfig } from '../../src/config/config.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { openTestDatabase } from '../support/database.ts';
import { temporaryFolder } from '../support/process.ts';

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
const log = createLog('silent');

async function limen(env: Record<string, string>, ...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env.PATH, ...env } });
  const answer = { exitCode: null as number | null, stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      answer[name] += text;
    });
  }
  [answer.exitCode] = await once(child, 'close');
  return answer;
}

test('limen sync says what it did, has an exit code for what is wrong, and draws no bar on a pipe', {
  timeout: 60_000,
}, async () => {
  const upstream = await createApp(
    readConfig({ LOG_LEVEL: 'silent', DATA_DIR: ':memory:', RATE_LIMITS: 'off' }),
    {
      log,
      database: await openTestDatabase('pglite'),
    },
  );
  const server = await listen(upstream, { host: '127.0.0.1', port: 0, log });
  onTestFinished(() => upstream.close());
  const keyOf = (role: 'anon' | 'service_role') =>
    signProjectKey(upstream.keys!, role, () => new Date(), 3600);
  const secretKey = await keyOf('service_role');
  const env = {
    DATA_DIR: join(temporaryFolder(), 'data'),
    SUPABASE_URL: server.url,
    SUPABASE_ANON_KEY: await keyOf('anon'),
    SUPABASE_SERVICE_ROLE_KEY: secretKey,
    MIRROR_PEOPLE: 'on',
  };
  const { admin } = createClient(server.url, secretKey, { auth: { persistSession: false } }).auth;
  for (const name of ['ada', 'grace'])
    await admin.createUser({ email: `${name}@example.com`, email_confirm: true });

  const dry = await limen(env, 'sync', '--dry-run', '--json');
  expect(dry).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(dry.stdout)).toMatchObject({ compared: 2, created: 2 });

  const real = await limen(env, 'sync');
  expect(real).toMatchObject({ exitCode: 0, stderr: '' });
  expect(real.stdout).toMatch(/^2 people of http.* compared\.\n +created +2\n/);
  expect((await limen(env, 'sync')).stdout).toMatch(/unchanged +2\n/);

  const refused = await limen({ ...env, SUPABASE_SERVICE_ROLE_KEY: await keyOf('anon') }, 'sync');
  expect(refused).toEqual({
    exitCode: 78,
    stdout: '',
    stderr: `${server.url} refuses the secret key. Set SUPABASE_SECRET_KEY to a secret (or service_role) key of this very project.\n`,
  });

  await server.close();
  expect(await limen(env, 'sync')).toMatchObject({ exitCode: 75, stderr: '' });
  const { MIRROR_PEOPLE, ...unmirrored } = env;
  expect(await limen(unmirrored, 'sync')).toMatchObject({ exitCode: 64, stdout: '' });
});

test('the bar is drawn where somebody looks, and nowhere else', () => {
  const drawn = (isTTY: boolean) => {
    const texts: string[] = [];
    const line = progressLine({ isTTY, write: (text: string) => texts.push(text) > 0 });
    line.show(250, 1000);
    line.clear();
    return texts.join('');
  };
  expect(drawn(false)).toBe('');
  expect(drawn(true)).toContain('25 %  250 of 1000');
});
