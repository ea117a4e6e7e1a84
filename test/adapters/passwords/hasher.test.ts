import { describe, expect, test } from 'vitest';
import { createPasswordHasher } from '../../../src/adapters/passwords/hasher.ts';
import { HashingBusyError } from '../../../src/adapters/passwords/password-hasher.ts';

const PASSWORD = 'correct horse battery staple';
const COMPOSED = 'caf\u00e9 au lait';
const DECOMPOSED = 'cafe\u0301 au lait';

/** From the test suites of the schemes' own authors: phc-winner-argon2, Openwall's crypt_blowfish and firebase/scrypt. */
const PUBLISHED = {
  argon2id: [
    'password',
    '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
  ],
  'argon2id, two lanes': [
    'password',
    '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc',
  ],
  argon2i: [
    'password',
    '$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8',
  ],
  bcrypt: ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  'bcrypt, more than 72 bytes': [
    '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
    '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
  ],
  firebase: [
    'user1password',
    '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  ],
} as const;

describe('a new password', () => {
  test('is stored as Argon2id with 19 MiB, 2 passes and 1 lane', async () => {
    const hasher = createPasswordHasher({ scheme: 'argon2id' });
    const hash = await hasher.hash(PASSWORD);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await hasher.verify(PASSWORD, hash)).toEqual({ isRight: true, needsUpgrade: false });
    expect(await hasher.verify(`${PASSWORD}!`, hash)).toEqual({ isRight: false, needsUpgrade: false });
  });

  test('is stored as bcrypt of cost 10, as Supabase Auth writes it, where that is configured', async () => {
    const hasher = createPasswordHasher({ scheme: 'bcrypt' });
    const hash = await hasher.hash('x'.repeat(72));
    expect(hash).toMatch(/^\$2a\$10\$/);
    expect(await hasher.verify('x'.repeat(72), hash)).toEqual({ isRight: true, needsUpgrade: false });
    await expect(hasher.hash('x'.repeat(73))).rejects.toThrow();
  });
});

