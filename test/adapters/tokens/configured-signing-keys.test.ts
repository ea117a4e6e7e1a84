import { exportJWK, generateKeyPair, generateSecret, type JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import { signAccessToken } from '../../../src/adapters/tokens/access-token.ts';
import {
  ConfiguredKeysError,
  createConfiguredSigningKeys,
} from '../../../src/adapters/tokens/configured-signing-keys.ts';
import type { SigningKeys } from '../../../src/adapters/tokens/signing-keys.ts';
import { createTokenVerifier } from '../../../src/adapters/tokens/token-verifier.ts';

const SECRET = 'a secret of the legacy kind, long enough';

async function makeJwk(alg: string, kid: string, key_ops: string[] = ['sign', 'verify']): Promise<JWK> {
  if (alg === 'HS256') {
    const secret = await generateSecret('HS256', { extractable: true });
    return { ...(await exportJWK(secret)), alg, kid, key_ops };
  }
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, kid, use: 'sig', key_ops };
}

const configure = (jwks: JWK[] | null, jwtSecret: string | null = null) =>
  createConfiguredSigningKeys({ jwtKeys: jwks && JSON.stringify(jwks), jwtSecret });

function signAndVerify(signer: SigningKeys, checker: SigningKeys = signer) {
  const iat = Math.floor(Date.now() / 1000);
  const verifier = createTokenVerifier({
    keys: checker,
    issuer: null,
    audience: 'authenticated',
    clock: () => new Date(),
  });
  return signAccessToken(signer, { role: 'anon', iat, exp: iat + 60 }).then((token) =>
    verifier.verify(token),
  );
}

describe('JWT_KEYS', () => {
  test.each(['RS256', 'RS512', 'ES256', 'ES512', 'EdDSA', 'HS256'])('may hold a key for %s', async (alg) => {
    const keys = await configure([await makeJwk(alg, 'one')]);
    expect(await keys.current()).toMatchObject({ kid: 'one', alg });
    expect(await signAndVerify(keys)).toMatchObject({ role: 'anon' });
  });

  test('publishes the public halves alone, and never a secret', async () => {
    const keys = await configure([
      await makeJwk('ES256', 'one'),
      await makeJwk('RS256', 'two', ['verify']),
      await makeJwk('HS256', 'three', ['verify']),
    ]);
    const { keys: published } = await keys.publicKeys();
    expect(published).toMatchObject([
      { kid: 'one', kty: 'EC', alg: 'ES256', use: 'sig', key_ops: ['verify'] },
      { kid: 'two', kty: 'RSA', alg: 'RS256', use: 'sig', key_ops: ['verify'] },
    ]);
    expect(published.flatMap(Object.keys)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(d|p|q|dp|dq|qi|k)$/)]),
    );
  });

  test('checks tokens of every key, and signs with the one that is meant to', async () => {
    const [old, current] = [await makeJwk('ES256', 'old'), await makeJwk('EdDSA', 'new')];
    const before = await configure([old]);
    const after = await configure([current, { ...old, key_ops: ['verify'] }]);
    expect((await after.current()).kid).toBe('new');
    expect(await signAndVerify(before, after)).toMatchObject({ role: 'anon' });
    await expect(signAndVerify(after, before)).rejects.toThrow();
  });

  test('binds a key to its algorithm', async () => {
    const keys = await configure([await makeJwk('ES256', 'one')], SECRET);
    expect(await keys.find({ alg: 'ES256', kid: 'one' })).toBeDefined();
    expect(await keys.find({ alg: 'RS256', kid: 'one' })).toBeUndefined();
    expect(await keys.find({ alg: 'HS256', kid: 'one' })).toBeUndefined();
    expect(await keys.find({ alg: 'ES256' })).toBeUndefined();
  });

  test.each<[string, string]>([
    ['not JSON', 'sEcReT material'],
    ['an object', '{"keys":["sEcReT"]}'],
    ['an empty array', '[]'],
    ['a key without an algorithm', '[{"kty":"oct","kid":"one","k":"sEcReT","key_ops":["sign"]}]'],
    ['a key without a name', '[{"kty":"oct","alg":"HS256","k":"sEcReT","key_ops":["sign"]}]'],
    [
      'an algorithm not on the list',
      '[{"kty":"oct","kid":"one","alg":"HS512","k":"sEcReT","key_ops":["sign"]}]',
    ],
    ['a secret too short', '[{"kty":"oct","kid":"one","alg":"HS256","k":"sEcReT","key_ops":["sign"]}]'],
    [
      'a type that does not go with the algorithm',
      '[{"kty":"oct","kid":"one","alg":"ES256","k":"sEcReT","key_ops":["sign"]}]',
    ],
    [
      'a key that is broken',
      '[{"kty":"EC","crv":"P-256","kid":"one","alg":"ES256","x":"sEcReT","y":"sEcReT","d":"sEcReT","key_ops":["sign"]}]',
    ],
  ])('of %s is refused, without repeating it', async (_what, jwtKeys) => {
    const failure = await createConfiguredSigningKeys({ jwtKeys, jwtSecret: null }).catch((error) => error);
    expect(failure).toBeInstanceOf(ConfiguredKeysError);
    expect(failure.message).toMatch(/^JWT_KEYS: /);
    expect(`${failure.stack}${failure.cause ?? ''}`).not.toContain('sEcReT');
  });

  test('with several signing keys, with none, with a public one or with two of a name is refused', async () => {
    const [one, two] = [await makeJwk('ES256', 'one'), await makeJwk('ES256', 'two')];
    const { d, ...publicHalf } = one;
    await expect(configure([one, two])).rejects.toThrow(
      'exactly one key must have "sign" in its key_ops; 2 have',
    );
    await expect(configure([{ ...one, key_ops: ['verify'] }])).rejects.toThrow('0 have');
    await expect(configure([publicHalf])).rejects.toThrow('a public key cannot sign');
    await expect(configure([one, { ...two, kid: 'one' }])).rejects.toThrow('two keys have the same kid');
  });

  test('with an RSA key of 1024 bits is refused', async () => {
    const jwk = await makeJwk('RS256', 'one');
    const short = Buffer.alloc(128, 0xff).toString('base64url');
    await expect(configure([{ ...jwk, n: short }])).rejects.toThrow('fewer than 2048 bits');
  });
});

describe('JWT_SECRET', () => {
  test('signs and checks where there are no keys, and is not published', async () => {
    const keys = await configure(null, SECRET);
    expect(await keys.current()).not.toHaveProperty('kid');
    expect(await signAndVerify(keys)).toMatchObject({ role: 'anon' });
    expect(await keys.publicKeys()).toEqual({ keys: [] });
  });

  test('beside keys only checks, whatever kid the token names', async () => {
    const keys = await configure([await makeJwk('ES256', 'one')], SECRET);
    expect((await keys.current()).kid).toBe('one');
    expect(await signAndVerify(await configure(null, SECRET), keys)).toMatchObject({ role: 'anon' });
    expect(await keys.find({ alg: 'HS256', kid: 'a name from Supabase' })).toBeDefined();
  });

  test('is refused when it is short, and asked for when nothing is given', async () => {
    await expect(configure(null, 'short')).rejects.toBeInstanceOf(ConfiguredKeysError);
    await expect(configure(null, null)).rejects.toBeInstanceOf(ConfiguredKeysError);
  });
});
