/** Several Limens on one PostgreSQL: what one of them does, all enforce, with the tokens in use. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPostgres } from '../src/adapters/postgres/postgres.ts';
import { signProjectKey } from '../src/adapters/tokens/project-key.ts';
import { type App, createApp } from '../src/app.ts';
import { readConfig } from '../src/config/config.ts';
import { createLog } from '../src/log.ts';
import { createServerDatabase, hasServer } from './adapters/postgres/drivers.ts';
import { codeOf } from './support/authenticator.ts';

const PASSWORD = 'correct horse battery staple';

describe.runIf(hasServer)('instances on one PostgreSQL', () => {
  let apps: App[] = [];
  let server: Awaited<ReturnType<typeof createServerDatabase>>;

  beforeAll(async () => {
    server = await createServerDatabase();
    const config = readConfig({
      DATABASE_URL: server.url,
      RATE_LIMITS: 'off',
      LOG_LEVEL: 'silent',
      IMPERSONATION_ENABLED: 'on',
    });
    const start = () => createApp(config, { log: createLog('silent') });
    apps = [await start(), await start(), await start()];
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
    await server.drop();
  });

  async function ask(instance: number, query: string, token?: string, input?: object) {
    const response = await apps[instance]!.fetch(
      new Request('http://limen.test/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: JSON.stringify({ query, variables: { input } }),
      }),
    );
    // biome-ignore lint/suspicious/noExplicitAny: answers of every shape
    return { status: response.status, ...((await response.json()) as any) };
  }

  async function signUp(name: string): Promise<{ accessToken: string; user: { id: string } }> {
    const email = `${name}-${Date.now()}@example.com`;
    const { data } = await ask(
      0,
      'mutation ($input: SignupInput!) { signup(input: $input) { ... on AuthSession { accessToken user { id } } } }',
      undefined,
      { email, password: PASSWORD },
    );
    return data.signup;
  }

  async function admin(method: string, id: string, body: object) {
    const key = await signProjectKey(apps[0]!.keys!, 'service_role', () => new Date(), 600);
    const response = await apps[0]!.fetch(
      new Request(`http://limen.test/auth/v1/admin/users/${id}`, {
        method,
        headers: { authorization: `Bearer ${key}` },
        body: JSON.stringify(body),
      }),
    );
    expect(response.status).toBe(200);
  }

  /** How long until the answer is as it should be, in ms. */
  async function until(holds: () => Promise<boolean>): Promise<number> {
    const start = performance.now();
    while (!(await holds())) {
      if (performance.now() - start > 2000) throw new Error('Not within two seconds.');
      await sleep(2);
    }
    return performance.now() - start;
  }

  test('enforce grants, bans and deletions of another instance with the old token', async () => {
    const { accessToken, user } = await signUp('ada');
    const roles = async () => (await ask(1, '{ viewer { roles } }', accessToken)).data?.viewer.roles.join();
    await admin('PUT', user.id, { app_metadata: { roles: ['admin'] } });
    await until(async () => (await roles()) === 'admin');
    await admin('PUT', user.id, { app_metadata: { roles: [] } });
    await until(async () => (await roles()) === '');
    await admin('PUT', user.id, { ban_duration: '1h' });
    await until(async () => (await ask(2, '{ viewer { kind } }', accessToken)).status === 401);
    await admin('PUT', user.id, { ban_duration: 'none' });
    await until(async () => (await ask(2, '{ viewer { kind } }', accessToken)).status === 200);
    await admin('DELETE', user.id, {});
    await until(async () => (await ask(1, '{ viewer { kind } }', accessToken)).status === 401);
  });

  test('take back the level of a second factor that was removed on another', async () => {
    const { accessToken, user } = await signUp('joan');
    const enrolled = await ask(
      0,
      'mutation ($input: EnrollTotpInput!) { enrollTotp(input: $input) { ... on TotpEnrolment { factorId secret } } }',
      accessToken,
      {},
    );
    const { factorId, secret } = enrolled.data.enrollTotp;
    const verified = await ask(
      0,
      'mutation ($input: VerifyTotpInput!) { verifyTotp(input: $input) { ... on AuthSession { accessToken } } }',
      accessToken,
      { factorId, code: codeOf(secret, new Date()) },
    );
    const raised = verified.data.verifyTotp.accessToken;
    const level = async () =>
      (await ask(1, '{ viewer { assuranceLevel } }', raised)).data?.viewer.assuranceLevel;
    expect(await level()).toBe('AAL2');
    await admin('DELETE', `${user.id}/factors/${factorId}`, {});
    await until(async () => (await level()) === 'AAL1');
  });

  test('refuse the token of a session that ended on another', async () => {
    const { accessToken } = await signUp('grace');
    expect((await ask(1, '{ me { id } }', accessToken)).status).toBe(200);
    await ask(0, 'mutation { logout { __typename } }', accessToken);
    await until(async () => (await ask(1, '{ me { id } }', accessToken)).status === 401);
    await until(async () => (await ask(2, '{ me { id } }', accessToken)).status === 401);
  });

  const act = async (instance: number, token: string, field: string, input: object, selection = '') => {
    const type = `${field[0]!.toUpperCase()}${field.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${field}(input: $input) { __typename ${selection} } }`;
    const { data, errors } = await ask(instance, query, token, input);
    return errors ? { __typename: errors[0].extensions.code } : data[field];
  };

  test('enforce what an operator does on another, and what they do in somebody’s stead ends with them', async () => {
    const [operator, lin] = [await signUp('operator'), await signUp('lin')];
    const token = operator.accessToken;
    const isIn = async (accessToken: string) => (await ask(1, '{ me { id } }', accessToken)).status === 200;
    await admin('PUT', operator.user.id, { app_metadata: { roles: ['admin'] } });
    await until(async () => (await ask(2, '{ viewer { roles } }', token)).data?.viewer.roles[0] === 'admin');
    const inStead = await act(
      2,
      token,
      'impersonate',
      { userId: lin.user.id, reason: 'Ticket 7' },
      '... on Impersonation { accessToken }',
    );
    expect(await isIn(inStead.accessToken)).toBe(true);
    await act(0, token, 'setUserTier', { userId: lin.user.id, tier: 'pro' });
    await until(async () => (await ask(1, '{ me { tier } }', lin.accessToken)).data?.me.tier === 'pro');
    await ask(0, 'mutation { logout { __typename } }', token);
    await until(async () => !(await isIn(inStead.accessToken)));
    expect(await isIn(lin.accessToken)).toBe(true);
    await admin('PUT', operator.user.id, { app_metadata: { roles: [] } });
  });

  test('never lose the last administrator between two of them', async () => {
    for (let round = 0; round < 3; round += 1) {
      const [one, two] = [await signUp('one'), await signUp('two')];
      for (const { user, accessToken } of [one, two]) {
        await admin('PUT', user.id, { app_metadata: { roles: ['admin'] } });
        for (const instance of [0, 1]) {
          await until(
            async () =>
              (await ask(instance, '{ viewer { roles } }', accessToken)).data?.viewer.roles[0] === 'admin',
          );
        }
      }
      const outcomes = await Promise.all([
        act(0, one.accessToken, 'deleteUser', { userId: two.user.id, mode: 'SOFT' }),
        act(1, two.accessToken, 'banUser', { userId: one.user.id }),
      ]);
      const done = outcomes.filter(({ __typename }) => ['User', 'UserDeleted'].includes(__typename));
      expect(done).toHaveLength(1);
      for (const { user } of [one, two]) await admin('DELETE', user.id, {});
    }
  });

  test('trust no token while they cannot hear, and look into the database instead', async () => {
    const { accessToken, user } = await signUp('hedy');
    const database = await openPostgres({ url: server.url });
    // Every listener is cut off again and again, while the grants change.
    let isOver = false;
    const cutting = (async () => {
      while (!isOver) {
        await database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
             and pid <> pg_backend_pid() and (query ilike 'listen%' or query like '%pg_visible_in_snapshot%')`,
        );
        await sleep(5);
      }
    })();
    for (let round = 0; round < 25; round += 1) {
      const role = `role-${round}`;
      await admin('PUT', user.id, { app_metadata: { roles: [role] } });
      await until(async () => {
        const { data } = await ask(1, '{ viewer { roles } }', accessToken);
        return data?.viewer.roles[0] === role;
      });
    }
    isOver = true;
    await cutting;
    await database.close();
  });
});

test.runIf(hasServer)(
  'instances that start together on a new PostgreSQL all start, even while somebody else installs pg_trgm there',
  async () => {
    const server = await createServerDatabase();
    const config = readConfig({ DATABASE_URL: server.url, LOG_LEVEL: 'silent' });
    const somebody = await openPostgres({ url: server.url });
    const isWaited = async () =>
      (
        await somebody.query(
          "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like 'create extension%' and datname = current_database()",
        )
      ).length > 0;
    let starts: Promise<App>[] = [];
    await somebody.transaction(async (tx) => {
      await tx.query('create extension pg_trgm');
      starts = Array.from({ length: 5 }, () => createApp(config, { log: createLog('silent') }));
      void Promise.allSettled(starts);
      while (!(await isWaited())) await sleep(20);
    });
    const outcomes = await Promise.allSettled(starts);
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') await outcome.value.close();
    const made = await somebody.query(
      'select (select count(*) from limen.signing_keys) as keys, (select count(*) from limen.migrations) = (select count(distinct version) from limen.migrations) as once',
    );
    await somebody.close();
    await server.drop();
    expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : 'started'))).toEqual(
      Array(5).fill('started'),
    );
    expect(made).toEqual([{ keys: 1, once: true }]);
  },
);