describe('a stored hash', () => {
  const hasher = createPasswordHasher({ scheme: 'argon2id' });

  test.each(Object.entries(PUBLISHED))('of %s is verified', async (_scheme, [password, hash]) => {
    expect(hasher.understands(hash)).toBe(true);
    expect(await hasher.verify(password, hash)).toEqual({ isRight: true, needsUpgrade: true });
    expect((await hasher.verify('something else', hash)).isRight).toBe(false);
  });

  test.each(['$2a$', '$2b$', '$2y$'])('of bcrypt may start with %s', async (prefix) => {
    const [password, hash] = PUBLISHED.bcrypt;
    expect((await hasher.verify(password, hash.replace('$2a$', prefix))).isRight).toBe(true);
  });

  test('of Firebase with another signer key does not verify', async () => {
    const [password, hash] = PUBLISHED.firebase;
    expect((await hasher.verify(password, hash.replace('sk=jx', 'sk=jy'))).isRight).toBe(false);
  });

  test.each([
    ['nothing', ''],
    ['plain text', 'hunter2hunter2'],
    ['MD5 crypt', '$1$5pZSV9va$azfrPr6af3Fc7dLblQXVa0'],
    ['an encrypted column', '{"key_id":"1","alg":"aes-gcm-hkdf","data":"","nonce":""}'],
    ['argon2d', '$argon2d$v=19$m=256,t=2,p=1$c29tZXNhbHQ$JTb8JdSxOQYJXjWVdVzTTuHkp/HMdPo+t0F95CuKfaE'],
    [
      'argon2 version 16',
      '$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
    ],
    [
      'argon2 with a key id',
      '$argon2id$v=19$m=256,t=2,p=1,keyid=AA$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQw',
    ],
    [
      'argon2 of 2 GiB',
      '$argon2id$v=19$m=2097152,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
    ],
    [
      'argon2 of 21 passes',
      '$argon2id$v=19$m=256,t=21,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
    ],
    [
      'argon2 of 17 lanes',
      '$argon2id$v=19$m=256,t=2,p=17$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
    ],
    [
      'argon2 of no passes',
      '$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
    ],
    ['bcrypt of cost 31', '$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
    ['bcrypt cut short', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe'],
    ['Firebase of 2^24', PUBLISHED.firebase[1].replace('n=14', 'n=24')],
    ['Firebase of no rounds', PUBLISHED.firebase[1].replace('n=14,r=8', 'n=99,r=0')],
    ['Firebase of version 2', PUBLISHED.firebase[1].replace('v=1', 'v=2')],
    ['Firebase without a signer key', '$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=$42xEC+ixf3L2lw==$'],
  ])('that is %s is not understood, and nothing matches it', async (_what, hash) => {
    expect(hasher.understands(hash)).toBe(false);
    expect(await hasher.verify('password', hash)).toEqual({ isRight: false, needsUpgrade: false });
  });

  test.each(Object.entries(PUBLISHED))(
    'of %s takes any text for a wrong password',
    async (_scheme, [, hash]) => {
      for (const odd of ['', 'nul\0', '\ud800', 'x'.repeat(100_000)]) {
        expect((await hasher.verify(odd, hash)).isRight).toBe(false);
      }
    },
  );

  test('that is as strong as a new one is left alone, whatever the scheme', async () => {
    const toBcrypt = createPasswordHasher({ scheme: 'bcrypt' });
    const argon2 = await hasher.hash(PASSWORD);
    expect(await toBcrypt.verify(PASSWORD, argon2)).toEqual({ isRight: true, needsUpgrade: false });
    expect(await hasher.verify(PASSWORD, await toBcrypt.hash(PASSWORD))).toEqual({
      isRight: true,
      needsUpgrade: true,
    });
  });

  test('is not upgraded to bcrypt when bcrypt would cut the password', async () => {
    const toBcrypt = createPasswordHasher({ scheme: 'bcrypt' });
    const [password, hash] = PUBLISHED['bcrypt, more than 72 bytes'];
    expect(await toBcrypt.verify(password, hash)).toEqual({ isRight: true, needsUpgrade: false });
  });
});

describe('a password that keyboards spell differently', () => {
  const hasher = createPasswordHasher({ scheme: 'argon2id' });

  test('is right in either spelling', async () => {
    const hash = await hasher.hash(DECOMPOSED);
    expect(await hasher.verify(COMPOSED, hash)).toEqual({ isRight: true, needsUpgrade: false });
    expect(await hasher.verify(DECOMPOSED, hash)).toEqual({ isRight: true, needsUpgrade: false });
  });

  test('is right as an older system hashed it, and then hashed anew', async () => {
    // Made of the decomposed form by a system that does not normalize.
    const { hash: hashRaw } = await import('@node-rs/argon2');
    const imported = await hashRaw(DECOMPOSED);
    expect(await hasher.verify(DECOMPOSED, imported)).toEqual({ isRight: true, needsUpgrade: true });
    expect((await hasher.verify(COMPOSED, imported)).isRight).toBe(false);
  });

  test('of a million combining marks does not hold up the process', async () => {
    const marks = `a${'\u0315\u0300'.repeat(500_000)}`;
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const verdict = await hasher.verify(marks, null);
    clearInterval(timer);
    expect(verdict.isRight).toBe(false);
    expect(ticks).toBeGreaterThan(0);
  });
});

describe('a password nobody has', () => {
  test.each(['argon2id', 'bcrypt'] as const)('is hashed like a real one with %s', async (scheme) => {
    const hasher = createPasswordHasher({ scheme, concurrency: 1 });
    const real = await hasher.hash(PASSWORD);
    await hasher.verify(PASSWORD, null);
    const forNobody = await cpuMicroseconds(() => hasher.verify('wrong password', null));
    const forSomebody = await cpuMicroseconds(() => hasher.verify('wrong password', real));
    expect(forNobody / forSomebody).toBeGreaterThan(0.5);
    expect(forNobody / forSomebody).toBeLessThan(2);
  });
});

describe('hashing', () => {
  test('leaves the event loop free', async () => {
    const hasher = createPasswordHasher({ scheme: 'bcrypt' });
    let isDone = false;
    const hashing = hasher.hash(PASSWORD).then(() => {
      isDone = true;
    });
    let turns = 0;
    while (!isDone && turns < 3) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      turns++;
    }
    expect(turns).toBe(3);
    await hashing;
  });

  test('answers busy at once when the line is full, and works again afterwards', async () => {
    const hasher = createPasswordHasher({ scheme: 'argon2id', concurrency: 1, queueLimit: 2 });
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => hasher.hash(PASSWORD)));
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    const refusal = (outcomes[3] as PromiseRejectedResult).reason;
    expect(refusal).toBeInstanceOf(HashingBusyError);
    expect(refusal.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(await hasher.hash(PASSWORD)).toMatch(/^\$argon2id\$/);
  });
});

/** The least of several, as other processes share the cores. */
async function cpuMicroseconds(work: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}
