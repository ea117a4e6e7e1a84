import { createHmac, randomUUID } from 'node:crypto';
import { type CryptoKey, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { signAccessToken } from '../../../src/adapters/tokens/access-token.ts';
import { signProjectKey } from '../../../src/adapters/tokens/project-key.ts';
import type { SigningKey, SigningKeys } from '../../../src/adapters/tokens/signing-keys.ts';
import { createTokenVerifier } from '../../../src/adapters/tokens/token-verifier.ts';
import { InvalidTokenError } from '../../../src/identity/access-token.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const SECONDS = NOW.getTime() / 1000;
const ISSUER = 'https://id.example.com/auth/v1';
const SECRET = 'a secret of the legacy kind, long enough';

const claims = {
  iss: ISSUER,
  sub: randomUUID(),
  aud: 'authenticated',
  exp: SECONDS + 900,
  iat: SECONDS,
  email: 'ada@example.com',
  phone: '',
  app_metadata: { provider: 'email', roles: ['editor'] },
  user_metadata: { display_name: 'Ada' },
  role: 'authenticated',
  aal: 'aal1',
  amr: [{ method: 'password', timestamp: SECONDS }],
  session_id: randomUUID(),
  is_anonymous: false,
};

let privateKey: CryptoKey;
let publicPem: string;
let keys: SigningKeys & { withdraw(): void; lookups: number };

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  privateKey = pair.privateKey;
  publicPem = await exportSPKI(pair.publicKey);
  keys = keySet(pair.publicKey);
});

/** One ES256 key, and the legacy secret beside it. */
function keySet(publicKey: CryptoKey): typeof keys {
  let known: SigningKey[] = [
    { kid: 'one', alg: 'ES256', key: publicKey },
    { alg: 'HS256', key: new TextEncoder().encode(SECRET) },
  ];
  return {
    lookups: 0,
    async find({ alg, kid }) {
      this.lookups++;
      return known.find((key) => key.alg === alg && key.kid === kid);
    },
    current: async () => ({ kid: 'one', alg: 'ES256', key: privateKey }),
    newest: async () => ({ kid: 'one', alg: 'ES256', key: privateKey }),
    publicKeys: async () => ({ keys: [] }),
    withdraw: () => {
      known = [];
    },
  };
}

function verifierAt(now: Date = NOW, issuer: string | null = ISSUER) {
  return createTokenVerifier({ keys, issuer, audience: 'authenticated', clock: () => now });
}

const sign = (changes: object = {}) => signAccessToken(keys, { ...claims, ...changes });

async function reasonAgainst(token: string, verifier = verifierAt()): Promise<string> {
  try {
    await verifier.verify(token);
    return 'accepted';
  } catch (error) {
    if (!(error instanceof InvalidTokenError)) throw error;
    const long = token.split('.').filter((segment) => segment.length > 20);
    for (const segment of long)
      expect(`${error.reason} ${error.message} ${error.cause ?? ''}`).not.toContain(segment);
    return error.reason;
  }
}

/** A token of any header and payload, signed with the real key. */
async function signRaw(header: object | string, payload: object | string): Promise<string> {
  const [first, second] = [header, payload].map((part) =>
    Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url'),
  );
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    privateKey,
    new TextEncoder().encode(`${first}.${second}`),
  );
  return `${first}.${second}.${Buffer.from(signature).toString('base64url')}`;
}

const header = { alg: 'ES256', typ: 'JWT', kid: 'one' };

