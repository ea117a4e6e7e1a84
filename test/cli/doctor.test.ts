/** What `limen doctor` finds, on installations that are well and on broken ones. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lockDataDir } from '../../src/adapters/postgres/data-dir-lock.ts';
import { signProjectKey } from '../../src/adapters/tokens/project-key.ts';
import { createApp } from '../../src/app.ts';
import { allowsAnyHost } from '../../src/cli/doctor/configuration.ts';
import { type Examined, examine } from '../../src/cli/doctor/examination.ts';
import { readConfig } from '../../src/config/config.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/log.ts';
import { createServerDatabase, hasServer } from '../adapters/postgres/drivers.ts';
import { openTestDatabase } from '../support/database.ts';
import { migratedFolder, temporaryFolder } from '../support/process.ts';

const log = createLog('silent');
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';

/** What of each level was found, by the part it is about. */
const of = (findings: Examined[], level: string) =>
  findings.filter((finding) => finding.level === level).map(({ part, what }) => `${part}: ${what}`);

/** Limen as an operator runs it, on its own folder. */
async function startEmbedded(env: Record<string, string> = {}) {
  const settings = { LOG_LEVEL: 'silent', DATA_DIR: await migratedFolder(), ...env };
  const first = await createApp(readConfig(settings), { log });
  const server = await listen(first, { host: '127.0.0.1', port: 0, log });
  onTestFinished(() => server.close());
  return { app: first, url: server.url, env: { ...settings, API_EXTERNAL_URL: server.url } };
}

