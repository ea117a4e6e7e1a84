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
        passwordRules: { scheme: 'argon2id', minCharacters: 8, requiredCharacters: [] },
        hooks: {},
      },
      rateLimits: { textsPerHour: 100, mailsPerHour: null },
    });
  });

  describe('of providers', () => {
    const oauthOf = (env: Record<string, string>) => {
      const { auth } = readConfig(env);
      return auth.kind === 'embedded' ? auth.oauth : null;
    };

    test('takes Supabase’s names for those it knows, and any OpenID provider by its issuer', () => {
      const oauth = oauthOf({
        EXTERNAL_GOOGLE_ENABLED: 'true',
        EXTERNAL_GOOGLE_CLIENT_ID: 'web, ios',
        EXTERNAL_GOOGLE_SECRET: 'x',
        EXTERNAL_GITHUB_ENABLED: 'false',
        OIDC_PROVIDERS: 'acme',
        OIDC_ACME_ISSUER: 'https://id.acme.example/realm/',
        OIDC_ACME_CLIENT_ID: 'limen',
        OIDC_ACME_LABEL: 'Acme Inc.',
        OIDC_ACME_SCOPES: 'groups',
        SECURITY_MANUAL_LINKING_ENABLED: 'true',
        API_EXTERNAL_URL: 'https://id.example.com',
      });
      expect(oauth).toMatchObject({
        manualLinking: true,
        providers: [
          { name: 'google', label: 'Google', clientIds: ['web', 'ios'], url: null },
          {
            name: 'custom:acme',
            label: 'Acme Inc.',
            secret: null,
            url: 'https://id.acme.example/realm/',
            scopes: ['groups'],
            redirectUri: 'https://id.example.com/auth/v1/callback',
          },
        ],
      });
    });

    test.each([
      [{ EXTERNAL_GOOGLE_ENABLED: 'on' }, ['EXTERNAL_GOOGLE_CLIENT_ID', 'EXTERNAL_GOOGLE_SECRET']],
      [{ EXTERNAL_GOOGLE_ENABLED: 'maybe' }, ['EXTERNAL_GOOGLE_ENABLED']],
      [{ OIDC_PROVIDERS: 'acme' }, ['OIDC_ACME_ISSUER', 'OIDC_ACME_CLIENT_ID']],
      [{ OIDC_PROVIDERS: 'Acme Inc' }, ['OIDC_PROVIDERS']],
      [
        {
          EXTERNAL_APPLE_ENABLED: 'on',
          EXTERNAL_APPLE_CLIENT_ID: 'x',
          EXTERNAL_APPLE_SECRET: 'x',
          EXTERNAL_APPLE_KEY_ID: 'x',
        },
        ['EXTERNAL_APPLE_PRIVATE_KEY'],
      ],
      [
        {
          EXTERNAL_AZURE_ENABLED: 'on',
          EXTERNAL_AZURE_CLIENT_ID: 'x',
          EXTERNAL_AZURE_SECRET: 'x',
          EXTERNAL_AZURE_TRUST_EMAIL: 'on',
        },
        ['EXTERNAL_AZURE_TRUST_EMAIL'],
      ],
      [
        {
          NODE_ENV: 'production',
          API_EXTERNAL_URL: 'https://id.example.com',
          EMAIL_CONFIRMATION: 'off',
          OIDC_PROVIDERS: 'acme',
          OIDC_ACME_ISSUER: 'http://id.acme.example',
          OIDC_ACME_CLIENT_ID: 'x',
        },
        ['OIDC_ACME_*'],
      ],
      [
        {
          SUPABASE_URL: 'https://x.supabase.co',
          SUPABASE_ANON_KEY: 'x',
          SUPABASE_SECRET_KEY: 'x',
          EXTERNAL_GOOGLE_ENABLED: 'on',
        },
        ['EXTERNAL_GOOGLE_ENABLED'],
      ],
    ] as [Record<string, string>, string[]][])(
      'reports what is missing or does not go together (%#)',
      (env, names) => {
        const problems = problemsOf(env);
        for (const name of names) expect(problems).toContainEqual(expect.stringContaining(`${name}: `));
        expect(problems).toHaveLength(names.length);
      },
    );
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
      publicUrl: 'https://abc.supabase.co',
      issuer: 'https://abc.supabase.co/auth/v1',
      publishableKey: 'sb_publishable_x',
      secretKey: 'sb_secret_x',
      jwtSecret: null,
      webhookSecret: null,
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

  const HOOK_SECRET = `v1,whsec_${Buffer.alloc(32, 7).toString('base64')}`;

  test('reads hooks as Supabase Auth does: an address or a function of the database, and secrets that replace each other', () => {
    const config = readConfig({
      HOOK_SEND_EMAIL_ENABLED: 'true',
      HOOK_SEND_EMAIL_URI: 'https://hooks.example.com/mail',
      HOOK_SEND_EMAIL_SECRETS: `${HOOK_SECRET}|${HOOK_SECRET}`,
      HOOK_CUSTOM_ACCESS_TOKEN_ENABLED: 'on',
      HOOK_CUSTOM_ACCESS_TOKEN_URI: 'pg-functions://postgres/public/custom_claims',
      HOOK_SEND_SMS_URI: 'https://hooks.example.com/off',
    });
    const secret = HOOK_SECRET.slice(3);
    expect(config.auth).toMatchObject({
      hooks: {
        send_email: { kind: 'http', url: 'https://hooks.example.com/mail', secrets: [secret, secret] },
        custom_access_token: { kind: 'postgres', schema: 'public', function: 'custom_claims' },
      },
    });
    expect(config.auth).not.toHaveProperty('hooks.send_sms');
  });

  test.each([
    ['no address', { URI: '' }],
    ['no secret', { SECRETS: '' }],
    ['a secret that is short', { SECRETS: 'v1,whsec_c2hvcnQ=' }],
    ['a secret that is no base64', { SECRETS: `v1,whsec_${'?'.repeat(44)}` }],
    ['a key pair', { SECRETS: `v1a,whpk_${'a'.repeat(44)}:whsk_${'a'.repeat(44)}` }],
    ['a good secret and another', { SECRETS: `${HOOK_SECRET}|hunter2` }],
    ['another protocol', { URI: 'ftp://hooks.example.com/mail' }],
    ['a password in the address', { URI: 'https://user:hunter2@hooks.example.com' }],
    ['a function without a schema', { URI: 'pg-functions://postgres/send' }],
    ['SQL', { URI: 'pg-functions://postgres/public/f";drop table x' }],
    ['a path', { URI: 'pg-functions://postgres/public/f/g' }],
  ])('refuses a hook with %s, and repeats nothing of it', (_what, wrong) => {
    const given = { ENABLED: 'on', URI: 'https://hooks.example.com/mail', SECRETS: HOOK_SECRET, ...wrong };
    const env = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [`HOOK_SEND_EMAIL_${name}`, value]),
    );
    const problems = problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toMatch(/hunter2|whsec_c2|drop table/);
  });

  test('takes hooks without encryption from this machine, and in production from nowhere else', () => {
    const env = { HOOK_SEND_SMS_ENABLED: 'on', HOOK_SEND_SMS_SECRETS: HOOK_SECRET };
    const at = (host: string) => ({ ...env, HOOK_SEND_SMS_URI: `http://${host}/sms` });
    const production = {
      NODE_ENV: 'production',
      SITE_URL: 'https://id.example.com',
      EMAIL_CONFIRMATION: 'off',
    };
    expect(problemsOf(at('hooks.internal'))).toEqual([]);
    expect(problemsOf({ ...production, ...at('hooks.internal') })).toHaveLength(1);
    for (const host of ['localhost:3000', '127.0.0.1', '[::1]:3000', 'host.docker.internal']) {
      expect(problemsOf({ ...production, ...at(host) })).toEqual([]);
    }
    expect(problemsOf({ ...production, ...at('127.0.0.1.example.com') })).toHaveLength(1);
  });

  test('leaves hooks, the limits of sessions and the rules for passwords to Supabase', () => {
    const problems = problemsOf({
      SUPABASE_URL: 'https://abc.supabase.co',
      SUPABASE_ANON_KEY: 'a',
      SUPABASE_SERVICE_ROLE_KEY: 's',
      HOOK_SEND_SMS_ENABLED: 'on',
      SESSIONS_TIMEBOX: '24h',
      PASSWORD_MIN_LENGTH: '12',
    });
    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      'HOOK_SEND_SMS_ENABLED',
      'PASSWORD_MIN_LENGTH',
      'SESSIONS_TIMEBOX',
    ]);
  });

  test('reads the limits of sessions, in the durations of Go too, and the sets of required characters', () => {
    const { auth } = readConfig({
      SESSIONS_TIMEBOX: '24h0m0s',
      SESSIONS_INACTIVITY_TIMEOUT: '1h30m',
      SESSIONS_SINGLE_PER_USER: 'true',
      SECURITY_REFRESH_TOKEN_REUSE_INTERVAL: '0',
      PASSWORD_REQUIRED_CHARACTERS: 'abc:ABC:012:!\\:?',
    });
    expect(auth).toMatchObject({
      sessions: {
        timeboxSeconds: 86_400,
        inactivityTimeoutSeconds: 5400,
        isSinglePerUser: true,
        reuseIntervalSeconds: 0,
      },
      passwordRules: { requiredCharacters: ['abc', 'ABC', '012', '!:?'] },
    });
    expect(problemsOf({ PASSWORD_MIN_LENGTH: '5' })).toHaveLength(1);
  });

  test('takes the environment of Supabase Auth, under its own names', () => {
    const config = readConfig({
      GOTRUE_SITE_URL: 'https://app.example.com',
      GOTRUE_URI_ALLOW_LIST: 'https://*.example.com',
      API_EXTERNAL_URL: 'https://id.example.com/auth/v1',
      GOTRUE_JWT_SECRET: SECRET,
      GOTRUE_JWT_EXP: '3600',
      GOTRUE_DISABLE_SIGNUP: 'true',
      GOTRUE_MAILER_AUTOCONFIRM: 'false',
      GOTRUE_SESSIONS_TIMEBOX: '24h0m0s',
      GOTRUE_PASSWORD_MIN_LENGTH: '10',
      GOTRUE_HOOK_BEFORE_USER_CREATED_ENABLED: 'true',
      GOTRUE_HOOK_BEFORE_USER_CREATED_URI: 'pg-functions://postgres/public/guard',
      GOTRUE_SMTP_LOGGING_ENABLED: 'false',
    });
    expect(config.auth).toMatchObject({
      issuer: 'https://id.example.com/auth/v1',
      siteUrl: 'https://app.example.com',
      redirectAllowList: ['https://*.example.com'],
      jwtSecret: SECRET,
      accessTokenTtlSeconds: 3600,
      signupEnabled: false,
      emailConfirmation: true,
      sessions: { timeboxSeconds: 86_400 },
      passwordRules: { minCharacters: 10 },
      hooks: { before_user_created: { schema: 'public', function: 'guard' } },
    });
    expect(config.warnings).toEqual([]);
  });

  test('warns in production where whoever reads the database could sign webhooks', () => {
    const env = { NODE_ENV: 'production', SITE_URL: 'https://id.example.com', EMAIL_CONFIRMATION: 'off' };
    const [warning] = readConfig(env).warnings;
    expect(warning).toMatch(/^WEBHOOK_SECRET_KEY is not set/);
    expect(readConfig({ ...env, WEBHOOK_SECRET_KEY: SECRET }).warnings).toEqual([]);
    expect(readConfig({}).warnings).toEqual([]);
  });

  test('names what it was asked for under those names and does not do, and what it is told twice', () => {
    const { warnings } = readConfig({
      GOTRUE_SECURITY_CAPTCHA_ENABLED: 'true',
      GOTRUE_SECURITY_CAPTCHA_PROVIDER_SECRET: 'hunter2',
      GOTRUE_SAML_ENABLED: 'false',
    });
    expect(warnings).toEqual([
      'GOTRUE_SECURITY_CAPTCHA_ENABLED is not supported: no captcha is asked for',
      'GOTRUE_SECURITY_CAPTCHA_PROVIDER_SECRET is not read',
    ]);
    expect(problemsOf({ JWT_SECRET: SECRET, GOTRUE_JWT_SECRET: `${SECRET}x` })).toHaveLength(1);
    expect(problemsOf({ EMAIL_CONFIRMATION: 'on', GOTRUE_MAILER_AUTOCONFIRM: 'false' })).toEqual([]);
    const [problem] = problemsOf({ GOTRUE_JWT_SECRET: 'hunter2' });
    expect(problem).toMatch(/^GOTRUE_JWT_SECRET: /);
    expect(problem).not.toContain('hunter2');
  });

  test('is described in full by .env.example, which itself is a configuration', () => {
    const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
    const lines = example.split('\n').filter((line) => /^[A-Z_]+=/.test(line));
    const env = Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string]));
    expect(readConfig(env)).toEqual(readConfig({}));
    expect(Object.keys(env)).toEqual(expect.arrayContaining(Object.keys(Environment.shape)));
  });
});

