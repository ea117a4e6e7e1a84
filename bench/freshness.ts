/** Three Limens on one PostgreSQL: how long after a change was acknowledged the others enforce it, and what hearing of many changes costs. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { measureLoad } from './load.ts';
import { median } from './median.ts';
import { startProcess } from './process.ts';
import { type GraphQLRequest, graphql, request } from './request.ts';

const CHANGES = 200;
const CUTS = 50;
const RECENT = 100_000;

const SIGN_UP = `mutation ($input: SignupInput!) { signup(input: $input) { ... on AuthSession { accessToken user { id } } } }`;
const SET_ROLES = `mutation ($input: SetUserRolesInput!) { setUserRoles(input: $input) { __typename } }`;
const PASSWORD = 'correct horse battery staple';

export interface Freshness {
  /** Milliseconds from the acknowledgement on one instance to the first answer of another that knows of it. */
  lag: { p50: number; p99: number; max: number };
  /** The same, while every listening connection is cut off over and over. */
  lagWhileCut: { p50: number; p99: number; max: number };
  cuts: number;
  /** Requests for `me` in a second, with no recent change and with a hundred thousand. */
  me: { before: number; after: number };
}

/** @param url an empty database, which is filled */
export async function measureFreshness(url: string, seconds: number): Promise<Freshness> {
  const env = { DATABASE_URL: url, PORT: '0', LOG_LEVEL: 'error', RATE_LIMITS: 'off' };
  const start = () => startProcess('src/main.ts', { env });
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  const first = await start();
  const others = [await start(), await start()];
  try {
    const admin = await signUp(first.url, 'admin@example.com');
    await database.query(`update auth.users set raw_app_meta_data = '{"roles": ["admin"]}' where id = $1`, [
      admin.user.id,
    ]);
    const person = await signUp(first.url, 'person@example.com');
    await sleep(200);

    const flip = async (round: number, url: string) => {
      const role = `role-${round}`;
      await graphql(
        first.url,
        request(SET_ROLES, { input: { userId: person.user.id, roles: [role] } }, admin.accessToken),
      );
      const acknowledgedAt = performance.now();
      for (;;) {
        const { data } = await graphql(url, request('{ viewer { roles } }', {}, person.accessToken));
        if (data?.viewer.roles[0] === role) return performance.now() - acknowledgedAt;
      }
    };
    const lags: number[] = [];
    for (let round = 0; round < CHANGES; round += 1) lags.push(await flip(round, others[round % 2]!.url));

    let cuts = 0;
    const cutting = (async () => {
      for (; cuts < CUTS; cuts += 1) {
        await database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
             and pid <> pg_backend_pid() and (query ilike 'listen%' or query like '%pg_visible_in_snapshot%')`,
        );
        await sleep(40);
      }
    })();
    const lagsWhileCut: number[] = [];
    for (let round = 0; cuts < CUTS; round += 1) {
      lagsWhileCut.push(await flip(CHANGES + round, others[round % 2]!.url));
    }
    await cutting;

    const me = request('{ me { id email displayName roles } }', {}, person.accessToken);
    const asked = await start();
    const before = await rounds(asked.url, me, seconds);
    await database.query(
      `insert into limen.changes (kind, user_id) select 'user', gen_random_uuid() from generate_series(1, $1)`,
      [RECENT],
    );
    // Read with the next heartbeat.
    await sleep(3000);
    const after = await rounds(asked.url, me, seconds);
    await asked.stop();
    return { lag: spread(lags), lagWhileCut: spread(lagsWhileCut), cuts, me: { before, after } };
  } finally {
    await database.end();
    for (const instance of [first, ...others]) await instance.stop();
  }
}

async function rounds(url: string, me: GraphQLRequest, seconds: number): Promise<number> {
  const rates: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    rates.push((await measureLoad(url, me, { connections: 32, seconds })).perSecond);
  }
  return median(rates);
}

async function signUp(url: string, email: string): Promise<{ accessToken: string; user: { id: string } }> {
  const { data } = await graphql(url, request(SIGN_UP, { input: { email, password: PASSWORD } }));
  return data.signup;
}

function spread(values: number[]): { p50: number; p99: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1)! };
}