async function answering(status: number, body = ''): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('limen doctor', () => {
  test('finds nothing wrong with a new installation, and makes nothing', async () => {
    const DATA_DIR = join(temporaryFolder(), 'data');
    const findings = await examine({ DATA_DIR, API_EXTERNAL_URL: NOWHERE });
    expect(of(findings, 'fail')).toEqual([]);
    expect(of(findings, 'ok')).toContain(
      `database: DATA_DIR ${DATA_DIR} is not there yet: the first start makes it`,
    );
  });

  test('names every problem of the configuration, and no value', async () => {
    const findings = await examine({ PORT: 'eighty', SMTP_USER: 'ada', SUPABASE_SECRET_KEY: 'very secret' });
    expect(of(findings, 'fail')).toHaveLength(3);
    expect(JSON.stringify(findings)).not.toMatch(/eighty|very secret/);
  });

  test('looks at a folder that nobody uses, and says who uses one', async () => {
    const { app, env } = await startEmbedded();
    await app.close();
    const findings = await examine({
      ...env,
      EXTERNAL_PHONE_ENABLED: 'on',
      SMS_AUTOCONFIRM: 'on',
      RATE_LIMITS: 'off',
      REDIRECT_ALLOW_LIST: 'https://**',
    });
    expect(of(findings, 'fail')).toEqual([]);
    const parts = new Set(findings.map(({ part }) => part));
    expect([...parts]).toEqual(
      expect.arrayContaining([
        'migrations',
        'auth schema',
        'row security',
        'clocks',
        'listener',
        'signing keys',
        'mail',
      ]),
    );
    expect(of(findings, 'warn')).toEqual(
      expect.arrayContaining([
        'configuration: RATE_LIMITS is off',
        'configuration: REDIRECT_ALLOW_LIST allows any host by https://**',
        'configuration: SMS_AUTOCONFIRM is on',
      ]),
    );

    const lock = lockDataDir(env.DATA_DIR);
    onTestFinished(() => lock.release());
    expect(of(await examine(env), 'warn').join()).toContain(`process ${process.pid}`);
  });

  test('finds a mail server that is away, hooks that are not there, and keys of another Limen', async () => {
    const { app, env } = await startEmbedded();
    const other = await startEmbedded({ DATA_DIR: ':memory:' });
    onTestFinished(() => other.app.close());
    await app.close();
    const findings = await examine({
      ...env,
      API_EXTERNAL_URL: other.url,
      SMTP_URL: 'smtp://ada:secret@127.0.0.1:9',
      MAIL_FROM: 'id@example.com',
      HOOK_BEFORE_USER_CREATED_ENABLED: 'on',
      HOOK_BEFORE_USER_CREATED_URI: 'pg-functions://postgres/public/no_such_hook',
      HOOK_SEND_SMS_ENABLED: 'on',
      HOOK_SEND_SMS_URI: `${NOWHERE}/sms`,
      HOOK_SEND_SMS_SECRETS: 'v1,whsec_c2VjcmV0IHRoYXQgaXMgbG9uZyBlbm91Z2g=',
    });
    expect(of(findings, 'fail')).toEqual([
      expect.stringMatching(/^jwks: .* does not show \S+$/),
      expect.stringMatching(/^mail: the SMTP server does not let Limen in: ECONNREFUSED|ESOCKET/),
      'hooks: send_sms: 127.0.0.1:9 is out of reach',
      'hooks: before_user_created: public.no_such_hook is not there, or not for this role',
    ]);
    expect(JSON.stringify(findings)).not.toContain('secret@');
  });

  test('finds webhooks that do not arrive, and secrets that are sealed with a key that is gone', async () => {
    const { app, env } = await startEmbedded({
      WEBHOOK_SECRET_KEY: 'a key of more than 32 characters, for tests',
    });
    await app.database.query(
      `insert into limen.webhook_endpoints
         (id, url, events, includes_user_metadata, secret, is_enabled, failing_since, disabled_at, created_at, updated_at)
       select gen_random_uuid(), 'https://example.com/?key=very-secret', '{}', false, secret, disabled_at is null,
         now() - interval '6 days', disabled_at, now(), now()
       from (values ('sealed:very-secret', now()), ('whsec_very-secret', null)) as one (secret, disabled_at)`,
    );
    await app.close();
    const { WEBHOOK_SECRET_KEY, ...withoutKey } = env as Record<string, string>;
    const webhooks = (findings: Examined[]) => findings.filter(({ part }) => part === 'webhooks');
    const found = webhooks(await examine({ ...withoutKey, WEBHOOK_SECRET_KEY }));
    expect(found.map(({ level, what }) => `${level} ${what}`)).toEqual([
      'warn the secrets of 1 are from before WEBHOOK_SECRET_KEY, and lie there as they are',
      expect.stringMatching(/^warn \S{36} was switched off/),
      expect.stringMatching(/^warn \S{36} has failed for more than an hour$/),
    ]);
    const [lost] = webhooks(await examine(withoutKey));
    expect(lost).toMatchObject({ level: 'fail', what: expect.stringContaining('no WEBHOOK_SECRET_KEY') });
    expect(JSON.stringify(found)).not.toContain('very-secret');
  });

  test('finds a migration that is pending, and one that was altered', async () => {
    const { app, env } = await startEmbedded();
    await app.database.query(
      "update limen.migrations set checksum = 'another' where version = 1; delete from limen.migrations where version = 100",
    );
    await app.close();
    const findings = await examine(env);
    expect(of(findings, 'fail').join()).toMatch(
      /migrations: other than the ones that ran here: 0001_signing_keys/,
    );
    expect(of(findings, 'warn').join()).toMatch(/migrations: 1 to be run: 0100_people_mirror/);
  });

  test('says that the database is out of reach, and looks at the rest', async () => {
    const findings = await examine({
      DATABASE_URL: 'postgres://ada:secret@127.0.0.1:9/limen',
      API_EXTERNAL_URL: NOWHERE,
    });
    expect(of(findings, 'fail')).toEqual([expect.stringMatching(/^database: out of reach: ECONNREFUSED/)]);
    expect(JSON.stringify(findings)).not.toContain('secret');
  });

  test.skipIf(!hasServer)('finds a role that sees nobody, and says what it takes', async () => {
    const { url, ownerUrl, owner, drop } = await createServerDatabase();
    onTestFinished(drop);
    const app = await createApp(readConfig({ DATABASE_URL: url, LOG_LEVEL: 'silent' }), { log });
    await app.database.query(`grant usage on schema auth, limen to ${owner};
      grant all on all tables in schema auth, limen to ${owner}`);
    await app.close();
    const findings = await examine({ DATABASE_URL: ownerUrl, API_EXTERNAL_URL: NOWHERE });
    const [refused, ...others] = findings.filter(({ level }) => level === 'fail');
    expect(others).toEqual([]);
    expect(refused).toMatchObject({
      part: 'auth schema',
      what: expect.stringContaining('full access of this role to users'),
      advice: expect.stringMatching(/owns these tables, or .* BYPASSRLS/),
    });
  });

  test.each([
    ['https://**', true],
    ['**', true],
    ['https://**.example.com/callback', true],
    ['https://example.com/**', false],
    ['https://*.example.com/**', false],
    ['com.example.app://**', true],
  ])('takes %s for any host: %s', (glob, isAny) => {
    expect(allowsAnyHost(glob)).toBe(isAny);
  });
});

