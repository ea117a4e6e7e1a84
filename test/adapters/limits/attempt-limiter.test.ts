import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAttemptLimiter } from '../../../src/adapters/limits/attempt-limiter.ts';
import type { AttemptLimits } from '../../../src/adapters/limits/attempt-limits.ts';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import { openPostgres } from '../../../src/adapters/postgres/postgres.ts';
import type { AttemptLimiter } from '../../../src/identity/attempts.ts';
import { createServerDatabase, hasServer } from '../postgres/drivers.ts';

const LIMITS: Partial<AttemptLimits> = {
  signup: { attempts: 2, seconds: 60 },
  login: { attempts: 8, seconds: 60 },
  accountAtAddress: { attempts: 3, seconds: 60 },
  account: {
    password: { attempts: 5, seconds: 60 },
    code: { attempts: 4, seconds: 60 },
    factor: { attempts: 4, seconds: 60 },
  },
  factorAnywhere: { attempts: 6, seconds: 60 },
  sms: { attempts: 4, seconds: 60 },
  smsToNumber: { attempts: 3, seconds: 3600 },
  toOneFromNetwork: { mail: { attempts: 2, seconds: 3600 }, sms: { attempts: 2, seconds: 3600 } },
  inAll: { mail: { attempts: 0, seconds: 3600 }, sms: { attempts: 5, seconds: 3600 } },
};

const ada = { account: 'ada@example.com' };
const freshAddress = () => randomUUID();

async function attempts(
  limiter: AttemptLimiter,
  count: number,
  subject: { address: string; account?: string },
) {
  const verdicts = [];
  for (let index = 0; index < count; index++) verdicts.push(await limiter.attempt('login', subject));
  return verdicts.map((verdict) => verdict === null);
}

