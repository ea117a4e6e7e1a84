import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ConfigError, Environment, readConfig } from '../src/config/config.ts';

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const SECRET = '0123456789abcdef0123456789abcdef';

describe('configuration', () => {
  test('needs nothing: PGlite in ./.limen, the embedded auth server, port 8001 on loopback', () => {
    expect(readConfig({})).toMatchObject({
      production: false,
      http: { host: '127.0.0.1', port: 8001, externalUrl: 'http://localhost:8001', graphiql: true },
      database: { kind: 'pglite', dataDir: './.limen' },
      auth: {
        kind: 'embedded',
        issuer: 'http://localhost:8001/auth/v1',
        accessTokenTtlSeconds: 900,
        refreshTokenTtlSeconds: 604_800,
        emailConfirmation: false,
        passwordHash: 'argon2id',
      },
      rateLimits: true,
    });
  });

  test('takes an empty variable for an absent one', () => {
    expect(readConfig({ PORT: '', DATABASE_URL: '', LOG_LEVEL: '' })).toEqual(readConfig({}));
  });

  test('reports every problem at once, by name, and repeats no value', () => {
    const problems = problemsOf({
      PORT: 'eighty',
      DATABASE_URL: 'mysql://root:hunter2@db/x',
      JWT_SECRET: 'hunter2',
      ACCESS_TOKEN_TTL: 'soon',
      LOG_LEVEL: 'loud',
      PASSWORD_HASH: 'md5',
      TRUST_PROXY: '10.0.0.0/8, the proxy',
      CORS_ORIGINS: 'https://app.example.com, example.com',
      SUPABASE_ANON_KEY: 'y',
    });
    const names = problems.map((problem) => problem.split(':')[0]);
    expect(names.sort()).toEqual([
      'ACCESS_TOKEN_TTL',
      'CORS_ORIGINS',
      'DATABASE_URL',
      'JWT_SECRET',
      'LOG_LEVEL',
      'PASSWORD_HASH',
      'PORT',
      'SUPABASE_URL',
      'TRUST_PROXY',
    ]);
    expect(problems.join()).not.toMatch(/hunter2|eighty|soon|loud|md5|the proxy/);
  });

  test.each([
    ['900', 900],
    ['90s', 90],
    ['15m', 900],
    ['12h', 43_200],
    ['7d', 604_800],
  ])('reads the duration %s as %i seconds', (text, seconds) => {
    expect(readConfig({ ACCESS_TOKEN_TTL: text }).auth).toMatchObject({ accessTokenTtlSeconds: seconds });
  });

  test.each(['0', '0m', '-1', '1.5h', '15 m', '1w', 'm'])('refuses the duration %s', (text) => {
    expect(problemsOf({ ACCESS_TOKEN_TTL: text })).toHaveLength(1);
  });

  test('in production asks for its address, a mail server, named origins, limits, and secrets that are secret', () => {
    const problems = problemsOf({
      NODE_ENV: 'production',
      CORS_ORIGINS: '*',
      RATE_LIMITS: 'off',
      JWT_SECRET: 'super-secret-jwt-token-with-at-least-32-characters-long',
    });
    expect(problems.map((problem) => problem.split(/[: ]/)[0]).sort()).toEqual([
      'API_EXTERNAL_URL',
      'CORS_ORIGINS',
      'JWT_SECRET',
      'RATE_LIMITS',
      'SMTP_URL',
    ]);
    const env = { NODE_ENV: 'production', SITE_URL: 'https://id.example.com/', EMAIL_CONFIRMATION: 'off' };
    expect(readConfig({ ...env, JWT_SECRET: SECRET })).toMatchObject({
      production: true,
      http: { externalUrl: 'https://id.example.com', corsOrigins: [], graphiql: false },
    });
  });

  test('in production refuses a secret that nobody drew at random', () => {
    const env = { NODE_ENV: 'production', SITE_URL: 'https://id.example.com', EMAIL_CONFIRMATION: 'off' };
    expect(problemsOf({ ...env, JWT_SECRET: 'a'.repeat(64) })).toHaveLength(1);
  });

  test('in production confirms addresses where it can send mail, and not where it is told not to', () => {
    const env = { NODE_ENV: 'production', SITE_URL: 'https://id.example.com' };
    expect(problemsOf(env)).toHaveLength(1);
    expect(problemsOf({ ...env, EMAIL_CONFIRMATION: 'on' })).toHaveLength(1);
    expect(problemsOf({ ...env, EMAIL_CONFIRMATION: 'off' })).toEqual([]);
    expect(problemsOf({ ...env, SMTP_URL: 'smtp://mail' })).toEqual([expect.stringContaining('MAIL_FROM')]);
    const sending = { ...env, SMTP_URL: 'smtp://mail', MAIL_FROM: 'id@example.com' };
    expect(readConfig(sending).auth).toMatchObject({ emailConfirmation: true });
    expect(readConfig({ ...sending, EMAIL_CONFIRMATION: 'off' }).auth).toMatchObject({
      emailConfirmation: false,
    });
  });

  test('takes the mail server as one address or as Supabase spells it, and not as both', () => {
    expect(readConfig({}).mail).toEqual({
      smtp: null,
      from: { name: '', address: 'no-reply@localhost' },
      siteName: 'localhost:8001',
      templates: null,
      notices: true,
    });
    const supabase = {
      SMTP_HOST: 'mail.example.com',
      SMTP_PORT: '2525',
      SMTP_USER: 'limen',
      SMTP_PASS: 'hunter2',
      SMTP_ADMIN_EMAIL: 'id@example.com',
      SMTP_SENDER_NAME: 'Example',
    };
    expect(readConfig(supabase).mail).toMatchObject({
      smtp: { host: 'mail.example.com', port: 2525, auth: { user: 'limen', pass: 'hunter2' } },
      from: { name: 'Example', address: 'id@example.com' },
      siteName: 'Example',
    });
    expect(readConfig({ MAIL_FROM: '"Example, Inc." <id@example.com>' }).mail.from).toEqual({
      name: 'Example, Inc.',
      address: 'id@example.com',
    });
    expect(problemsOf({ ...supabase, SMTP_URL: 'smtps://mail.example.com' })).toHaveLength(1);
    expect(problemsOf({ SMTP_HOST: 'mail', SMTP_USER: 'limen' })).toHaveLength(1);
  });

  test.each([
    ['SMTP_URL', 'mail.example.com'],
    ['SMTP_URL', 'https://mail.example.com'],
    ['SMTP_PORT', '0'],
    ['MAIL_FROM', 'Example'],
    ['MAIL_FROM', 'a@example.com, b@example.com'],
    ['MAIL_FROM', 'Eve\r\nBcc: eve@example.com <id@example.com>'],
    ['SMTP_SENDER_NAME', 'Eve\r\nBcc: eve@example.com'],
    ['MAIL_NOTICES', 'some'],
  ])('refuses for %s the value %j', (name, value) => {
    expect(problemsOf({ [name]: value }).map((problem) => problem.split(':')[0])).toEqual([name]);
  });

  test('with SUPABASE_URL asks for both keys, in either spelling, and for nothing of the embedded server', () => {
    expect(problemsOf({ SUPABASE_URL: 'https://abc.supabase.co' })).toHaveLength(2);
    expect(problemsOf({ SUPABASE_ANON_KEY: 'anon' })).toHaveLength(1);
    const keys = { SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_x', SUPABASE_SECRET_KEY: 'sb_secret_x' };
    expect(problemsOf({ SUPABASE_URL: 'https://abc.supabase.co', ...keys, JWT_SECRET: SECRET })).toHaveLength(
      1,
    );
    expect(readConfig({ SUPABASE_URL: 'https://abc.supabase.co/auth/v1/', ...keys }).auth).toEqual({
      kind: 'supabase',
      url: 'https://abc.supabase.co',
      issuer: 'https://abc.supabase.co/auth/v1',
      publishableKey: 'sb_publishable_x',
      secretKey: 'sb_secret_x',
      jwtSecret: null,
      accessTokenTtlSeconds: 3600,
    });
  });

  test('refuses in production the keys that come with Supabase’s examples', () => {
    const demo = `e30.${Buffer.from('{"iss":"supabase-demo","role":"anon"}').toString('base64url')}.x`;
    const env = {
      NODE_ENV: 'production',
      SITE_URL: 'https://id.example.com',
      SUPABASE_URL: 'http://kong:8000',
    };
    const problems = problemsOf({ ...env, SUPABASE_ANON_KEY: demo, SUPABASE_SERVICE_ROLE_KEY: demo });
    expect(problems).toHaveLength(1);
  });

  test('is described in full by .env.example, which itself is a configuration', () => {
    const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
    const lines = example.split('\n').filter((line) => /^[A-Z_]+=/.test(line));
    const env = Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string]));
    expect(readConfig(env)).toEqual(readConfig({}));
    expect(Object.keys(env)).toEqual(expect.arrayContaining(Object.keys(Environment.shape)));
  });
});
