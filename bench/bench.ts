/**
 * `npm run bench`: how Limen does beside the least that could do the same work, in one run on one machine. Machines differ and are noisy;
 * the ratios are what to compare. `BENCH_SECONDS` sets the length of a round; `DATABASE_URL`, an empty PostgreSQL database, adds what several instances do together.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCrash } from './crash.ts';
import { measureDirectory } from './directory.ts';
import { whyNotEmpty } from './empty-database.ts';
import { measureFreshness } from './freshness.ts';
import { type Load, measureLoad } from './load.ts';
import { median } from './median.ts';
import { startProcess } from './process.ts';
import { graphql, request, send } from './request.ts';

const USAGE = `npm run bench: how Limen does beside the least that could do the same work. It takes minutes and all cores.

  BENCH_SECONDS=5        the length of a round
  DATABASE_URL=…         an empty PostgreSQL database, for what several instances do together; it is filled with strangers
  BENCH_PEOPLE=1000000   how many of them
`;
const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;

stopUnlessAsked();
const url = process.env.DATABASE_URL;
const refusal = url ? await whyNotEmpty(url) : null;
if (refusal !== null) stop(refusal, EXIT_CONFIG);

const SECONDS = Number(process.env.BENCH_SECONDS ?? 5);
const ROUNDS = 3;
const PEOPLE = Number(process.env.BENCH_PEOPLE ?? 1_000_000);
const PASSWORD = 'correct horse battery staple';

const dataDir = mkdtempSync(join(tmpdir(), 'limen-bench-'));
// Also where somebody has had enough.
process.on('exit', () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));
const env = { DATABASE_URL: '', DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn', RATE_LIMITS: 'off' };
const startLimen = () => startProcess('src/main.ts', { env, core: 0 });

const first = await startLimen();
await first.stop();
const limen = await startLimen();
report('start-up, first (makes the database)', `${first.startedInMs} ms`);
report('start-up, later', `${limen.startedInMs} ms`);

const { accessToken } = await graphql(
  limen.url,
  request(
    `mutation ($input: SignupInput!) { signup(input: $input) { ... on AuthSession { accessToken } } }`,
    {
      input: { email: 'bench@example.com', password: PASSWORD },
    },
  ),
).then(({ data }) => data.signup);
const me = request('{ me { id email displayName roles permissions tier } }', {}, accessToken);
const size = (await send(limen.url, me).then((response) => response.text())).length;

const bare = await startProcess('bench/bare-responder.ts', { env: { BODY_BYTES: String(size) }, core: 0 });
const loads: { me: Load[]; bare: Load[] } = { me: [], bare: [] };
await measureLoad(limen.url, me, { connections: 32, requests: 10_000 });
report('memory after 10,000 requests', `${limen.rssMegabytes()} MB`);
for (let round = 0; round < ROUNDS; round += 1) {
  loads.bare.push(await measureLoad(bare.url, me, { connections: 32, seconds: SECONDS }));
  loads.me.push(await measureLoad(limen.url, me, { connections: 32, seconds: SECONDS }));
}
await bare.stop();
report('me, one core', describe(loads.me));
report(`bare node:http of ${size} bytes, same core`, describe(loads.bare));
const ratios = loads.me.map((load, index) => load.perSecond / loads.bare[index]!.perSecond);
report('me / bare', `${median(ratios).toFixed(3)} of the requests per second`);
await limen.stop();

const hashing = await startProcess('src/main.ts', { env });
const login = request(
  'mutation ($input: LoginInput!) { login(input: $input) { ... on AuthSession { accessToken } } }',
  { input: { email: 'bench@example.com', password: PASSWORD } },
);
const logins: number[] = [];
const hashes: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const verifier = await startProcess('bench/bare-verifier.ts', { env: { SECONDS: String(SECONDS) } });
  hashes.push(Number((await verifier.lastLine()).trim()));
  logins.push((await measureLoad(hashing.url, login, { connections: 8, seconds: SECONDS })).perSecond);
}
await hashing.stop();
report('login, all cores', `${median(logins).toFixed(1)} per second`);
report('bare Argon2id verification, all cores', `${median(hashes).toFixed(1)} per second`);
report('login / bare verification', median(logins.map((rate, index) => rate / hashes[index]!)).toFixed(3));

if (url) {
  const { lag, lagWhileCut, cuts, me: rates } = await measureFreshness(url, SECONDS);
  const shown = ({ p50, p99, max }: typeof lag) =>
    `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(1)} ms`;
  report('a change enforced by another instance after', shown(lag));
  report(`the same, listeners cut off ${cuts} times`, shown(lagWhileCut));
  report('me with 100,000 recent changes / with none', (rates.after / rates.before).toFixed(2));
  const crash = await measureCrash(url, SECONDS);
  report(
    'one of three killed under load: changes lost',
    `${crash.lost} of ${crash.acknowledged} acknowledged`,
  );
  report('the same: ended sessions that still live', `${crash.living} of ${crash.ended}`);
  if (crash.lost + crash.living > 0) process.exitCode = 1;
  const { people, p50 } = await measureDirectory(url, PEOPLE);
  for (const [name, ms] of Object.entries(p50))
    report(`users, of ${people}: ${name}`, `p50 ${ms.toFixed(1)} ms`);
  report('users: last page / first page', (p50['last page']! / p50['first page']!).toFixed(2));
}
function describe(loads: Load[]): string {
  const of = (name: 'perSecond' | 'p50Ms' | 'p99Ms') => median(loads.map((load) => load[name]));
  return `${Math.round(of('perSecond'))} requests/s, p50 ${of('p50Ms')} ms, p99 ${of('p99Ms')} ms`;
}

function report(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(48)} ${figure}\n`);
}

function stopUnlessAsked(): void {
  try {
    const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
    if (values.help) stop(USAGE, 0);
  } catch (error) {
    stop(`${(error as Error).message}\n\n${USAGE}`, EXIT_USAGE);
  }
}

function stop(why: string, exitCode: number): never {
  (exitCode === 0 ? process.stdout : process.stderr).write(`${why.trimEnd()}\n`);
  process.exit(exitCode);
}