describe('a variable that nothing reads', () => {
  const warningsOf = (env: Record<string, string>) => readConfig(env).warnings;

  test.each([
    ['IMPERSONATION_ENABELD', 'IMPERSONATION_ENABLED'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['LOG_LEVLE', 'LOG_LEVEL'],
    ['EXTERNAL_GITHUB_CLIENT_IDD', 'EXTERNAL_GITHUB_CLIENT_ID'],
    ['HOOK_SEND_SMS_SECRET', 'HOOK_SEND_SMS_SECRETS'],
  ])('%s, is told of where it looks like %s, by name and without its value', (name, meant) => {
    expect(warningsOf({ [name]: 'very secret' })).toEqual([`${name} is not read: is ${meant} meant?`]);
  });

  test('is told of where a provider that is named lacks it', () => {
    const env = {
      OIDC_PROVIDERS: 'acme',
      OIDC_ACME_ISSUER: 'https://id.example.com',
      OIDC_ACME_CLIENT_ID: 'limen',
      OIDC_ACME_SECRET: 'a secret',
      OIDC_ACME_SCOPE: 'openid',
    };
    expect(warningsOf(env)).toEqual(['OIDC_ACME_SCOPE is not read: is OIDC_ACME_SCOPES meant?']);
  });

  test('is no news where it is somebody else’s', () => {
    const names =
      `PATH HOME HOST HOSTNAME PORT PORTS USER TERM LANG LC_ALL PWD OLDPWD SHLVL EDITOR TZ CI DEBUG NODE_ENV NODE_OPTIONS NODE_PATH
      npm_config_registry npm_lifecycle_event npm_package_name INIT_CWD SSH_AUTH_SOCK XDG_DATA_DIRS XDG_DATA_HOME DATA_HOME LOG_FILE LOG_FORMAT
      HTTP_PROXY HTTPS_PROXY NO_PROXY HTTP_URL AMQP_URL FILE_URL REDIS_URL LDAP_URL MAIL_HOST MAIL_PORT SMTP_HOST SMTP_PORT TEST_DATABASE_URL
      POSTGRES_URL POSTGRES_USER POSTGRES_PASSWORD PGHOST PGDATABASE KUBERNETES_PORT KUBERNETES_SERVICE_HOST AWS_REGION AWS_SECRET_ACCESS_KEY
      GITHUB_TOKEN GITHUB_ACTIONS OIDC_OTHER_CLIENT_ID SUPABASE_ACCESS_TOKEN SUPABASE_DB_PASSWORD VITE_API_URL NEXT_PUBLIC_SITE_URL _`.split(
        /\s+/,
      );
    expect(warningsOf({ ...Object.fromEntries(names.map((name) => [name, '1'])), NODE_ENV: 'test' })).toEqual(
      [],
    );
  });
});
