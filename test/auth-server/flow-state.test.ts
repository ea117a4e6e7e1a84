import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  exchangeAuthCode,
  issueAuthCode,
  parseCodeChallenge,
  startFlow,
} from '../../src/auth-server/links/flow-state.ts';
import { DATABASES, openAuthServer, type TestServer } from './support.ts';

const VERIFIER = 'a'.repeat(64);
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

describe.each(DATABASES)('a flow with PKCE on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());

  async function begin(method: 's256' | 'plain' = 's256') {
    const userId = randomUUID();
    const challenge = { method, challenge: method === 'plain' ? VERIFIER : CHALLENGE };
    await startFlow(auth.database, {
      challenge,
      provider: 'email',
      method: 'otp',
      userId,
      now: auth.clock.now(),
    });
    const issue = () => issueAuthCode(auth.database, { userId, methods: ['otp'], now: auth.clock.now() });
    return { userId, issue };
  }
  const exchange = (authCode: string, verifier = VERIFIER) =>
    exchangeAuthCode(auth.database, { authCode, verifier, now: auth.clock.now() });

  test.each(['s256', 'plain'] as const)('gives its code away once (%s)', async (method) => {
    const { userId, issue } = await begin(method);
    const code = (await issue())!;
    expect(await issue()).toBeNull();
    const tries = await Promise.allSettled(Array.from({ length: 50 }, () => exchange(code)));
    const won = tries.filter((one) => one.status === 'fulfilled');
    expect(won.map(({ value }) => value.user_id)).toEqual([userId]);
    await expect(exchange(code)).rejects.toMatchObject({ status: 404, code: 'flow_state_not_found' });
  });

  test('loses nothing to a wrong verifier, nor to the challenge itself', async () => {
    const { issue } = await begin();
    const code = (await issue())!;
    for (const wrong of ['b'.repeat(64), CHALLENGE]) {
      await expect(exchange(code, wrong)).rejects.toMatchObject({ status: 400, code: 'bad_code_verifier' });
    }
    await exchange(code);
  });

  test('lasts five minutes from when its code was issued', async () => {
    const { issue } = await begin();
    auth.clock.advance(3600);
    const code = (await issue())!;
    auth.clock.advance(301);
    await expect(exchange(code)).rejects.toMatchObject({ status: 422, code: 'flow_state_expired' });
  });
});

describe('a code challenge', () => {
  test('comes with its method, or not at all', () => {
    expect(parseCodeChallenge(undefined, undefined)).toBeUndefined();
    expect(parseCodeChallenge(CHALLENGE, 'S256')).toEqual({ challenge: CHALLENGE, method: 's256' });
    for (const [challenge, method] of [
      [CHALLENGE, undefined],
      [undefined, 's256'],
      [CHALLENGE, 'none'],
      ['short', 's256'],
      ['ü'.repeat(50), 's256'],
    ]) {
      expect(() => parseCodeChallenge(challenge, method)).toThrow(
        expect.objectContaining({ code: 'validation_failed' }),
      );
    }
  });
});