describe('a token of ours', () => {
  test('is accepted, and tells what it claims', async () => {
    expect(await verifierAt().verify(await sign())).toMatchObject(claims);
  });

  test('writes its claims in the order of Supabase Auth, and its header too', async () => {
    const shuffled = Object.fromEntries(Object.entries({ extra: 1, ...claims }).reverse());
    const [first = '', second = ''] = (await signAccessToken(keys, shuffled)).split('.');
    expect(Object.keys(decode(second))).toEqual([...Object.keys(claims), 'extra']);
    expect(Buffer.from(first, 'base64url').toString()).toBe('{"alg":"ES256","typ":"JWT","kid":"one"}');
  });

  test('may leave out what has a default, and say what nobody asked for', async () => {
    const { app_metadata, user_metadata, amr, is_anonymous, email, phone, ...few } = claims;
    const token = await signAccessToken(keys, { ...few, user_metadata: null, custom: { claim: true } });
    const read = await verifierAt().verify(token);
    expect(read).toMatchObject({ app_metadata: {}, user_metadata: {}, amr: [], is_anonymous: false });
    expect(read).not.toHaveProperty('custom');
  });

  test('may name several audiences, and no type', async () => {
    expect(await reasonAgainst(await sign({ aud: ['somebody', 'authenticated'] }))).toBe('accepted');
    expect(await reasonAgainst(await signRaw({ alg: 'ES256', kid: 'one' }, claims))).toBe('accepted');
  });

  test('may be signed with the legacy secret', async () => {
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(new TextEncoder().encode(SECRET));
    expect(await reasonAgainst(token)).toBe('accepted');
  });

  test('may come from any issuer where none is known', async () => {
    expect(await reasonAgainst(await sign({ iss: undefined }), verifierAt(NOW, null))).toBe('accepted');
  });

  test('is remembered, but not beyond its time nor its key', async () => {
    const pair = await generateKeyPair('ES256');
    const own = keySet(pair.publicKey);
    let now = NOW;
    const verifier = createTokenVerifier({
      keys: own,
      issuer: null,
      audience: 'authenticated',
      clock: () => now,
    });
    const signer = { ...own, current: async () => ({ kid: 'one', alg: 'ES256', key: pair.privateKey }) };
    const token = await signAccessToken(signer, claims);
    const first = await verifier.verify(token);
    expect(await verifier.verify(token)).toBe(first);
    now = new Date((claims.exp - 1) * 1000);
    expect(await reasonAgainst(token, verifier)).toBe('accepted');
    now = new Date(claims.exp * 1000);
    expect(await reasonAgainst(token, verifier)).toBe('expired');
    now = NOW;
    own.withdraw();
    expect(await reasonAgainst(token, verifier)).toBe('no key for this kid and algorithm');
  });

  test('is handed out unchangeable, as others get the same object', async () => {
    const read = await verifierAt().verify(await sign());
    expect(() => {
      read.app_metadata.roles = ['admin'];
    }).toThrow(TypeError);
    expect(() => (read.app_metadata.roles as string[]).push('admin')).toThrow(TypeError);
  });
});

describe('a project key', () => {
  test.each(['anon', 'service_role'] as const)(
    'for %s is accepted without person, audience and issuer',
    async (role) => {
      const key = await signProjectKey(keys, role, () => NOW, 3600);
      expect(await verifierAt().verify(key)).toMatchObject({ role, exp: SECONDS + 3600 });
      expect(await verifierAt().verify(key)).not.toHaveProperty('sub');
    },
  );

  test.each([
    ['of another role', { role: 'authenticated' }],
    ['of a database role', { role: 'postgres' }],
    ['with a session', { role: 'service_role', session_id: claims.session_id }],
  ])('%s is none', async (_what, changes) => {
    const token = await signAccessToken(keys, {
      iss: 'supabase',
      iat: SECONDS,
      exp: SECONDS + 60,
      ...changes,
    });
    expect(await reasonAgainst(token)).toBe('neither a person nor a project key');
  });

  test('that names a person is held to audience and issuer', async () => {
    expect(await reasonAgainst(await sign({ role: 'service_role', aud: undefined }))).toBe(
      'another audience',
    );
    expect(await reasonAgainst(await sign({ role: 'service_role', iss: 'supabase' }))).toBe('another issuer');
  });

  test('ends like any other token', async () => {
    const key = await signProjectKey(keys, 'service_role', () => NOW, 60);
    expect(await reasonAgainst(key, verifierAt(new Date((SECONDS + 60) * 1000)))).toBe('expired');
  });
});

describe('a claim is refused', () => {
  test.each<[string, object, string]>([
    ['an issuer that is another', { iss: 'https://evil.example.com' }, 'another issuer'],
    ['an issuer that is missing', { iss: undefined }, 'another issuer'],
    ['an audience that is another', { aud: 'anon' }, 'another audience'],
    ['an audience that only contains the right one as text', { aud: 'authenticated2' }, 'another audience'],
    ['an expiry now', { exp: SECONDS }, 'expired'],
    ['an expiry that is missing', { exp: undefined }, 'claim not acceptable: exp'],
    ['an expiry with a fraction', { exp: SECONDS + 900.5 }, 'claim not acceptable: exp'],
    ['an expiry as text', { exp: `${SECONDS + 900}` }, 'claim not acceptable: exp'],
    ['an expiry beyond all numbers', { exp: 1e308 }, 'claim not acceptable: exp'],
    ['an issue in the future', { iat: SECONDS + 60 }, 'from the future'],
    ['a start in the future', { nbf: SECONDS + 60 }, 'from the future'],
    ['a subject that is an object', { sub: { id: claims.sub } }, 'claim not acceptable: sub'],
    ['a subject that is no uuid', { sub: 'ada' }, 'claim not acceptable: sub'],
    ['a subject that is null', { sub: null }, 'claim not acceptable: sub'],
    ['a session that is no uuid', { session_id: '1' }, 'claim not acceptable: session_id'],
    ['a role that is a list', { role: ['service_role'] }, 'claim not acceptable: role'],
    ['metadata that are a list', { app_metadata: ['admin'] }, 'claim not acceptable: app_metadata'],
    ['metadata that are text', { user_metadata: '{}' }, 'claim not acceptable: user_metadata'],
    ['an assurance level not known', { aal: 'aal9' }, 'claim not acceptable: aal'],
    ['anonymity as text', { is_anonymous: 'false' }, 'claim not acceptable: is_anonymous'],
  ])('%s', async (_what, changes, reason) => {
    expect(await reasonAgainst(await signRaw(header, { ...claims, ...changes }))).toBe(reason);
  });

  test('unless the clock of whoever signed is only a little ahead', async () => {
    expect(await reasonAgainst(await sign({ iat: SECONDS + 4 }))).toBe('accepted');
  });

  test.each(['[]', 'null', '"text"', '{', '', '\ufeff{}', '\xff'])(
    'as is the whole payload %j',
    async (payload) => {
      expect(await reasonAgainst(await signRaw(header, payload))).not.toBe('accepted');
    },
  );
});