function behavesAsALimiter(create: (onExhausted?: (kind: string) => void) => AttemptLimiter) {
  test('lets an address try so often, says how long to wait, and leaves others alone', async () => {
    const limiter = create();
    const address = freshAddress();
    expect(await limiter.attempt('signup', { address })).toBeNull();
    expect(await limiter.attempt('signup', { address })).toBeNull();
    const refused = await limiter.attempt('signup', { address });
    expect(refused?.retryAfterSeconds).toBeGreaterThan(50);
    expect(refused?.retryAfterSeconds).toBeLessThanOrEqual(60);
    expect(await limiter.attempt('login', { address })).toBeNull();
    expect(await limiter.attempt('signup', { address: freshAddress() })).toBeNull();
  });

  test('limits guesses at one account from one address, at the password change as at the sign-in', async () => {
    const limiter = create();
    const subject = { address: freshAddress(), account: `${randomUUID()}@example.com` };
    expect(await attempts(limiter, 4, subject)).toEqual([true, true, true, false]);
    expect(await limiter.attempt('password', subject)).not.toBeNull();
    expect(await limiter.attempt('login', { ...subject, account: `${randomUUID()}@example.com` })).toBeNull();
  });

  test('limits guesses at one account from everywhere', async () => {
    const limiter = create();
    const account = `${randomUUID()}@example.com`;
    for (let guess = 0; guess < 5; guess++) {
      expect(await limiter.attempt('login', { address: freshAddress(), account })).toBeNull();
    }
    expect(await limiter.attempt('login', { address: freshAddress(), account })).not.toBeNull();
  });

  test('counts against the account no attempt that it refused', async () => {
    const limiter = create();
    const account = `${randomUUID()}@example.com`;
    expect((await attempts(limiter, 20, { address: freshAddress(), account })).filter(Boolean)).toHaveLength(
      3,
    );
    expect(await attempts(limiter, 2, { address: freshAddress(), account })).toEqual([true, true]);
  });

  test('forgets what counted against the account once the password was right, and keeps what counted against the address', async () => {
    const limiter = create();
    const subject = { address: freshAddress(), account: `${randomUUID()}@example.com` };
    const signIns = [];
    for (let signIn = 0; signIn < 9; signIn++) {
      signIns.push((await limiter.attempt('login', subject)) === null);
      await limiter.succeeded('login', subject);
    }
    expect(signIns).toEqual([...Array(8).fill(true), false]);
  });

  test("does not let an owner's sign-in forget what strangers tried", async () => {
    const limiter = create();
    const account = `${randomUUID()}@example.com`;
    for (let guess = 0; guess < 4; guess++)
      await limiter.attempt('login', { address: freshAddress(), account });
    const home = { address: freshAddress(), account };
    expect(await limiter.attempt('login', home)).toBeNull();
    await limiter.succeeded('login', home);
    expect(await limiter.attempt('login', { address: freshAddress(), account })).toBeNull();
    expect(await limiter.attempt('login', { address: freshAddress(), account })).not.toBeNull();
  });

  test('lets nobody lock an owner out from whose network the account was signed in to', async () => {
    const limiter = create();
    const account = `${randomUUID()}@example.com`;
    const home = { address: freshAddress(), account };
    await limiter.attempt('login', home);
    await limiter.succeeded('login', home);
    const strangers = [];
    for (let guess = 0; guess < 6; guess++)
      strangers.push((await limiter.attempt('login', { address: freshAddress(), account })) === null);
    expect(strangers).toEqual([...Array(5).fill(true), false]);

    expect(await attempts(limiter, 4, home)).toEqual([true, true, true, false]);
    await limiter.succeeded('login', home);
    expect(await limiter.attempt('password', home)).toBeNull();
    const otherAccount = { address: home.address, account: `${randomUUID()}@example.com` };
    expect(await attempts(limiter, 4, otherAccount)).toEqual([true, true, true, false]);
    expect(await limiter.attempt('login', { address: freshAddress(), account })).not.toBeNull();
  });

  test('limits guesses at a second factor from the owner’s own network too, and counts none that was right', async () => {
    const limiter = create();
    const account = randomUUID();
    const homes = [freshAddress(), freshAddress(), freshAddress()].map((address) => ({ address, account }));
    for (const home of homes) {
      for (let signIn = 0; signIn < 3; signIn++) {
        expect(await limiter.attempt('mfa', home)).toBeNull();
        await limiter.succeeded('mfa', home);
      }
    }
    const guesses = [];
    for (const home of [...homes, ...homes, ...homes])
      guesses.push((await limiter.attempt('mfa', home)) === null);
    expect(guesses).toEqual([true, true, true, true, true, true, false, false, false]);
    // Of passwords there are too many to guess.
    const otherKind = { address: homes[0]!.address, account };
    expect(await limiter.attempt('login', otherKind)).toBeNull();
  });

  test('sends one number only so many texts, and all numbers together too, and says so once', async () => {
    const exhausted: string[] = [];
    const limiter = create((kind) => exhausted.push(kind));
    const ask = async (account: string = randomUUID()) =>
      (await limiter.attempt('sms', { address: freshAddress(), account })) === null;
    const number = randomUUID();
    expect([await ask(number), await ask(number), await ask(number)]).toEqual([true, true, true]);
    // What one number has too many of is not taken from the others.
    expect([await ask(number), await ask(number)]).toEqual([false, false]);
    expect(exhausted).toEqual([]);
    expect([await ask(), await ask(), await ask(), await ask()]).toEqual([true, true, false, false]);
    expect(exhausted).toEqual(['sms']);
    const refused = await limiter.attempt('sms', { address: freshAddress(), account: randomUUID() });
    expect(refused?.retryAfterSeconds).toBeGreaterThan(3500);
    // Of mails there are none at all here.
    expect(await limiter.attempt('mail', { address: freshAddress(), account: randomUUID() })).not.toBeNull();
    expect(exhausted).toEqual(['sms', 'mail']);
  });

  test('leaves texts for a number, and for all numbers, whatever is asked for from one network', async () => {
    const limiter = create();
    const [stranger, number] = [freshAddress(), randomUUID()];
    const ask = async (address: string, account: string = randomUUID()) =>
      (await limiter.attempt('sms', { address, account })) === null;
    expect([await ask(stranger, number), await ask(stranger, number), await ask(stranger, number)]).toEqual([
      true,
      true,
      false,
    ]);
    // What is refused there is counted nowhere else.
    for (let more = 0; more < 10; more += 1) expect(await ask(stranger, number)).toBe(false);
    expect(await ask(freshAddress(), number)).toBe(true);
    for (let more = 0; more < 10; more += 1) expect(await ask(stranger)).toBe(false);
    expect([await ask(freshAddress()), await ask(freshAddress())]).toEqual([true, true]);
  });

  test('takes an attempt back that was not made, and nothing else', async () => {
    const limiter = create();
    const subject = { address: freshAddress(), account: `${randomUUID()}@example.com` };
    expect(await attempts(limiter, 2, subject)).toEqual([true, true]);
    for (let busy = 0; busy < 20; busy++) {
      expect(await limiter.attempt('login', subject)).toBeNull();
      await limiter.takeBack('login', subject);
    }
    expect(await attempts(limiter, 2, subject)).toEqual([true, false]);

    const address = freshAddress();
    for (let busy = 0; busy < 20; busy++) {
      expect(await limiter.attempt('signup', { address })).toBeNull();
      await limiter.takeBack('signup', { address });
    }
  });

  test('takes back nothing of what strangers tried', async () => {
    const limiter = create();
    const account = `${randomUUID()}@example.com`;
    const home = { address: freshAddress(), account };
    await limiter.attempt('login', home);
    await limiter.succeeded('login', home);
    for (let guess = 0; guess < 5; guess++)
      await limiter.attempt('login', { address: freshAddress(), account });
    for (let busy = 0; busy < 20; busy++) {
      expect(await limiter.attempt('login', home)).toBeNull();
      await limiter.takeBack('login', home);
    }
    expect(await limiter.attempt('login', { address: freshAddress(), account })).not.toBeNull();
  });

  test('lets everything pass when it is off', async () => {
    const limiter = createAttemptLimiter({ database: null, limits: LIMITS, enabled: false });
    const subject = { address: freshAddress(), ...ada };
    expect(await attempts(limiter, 20, subject)).toEqual(Array(20).fill(true));
    await Promise.all([limiter.succeeded('login', subject), limiter.takeBack('login', subject)]);
  });
}

