/** `compose.yaml`, as far as Compose itself can judge it without an engine. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

const ROOT = new URL('..', import.meta.url).pathname;
const SPELLINGS = [['docker', 'compose'], ['docker-compose']];
const compose = SPELLINGS.find(([name, ...args]) => spawnSync(name!, [...args, 'version']).status === 0);

if (!compose) {
  const message = 'compose.yaml is not checked: neither `docker compose` nor `docker-compose` is installed.';
  if (process.env.CI === 'true') throw new Error(message);
  process.stderr.write(`${message}\n`);
}

describe.runIf(compose)('compose.yaml', () => {
  const folder = mkdtempSync(join(tmpdir(), 'limen-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  function run(variables: Record<string, string>, ...args: string[]) {
    const envFile = join(folder, 'compose.env');
    const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(envFile, lines.join(''));
    const [name = '', ...first] = compose!;
    return spawnSync(name, [...first, '--env-file', envFile, ...args], {
      cwd: ROOT,
      // Nothing but the file: what this shell exports would count for more.
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      encoding: 'utf8',
    });
  }

  const required = { POSTGRES_PASSWORD: 'for-this-test', EMAIL_CONFIRMATION: 'on' };

  test('needs two variables by default, and nothing of Supabase', () => {
    const { status, stdout } = run(required, 'config');
    expect(status).toBe(0);
    expect(stdout).toContain('postgres://limen:for-this-test@postgres:5432/limen');
    expect(stdout).toMatch(/EMAIL_CONFIRMATION: ["']on["']/);
  });

  test.each(Object.keys(required))('does not start without %s', (name) => {
    const { status, stderr } = run({ ...required, [name]: '' }, 'config');
    expect(status).not.toBe(0);
    expect(stderr).toContain(name);
  });

  test('has a profile with Supabase’s own auth server, whose role gets its password', () => {
    const supabase = {
      ...required,
      SUPABASE_POSTGRES_PASSWORD: 'another-one',
      SUPABASE_JWT_SECRET: 'a-secret',
      SUPABASE_ANON_KEY: 'the-anon-key',
      SUPABASE_SERVICE_ROLE_KEY: 'the-service-key',
    };
    const services = run(supabase, '--profile', 'supabase', 'config', '--services').stdout.trim().split('\n');
    expect(services.sort()).toEqual([
      'limen',
      'limen-on-supabase',
      'postgres',
      'supabase-auth',
      'supabase-gateway',
      'supabase-postgres',
    ]);

    const { status, stdout } = run(supabase, '--profile', 'supabase', 'config');
    expect(status).toBe(0);
    expect(stdout).toContain('alter role supabase_auth_admin with password');
    expect(stdout).toContain('postgres://supabase_auth_admin:another-one@supabase-postgres:5432/postgres');
    expect(stdout).toContain('GOTRUE_JWT_SECRET: a-secret');
    expect(stdout).toContain('SUPABASE_ANON_KEY: the-anon-key');
    expect(stdout).toContain('SUPABASE_SERVICE_ROLE_KEY: the-service-key');
  });
});
