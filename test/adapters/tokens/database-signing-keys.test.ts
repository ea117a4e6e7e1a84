import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/adapters/postgres/database.ts';
import { migrate } from '../../../src/adapters/postgres/migrations.ts';
import { openPostgres } from '../../../src/adapters/postgres/postgres.ts';
import { signAccessToken } from '../../../src/adapters/tokens/access-token.ts';
import {
  listSigningKeys,
  openDatabaseSigningKeys,
  rotateSigningKey,
} from '../../../src/adapters/tokens/database-signing-keys.ts';
import type { SigningKeys } from '../../../src/adapters/tokens/signing-keys.ts';
import { createTokenVerifier } from '../../../src/adapters/tokens/token-verifier.ts';
import { openTestDatabase } from '../../support/database.ts';
import { createServerDatabase, hasServer } from '../postgres/drivers.ts';

const DRIVERS = hasServer ? ['PGlite', 'PostgreSQL'] : ['PGlite'];
const TTL_SECONDS = 900;
const ROTATION = { overlapSeconds: 900, accessTokenTtlSeconds: TTL_SECONDS };
const MARGIN_SECONDS = 120;

describe.each(DRIVERS)('signing keys in %s', (driver) => {
  let database: Database;
  let statements: number;
  let nowSeconds: number;
  const clock = () => new Date(nowSeconds * 1000);
  const open = () => openDatabaseSigningKeys({ database, clock });
  const rotate = (rotation = ROTATION) => rotateSigningKey(database, clock, rotation);

  const sign = (keys: SigningKeys) =>
    signAccessToken(keys, { role: 'anon', iat: nowSeconds, exp: nowSeconds + TTL_SECONDS });
  const verify = (keys: SigningKeys, token: string) =>
    createTokenVerifier({ keys, issuer: null, audience: 'authenticated', clock }).verify(token);
  const kidsOf = async (keys: SigningKeys) => (await keys.publicKeys()).keys.map(({ kid }) => kid);
  const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

  beforeEach(async () => {
    statements = 0;
    nowSeconds = Date.parse('2026-03-01T12:00:00Z') / 1000;
    database = await openMigrated(driver, () => statements++);
  });

  afterEach(() => database.close());

  test('begin with one, made at the first start, published without its private half', async () => {
    const keys = await open();
    const token = await sign(keys);
    expect(await verify(keys, token)).toMatchObject({ role: 'anon' });
    const { kid } = await keys.current();
    expect((await keys.publicKeys()).keys).toEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        x: expect.any(String),
        y: expect.any(String),
        alg: 'ES256',
        kid,
        use: 'sig',
        key_ops: ['verify'],
      },
    ]);
    expect(await listSigningKeys(database, clock)).toEqual([
      { kid, createdAt: clock(), signsFrom: clock(), verifiesUntil: null },
    ]);
  });

  test('are the same after a restart', async () => {
    const token = await sign(await open());
    expect(await verify(await open(), token)).toMatchObject({ role: 'anon' });
  });

  test('are one, however many instances start first', async () => {
    const instances = await Promise.all(Array.from({ length: 8 }, open));
    const kids = await Promise.all(instances.map(async (keys) => (await keys.current()).kid));
    expect(new Set(kids).size).toBe(1);
    expect(await listSigningKeys(database, clock)).toHaveLength(1);
  });

  test('cost no statement to sign and verify with', async () => {
    const keys = await open();
    await sign(keys);
    const before = statements;
    await verify(keys, await sign(keys));
    expect(statements).toBe(before);
  });

  test('rotate with an overlap: published at once, signing later, the old one believed until its last token is over', async () => {
    const keys = await open();
    const old = (await keys.current()).kid;
    const { kid: next, signsFrom } = await rotate();
    expect(signsFrom).toEqual(new Date((nowSeconds + 900) * 1000));

    nowSeconds += 60;
    expect(await kidsOf(keys)).toEqual([old, next]);
    expect((await keys.current()).kid).toBe(old);

    nowSeconds += 839;
    expect((await keys.current()).kid).toBe(old);
    const last = await sign(keys);
    nowSeconds += 1;
    expect((await keys.current()).kid).toBe(next);

    nowSeconds += TTL_SECONDS - 2;
    expect(await verify(keys, last)).toMatchObject({ role: 'anon' });
    nowSeconds += MARGIN_SECONDS + 2;
    expect(await kidsOf(keys)).toEqual([next]);
    expect(await keys.find({ alg: 'ES256', kid: old! })).toBeUndefined();

    await rotate();
    const rows = await database.query<{ kid: string }>('select kid from limen.signing_keys');
    expect(rows.map(({ kid }) => kid)).not.toContain(old);
  });

  test('rotate at once where there is no time for an overlap, even while a rotation is waiting', async () => {
    const keys = await open();
    const old = (await keys.current()).kid;
    const { kid: waiting } = await rotate();
    const { kid: next } = await rotate({ ...ROTATION, overlapSeconds: 0 });
    nowSeconds += 60;
    expect((await keys.current()).kid).toBe(next);
    expect(await kidsOf(keys)).toEqual([old, next]);
    nowSeconds += 3600;
    expect((await keys.current()).kid).toBe(next);
    expect(await keys.find({ alg: 'ES256', kid: waiting })).toBeUndefined();
  });

  test('of another instance are found when a token names them, and made-up names cost few statements', async () => {
    const [one, other] = [await open(), await open()];
    await rotate({ ...ROTATION, overlapSeconds: 0 });
    const fresh = await open();
    expect(await verify(one, await sign(fresh))).toMatchObject({ role: 'anon' });

    await verify(other, await sign(fresh));
    const before = statements;
    for (let index = 0; index < 10; index++) await other.find({ alg: 'ES256', kid: `made-up-${index}` });
    expect(statements).toBe(before);
    nowSeconds += 5;
    await other.find({ alg: 'ES256', kid: 'made-up' });
    expect(statements).toBe(before + 1);
  });

  test('that were withdrawn are believed no more after a minute, however long nobody asked', async () => {
    const [busy, idle] = [await open(), await open()];
    const token = await sign(idle);
    await database.query('delete from limen.signing_keys');
    await open();
    nowSeconds += 59;
    expect(await verify(busy, token)).toMatchObject({ role: 'anon' });
    nowSeconds += 1;
    const before = statements;
    const verdicts = await Promise.allSettled([
      verify(busy, token),
      verify(busy, token),
      verify(idle, token),
    ]);
    expect(verdicts.map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
    // One statement for each of the two instances to renew its keys, and one to look for a key they do not know.
    expect(statements - before).toBeLessThanOrEqual(4);
  });

  test('cost one statement a minute, however much is verified', async () => {
    const keys = await open();
    const token = await sign(keys);
    nowSeconds += 60;
    const before = statements;
    await Promise.all(Array.from({ length: 20 }, () => verify(keys, token)));
    await verify(keys, token);
    expect(statements - before).toBe(1);
  });

  test('are waited for no longer than a second by whoever has some', async () => {
    let isStuck = false;
    const stuck: Database = {
      ...database,
      query: (sql, parameters) => (isStuck ? new Promise<never>(() => {}) : database.query(sql, parameters)),
    };
    const keys = await openDatabaseSigningKeys({ database: stuck, clock });
    const token = await sign(keys);
    isStuck = true;
    nowSeconds += 60;
    const started = performance.now();
    expect(await verify(keys, token)).toMatchObject({ role: 'anon' });
    expect(performance.now() - started).toBeLessThan(2000);
    const again = performance.now();
    await verify(keys, token);
    expect(performance.now() - again).toBeLessThan(500);
  });

  test('go on verifying while the database is out of reach', async () => {
    let isDown = false;
    const flaky: Database = {
      ...database,
      query: (sql, parameters) =>
        isDown ? Promise.reject(new Error('down')) : database.query(sql, parameters),
    };
    const keys = await openDatabaseSigningKeys({ database: flaky, clock });
    const token = await sign(keys);
    isDown = true;
    nowSeconds += 300;
    expect(await verify(keys, token)).toMatchObject({ role: 'anon' });
    expect(await verify(keys, await sign(keys))).toMatchObject({ role: 'anon' });
    await settled();
    // Whether somebody else made this key, only the database could say.
    await expect(keys.find({ alg: 'ES256', kid: 'unknown' })).rejects.toThrow('down');
    isDown = false;
    nowSeconds += 5;
    expect(await keys.find({ alg: 'ES256', kid: 'unknown' })).toBeUndefined();
  });

  test('are bound to ES256', async () => {
    const keys = await open();
    const { kid } = await keys.current();
    expect(await keys.find({ alg: 'ES256', kid: kid! })).toBeDefined();
    expect(await keys.find({ alg: 'HS256', kid: kid! })).toBeUndefined();
    expect(await keys.find({ alg: 'ES256' })).toBeUndefined();
  });
});

async function openMigrated(driver: string, onStatement: () => void): Promise<Database> {
  if (driver === 'PGlite') return openTestDatabase('pglite', onStatement);
  const { url, drop } = await createServerDatabase();
  const database = await openPostgres({ url, onStatement });
  await migrate(database, { createAuthSchema: false });
  return {
    ...database,
    async close() {
      await database.close();
      await drop();
    },
  };
}