describe('limen doctor, in front of a Supabase', () => {
  async function startUpstream(env: Record<string, string> = {}) {
    const app = await createApp(readConfig({ LOG_LEVEL: 'silent', DATA_DIR: ':memory:', ...env }), {
      log,
      database: await openTestDatabase('pglite'),
    });
    const server = await listen(app, { host: '127.0.0.1', port: 0, log });
    onTestFinished(async () => {
      await server.close();
      await app.close();
    });
    const keyOf = (role: 'anon' | 'service_role') => signProjectKey(app.keys!, role, () => new Date(), 3600);
    const keys = {
      SUPABASE_ANON_KEY: await keyOf('anon'),
      SUPABASE_SERVICE_ROLE_KEY: await keyOf('service_role'),
    };
    return { SUPABASE_URL: server.url, ...keys };
  }
  const folder = () => ({ DATA_DIR: join(temporaryFolder(), 'data') });

  test('takes good keys, and finds what weakens the project', async () => {
    const env = await startUpstream({ EXTERNAL_ANONYMOUS_USERS_ENABLED: 'on' });
    const findings = await examine({ ...env, ...folder() });
    expect(of(findings, 'fail')).toEqual([]);
    expect(of(findings, 'ok')).toContain(`supabase: ${env.SUPABASE_URL} answers, and takes the secret key`);
    expect(of(findings, 'warn')).toEqual([
      'supabase settings: addresses count as confirmed without a mail',
      'supabase settings: anybody gets an anonymous account',
    ]);
  });

  test('finds keys that are exchanged, refused, or of an address that is none of Supabase’s', async () => {
    const env = await startUpstream();
    const exchanged = {
      SUPABASE_ANON_KEY: env.SUPABASE_SERVICE_ROLE_KEY,
      SUPABASE_SERVICE_ROLE_KEY: env.SUPABASE_ANON_KEY,
    };
    expect(of(await examine({ ...env, ...exchanged, ...folder() }), 'fail')).toEqual([
      'supabase: the publishable key is a secret one',
      'supabase: the secret key is refused',
    ]);
    const SUPABASE_URL = await answering(404, 'not here');
    expect(of(await examine({ ...env, SUPABASE_URL, ...folder() }), 'fail')).toEqual([
      `jwks: ${SUPABASE_URL}/auth/v1/.well-known/jwks.json answers 404`,
      `supabase: ${SUPABASE_URL} answers 404`,
    ]);
    expect(of(await examine({ ...env, SUPABASE_URL: NOWHERE, ...folder() }), 'fail')).toEqual([
      `jwks: ${NOWHERE}/auth/v1/.well-known/jwks.json is out of reach from here`,
      `supabase: ${NOWHERE} is out of reach`,
    ]);
  });

  test.skipIf(!hasServer)('looks at the replica: who waits, and when all were compared', async () => {
    const upstream = await startUpstream();
    const server = await createServerDatabase();
    onTestFinished(server.drop);
    const env = { ...upstream, DATABASE_URL: server.url, LOG_LEVEL: 'silent' };
    const app = await createApp(readConfig(env), { log });
    await app.database.query(
      "insert into limen.mirror_queue (user_id, queued_at, due_at, last_error) values (gen_random_uuid(), now() - interval '1 hour', now(), '23503')",
    );
    await app.close();
    const findings = await examine(env);
    expect(of(findings, 'ok')).toContain(`auth schema: made by Limen, a replica of ${upstream.SUPABASE_URL}`);
    expect(of(findings, 'warn').filter((line) => line.startsWith('mirror'))).toEqual([
      'mirror: 1 people wait for more than 15 minutes: 23503',
      'mirror: Supabase’s people were never compared as a whole',
    ]);
    // The same database, and another project.
    expect(of(await examine({ ...env, SUPABASE_URL: NOWHERE }), 'fail')).toContain(
      `auth schema: a replica of ${upstream.SUPABASE_URL}, and SUPABASE_URL is ${NOWHERE}`,
    );
    // The same database, and the variables of Supabase forgotten.
    expect(of(await examine({ DATABASE_URL: server.url, API_EXTERNAL_URL: NOWHERE }), 'fail')).toEqual([
      `auth schema: a replica of ${upstream.SUPABASE_URL}, and there is no SUPABASE_URL`,
    ]);
  });
});