describe('the attempt limiter in memory', () => {
  behavesAsALimiter((onExhausted = () => {}) =>
    createAttemptLimiter({ database: null, limits: LIMITS, onExhausted }),
  );
});

describe.runIf(hasServer)('the attempt limiter in PostgreSQL', () => {
  const statements: string[] = [];
  let database: Database;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const created = await createServerDatabase();
    drop = created.drop;
    database = await openPostgres({ url: created.url, onStatement: (sql) => statements.push(sql) });
    await migrate(database, { createAuthSchema: false });
  });

  // What all share is as good as new for each test.
  beforeEach(async () => {
    await database.query('delete from limen.rate_limits');
  });
  afterAll(async () => {
    await database.close();
    await drop();
  });

  behavesAsALimiter((onExhausted = () => {}) =>
    createAttemptLimiter({ database, limits: LIMITS, onExhausted }),
  );

  test('counts together with other instances, in the same moment too', async () => {
    const [one, other] = [create(), create()];
    const address = freshAddress();
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? one : other).attempt('login', { address })),
    );
    expect(verdicts.filter((verdict) => verdict === null)).toHaveLength(8);
  });

  test('refuses a flood without a statement', async () => {
    const limiter = create();
    const address = freshAddress();
    await attempts(limiter, 9, { address });
    const before = statements.length;
    expect(await attempts(limiter, 5, { address })).toEqual(Array(5).fill(false));
    expect(statements).toHaveLength(before);
  });

  test('keeps no address of an account in clear', async () => {
    const subject = { address: '198.51.100.7', ...ada };
    await create().attempt('login', subject);
    await create().succeeded('login', subject);
    const rows = await database.query<{ key: string }>('select key from limen.rate_limits');
    expect(rows.some(({ key }) => key.startsWith('account:'))).toBe(true);
    expect(rows.filter(({ key }) => key.includes('example'))).toEqual([]);
    // What is kept for a month does not name the network either.
    const known = rows.filter(({ key }) => key.startsWith('known:'));
    expect(known.length).toBeGreaterThan(0);
    expect(known.filter(({ key }) => key.includes('198.51.100'))).toEqual([]);
  });

  test('knows for thirty days from where an account was signed in to, on every instance', async () => {
    const subject = { address: freshAddress(), account: `${randomUUID()}@example.com` };
    await create().attempt('login', subject);
    await create().succeeded('login', subject);
    const lockedOut = async () => {
      const fresh = createAttemptLimiter({
        database,
        limits: { ...LIMITS, account: { ...LIMITS.account!, password: { attempts: 0, seconds: 60 } } },
      });
      return (await fresh.attempt('login', subject)) !== null;
    };
    expect(await lockedOut()).toBe(false);
    const daysLeft = await database.query<{ days: number }>(
      `select (expire - $1) / 86400000.0 as days from limen.rate_limits where key like 'known:%' order by expire desc limit 1`,
      [Date.now()],
    );
    expect(Number(daysLeft[0]?.days)).toBeCloseTo(30, 1);
    await database.query(`update limen.rate_limits set expire = $1 where key like 'known:%'`, [
      Date.now() - 1,
    ]);
    expect(await lockedOut()).toBe(true);
  });

  test('goes on limiting in memory while the database is out of reach', async () => {
    const gone: Database = { ...database, query: () => Promise.reject(new Error('connection refused')) };
    const limiter = createAttemptLimiter({ database: gone, limits: LIMITS });
    const subject = { address: freshAddress(), ...ada };
    expect(await attempts(limiter, 4, subject)).toEqual([true, true, true, false]);
    await limiter.succeeded('login', subject);
    expect(await attempts(limiter, 1, subject)).toEqual([true]);
    await limiter.takeBack('login', subject);
  });

  function create() {
    return createAttemptLimiter({ database, limits: LIMITS });
  }
});
