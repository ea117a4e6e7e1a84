import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dropTokens, newToken, spendToken, storeToken } from '../../src/auth-server/codes/one-time-token.ts';
import { DATABASES, newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

const HOUR_MS = 3_600_000;

describe.each(DATABASES)('a one-time token on %s', (kind) => {
  let auth: TestServer;
  let userId: string;
  let address: string;

  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());
  beforeEach(async () => {
    address = newAddress();
    const { body } = await auth.ask('/signup', { json: { email: address, password: PASSWORD } });
    userId = body.user.id;
  });

  async function send(type: 'confirmation_token' | 'recovery_token' = 'recovery_token', isPkce = false) {
    const made = newToken({ digits: 6, isPkce });
    await storeToken(auth.database, { userId, type, address, token: made.token, now: auth.clock.now() });
    return made;
  }
  const spend = (
    presented: { token: string } | { address: string; code: string },
    types = ['recovery_token'] as const,
  ) =>
    spendToken(auth.database, 'code' in presented ? { ...presented, digits: 6 } : presented, {
      types,
      purposes: [''],
      sentAfter: new Date(auth.clock.now().getTime() - HOUR_MS),
    });
  const stored = async () =>
    (
      await auth.database.query(
        `select recovery_token, recovery_sent_at, token_hash, relates_to from auth.users
         left join auth.one_time_tokens on user_id = users.id where users.id = $1`,
        [userId],
      )
    )[0];

  test('counts once by its link, and once by its code', async () => {
    const first = await send();
    expect(await spend({ token: first.token })).toEqual({
      userId,
      type: 'recovery_token',
      purpose: '',
      address,
      isPkce: false,
    });
    expect(await spend({ token: first.token })).toBeUndefined();
    expect(await spend({ address, code: first.code })).toBeUndefined();
    const second = await send();
    expect(await spend({ address, code: second.code })).toMatchObject({ userId });
    expect(await spend({ token: second.token })).toBeUndefined();
    expect(await stored()).toMatchObject({ recovery_token: '', token_hash: null });
  });

  test('counts for one of fifty who present it at once', async () => {
    const { token, code } = await send();
    const tries = Array.from({ length: 50 }, (_, n) => spend(n % 2 ? { token } : { address, code }));
    expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
  });

  test('is not to be found in the database', async () => {
    const { token } = await send();
    expect(JSON.stringify(await stored())).not.toContain(token);
    const { token_hash } = (await stored()) as { token_hash: string };
    expect(await spend({ token: token_hash })).toBeUndefined();
    expect(await stored()).toMatchObject({ recovery_token: token_hash, relates_to: address });
  });

  test('is of its type, its address, its hour, and the last of its type', async () => {
    const old = await send();
    const { token, code } = await send();
    expect(await spend({ token: old.token })).toBeUndefined();
    expect(await spend({ token }, ['confirmation_token'] as never)).toBeUndefined();
    expect(await spend({ address: newAddress(), code })).toBeUndefined();
    expect(await spend({ address, code: code.slice(0, 5) })).toBeUndefined();
    auth.clock.advance(3600);
    expect(await spend({ token })).toBeUndefined();
  });

  test('has one right code, also where it is not said what it was sent for', async () => {
    const type = 'confirmation_token';
    const purposes = ['signup', 'phone/signup', 'phone'];
    for (const purpose of purposes) {
      const { token, code: right } = newToken({ digits: 1, purpose });
      const store = () =>
        storeToken(auth.database, { userId, type, address, token, purpose, now: auth.clock.now() });
      const taken = [];
      for (const code of '0123456789') {
        await store();
        const presented = { address, code, digits: 1 };
        const sentAfter = new Date(auth.clock.now().getTime() - HOUR_MS);
        const spent = await spendToken(auth.database, presented, { types: [type], sentAfter, purposes });
        if (spent) taken.push([code, spent.purpose]);
      }
      expect(taken).toEqual([[right, purpose]]);
    }
  });

  test('says whether it was asked for with PKCE, and cannot be had without saying so', async () => {
    const { token } = await send('recovery_token', true);
    expect(token).toMatch(/^pkce_[0-9a-f]{56}$/);
    expect(await spend({ token: token.replace('pkce_', '') })).toBeUndefined();
    expect(await spend({ token })).toMatchObject({ isPkce: true });
  });

  test('is gone when it was taken away', async () => {
    const { token } = await send();
    await dropTokens(auth.database, userId, ['confirmation_token', 'recovery_token']);
    expect(await spend({ token })).toBeUndefined();
    expect(await stored()).toMatchObject({ recovery_token: '' });
  });
});