describe('a header is refused', () => {
  test.each<[string, object | string]>([
    ['another type', { ...header, typ: 'at+jwt' }],
    ['critical extensions', { ...header, crit: ['exp'], exp: 1 }],
    ['unencoded payloads', { ...header, b64: false, crit: ['b64'] }],
    ['no algorithm', { typ: 'JWT', kid: 'one' }],
    ['an algorithm that is a list', { ...header, alg: ['ES256'] }],
    ['the algorithm none', { ...header, alg: 'none' }],
    ['an algorithm not on the list', { ...header, alg: 'HS512' }],
    ['the algorithm of another key', { ...header, alg: 'RS256' }],
    ['a key nobody knows', { ...header, kid: 'two' }],
    ['no key name', { alg: 'ES256', typ: 'JWT' }],
    ['a key of its own', { alg: 'ES256', typ: 'JWT', jwk: { kty: 'EC' } }],
    ['a key name that is a number', { ...header, kid: 1 }],
    ['no JSON', 'ES256'],
  ])('with %s', async (_what, bad) => {
    expect(await reasonAgainst(await signRaw(bad, claims))).not.toBe('accepted');
  });

  test('that takes our public key for a shared secret', async () => {
    for (const kid of ['one', undefined]) {
      const [first, second] = [{ alg: 'HS256', typ: 'JWT', kid }, claims].map((part) =>
        Buffer.from(JSON.stringify(part)).toString('base64url'),
      );
      const mac = createHmac('sha256', publicPem).update(`${first}.${second}`).digest('base64url');
      expect(await reasonAgainst(`${first}.${second}.${mac}`)).not.toBe('accepted');
    }
  });
});

describe('a token in another spelling is refused', () => {
  test.each<[string, (token: string) => string]>([
    ['nothing', () => ''],
    ['words', () => 'not a token'],
    ['padding', (token) => `${token}=`],
    ['padding inside', (token) => token.replace('.', '=.')],
    ['a space before', (token) => ` ${token}`],
    ['a line break after', (token) => `${token}\n`],
    ['a line break inside', (token) => token.replace('.', '\n.')],
    ['a fourth segment', (token) => `${token}.`],
    ['an extra dot', (token) => token.replace('.', '..')],
    ['two segments', (token) => token.slice(0, token.lastIndexOf('.'))],
    ['no signature', (token) => token.slice(0, token.lastIndexOf('.') + 1)],
    ['the alphabet of plain base64', (token) => token.replace(/\.([^.]*)$/, '.$1+')],
    ['bits beyond the last byte', lastCharacterNonCanonical],
    ['a signature cut short', (token) => token.slice(0, -8)],
    [
      'a signature of zeros',
      (token) => token.replace(/\.[^.]*$/, `.${Buffer.alloc(64).toString('base64url')}`),
    ],
    [
      'a payload that was changed',
      (token) => token.replace(/\.[^.]*\./, `.${encode({ ...claims, role: 'service_role' })}.`),
    ],
  ])('%s', async (_what, respell) => {
    const verifier = verifierAt();
    const token = await sign();
    expect(await reasonAgainst(respell(token), verifier)).not.toBe('accepted');
    // Nor does it help that the right spelling was seen before.
    expect(await reasonAgainst(token, verifier)).toBe('accepted');
    expect(await reasonAgainst(respell(token), verifier)).not.toBe('accepted');
  });

  test('and so is one that is too long, before any work is done', async () => {
    const token = await sign({ user_metadata: { story: 'x'.repeat(20_000) } });
    const before = keys.lookups;
    expect(await reasonAgainst(token)).toBe('too long');
    expect(keys.lookups).toBe(before);
  });
});

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(segment: string): object {
  return JSON.parse(Buffer.from(segment, 'base64url').toString());
}

/** 64 bytes leave four bits of the last character unused; a lenient decoder reads the same bytes from all sixteen spellings. */
function lastCharacterNonCanonical(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const respelt = `${token.slice(0, -1)}${alphabet[alphabet.indexOf(token.at(-1) ?? '') + 1]}`;
  const bytes = (text: string) =>
    Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64url').toString('hex');
  expect(bytes(respelt)).toBe(bytes(token));
  return respelt;
}
