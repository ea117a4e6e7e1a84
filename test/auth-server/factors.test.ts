import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasServer } from '../adapters/postgres/drivers.ts';
import { codeOf, wrongCode } from '../support/authenticator.ts';
import { answering, startHookReceiver } from '../support/hook-receiver.ts';
import { messagesTo } from '../support/messages.ts';
import { claimsOf, DATABASES, openAuthServer, PASSWORD, type TestServer } from './support.ts';

type Person = Awaited<ReturnType<TestServer['newPerson']>>;

/** Somebody with a TOTP factor that counts, and the clock past the step of the code that showed it. */
async function withFactor(app: TestServer, person: Person, name = 'phone') {
  const enrolled = await app.ask('/factors', {
    token: person.accessToken,
    json: { factor_type: 'totp', friendly_name: name },
  });
  const factor = { id: enrolled.body.id as string, secret: enrolled.body.totp.secret as string };
  const { body } = await verify(app, person.accessToken, factor);
  app.clock.advance(30);
  return { ...factor, accessToken: body.access_token as string, refreshToken: body.refresh_token as string };
}

const challenge = async (app: TestServer, token: string, factorId: string) =>
  (await app.ask(`/factors/${factorId}/challenge`, { token, method: 'POST' })).body.id as string;

async function verify(app: TestServer, token: string, factor: { id: string; secret: string }, code?: string) {
  const challengeId = await challenge(app, token, factor.id);
  return app.ask(`/factors/${factor.id}/verify`, {
    token,
    json: { challenge_id: challengeId, code: code ?? codeOf(factor.secret, app.clock.now()) },
  });
}

async function signIn(app: TestServer, { email }: Person) {
  const { body } = await app.signIn(email);
  return { accessToken: body.access_token as string, refreshToken: body.refresh_token as string };
}

describe.each(DATABASES)('second factors on %s', (kind) => {
  let app: TestServer;
  beforeAll(async () => {
    app = await openAuthServer(kind);
  });
  afterAll(() => app.close());

  test('one removed of several takes back what it raised, and leaves what another has raised since', async () => {
    const ada = await app.newPerson();
    const first = await withFactor(app, ada);
    const made = await app.ask('/factors/recovery-codes', { token: first.accessToken, method: 'POST' });
    const second = await withFactor(app, { ...ada, accessToken: first.accessToken }, 'tablet');
    const remove = (id: string) => app.ask(`/factors/${id}`, { token: second.accessToken, method: 'DELETE' });
    const levelOf = async (refresh_token: string) => {
      const { body } = await app.ask('/token?grant_type=refresh_token', { json: { refresh_token } });
      const { aal, amr } = claimsOf(body.access_token) as { aal: string; amr: { method: string }[] };
      const methods = amr.map(({ method }) => method).sort();
      return { aal, methods, refreshToken: body.refresh_token as string };
    };
    const { accessToken } = await signIn(app, ada);
    const byApp = await verify(app, accessToken, first);
    const token = byApp.body.access_token as string;
    const json = { code: made.body.codes[0] };
    const byCode = await app.ask('/factors/recovery-codes/verify', { token, json });
    expect((await remove(first.id)).status).toBe(200);
    const raised = await levelOf(byCode.body.refresh_token);
    expect(raised).toMatchObject({ aal: 'aal2', methods: ['mfa/recovery_code', 'password'] });
    await app.ask('/factors/recovery-codes', { token: second.accessToken, method: 'DELETE' });
    expect(await levelOf(raised.refreshToken)).toMatchObject({ aal: 'aal1', methods: ['password'] });
    expect(await levelOf(second.refreshToken)).toMatchObject({ aal: 'aal2', methods: ['password', 'totp'] });
  });

  test('a hook hears of each code, and what it refuses is not spent, but ends every session', async () => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const made = await app.ask('/factors/recovery-codes', { token: factor.accessToken, method: 'POST' });
    const [recoveryCode] = made.body.codes as string[];
    const hook = await startHookReceiver();
    const hooked = { ...app, ...app.withHooks({ mfa_verification_attempt: hook.target }) };
    const begin = async () => (await signIn(app, ada)).accessToken;
    const sessions = () => app.rows('select id from auth.sessions where user_id = $1', [ada.id]);
    const recover = (token: string) =>
      hooked.ask('/factors/recovery-codes/verify', { token, json: { code: recoveryCode } });

    const wrong = wrongCode(factor.secret, app.clock.now());
    expect((await verify(hooked, await begin(), factor, wrong)).body.code).toBe('mfa_verification_failed');
    expect(hook.calls[0]?.payload).toEqual({
      metadata: expect.objectContaining({ name: 'mfa-verification' }),
      user_id: ada.id,
      factor_id: factor.id,
      factor_type: 'totp',
      valid: false,
    });
    hook.behaves(() => ({ decision: 'reject', message: 'Call the help desk.' }));
    for (const attempt of [
      async () => verify(hooked, await begin(), factor),
      async () => recover(await begin()),
    ]) {
      const { status, body } = await attempt();
      expect([status, body]).toEqual([
        403,
        { code: 'mfa_verification_rejected', message: 'Call the help desk.' },
      ]);
      expect(await sessions()).toEqual([]);
    }
    hook.behaves(() => ({ decision: 'continue' }));
    expect((await recover(await begin())).status).toBe(200);
    expect((await verify(hooked, await begin(), factor)).status).toBe(200);
    expect(hook.calls.map(({ payload: { factor_type, valid } }) => [factor_type, valid])).toEqual([
      ['totp', false],
      ['totp', true],
      ['recovery_code', true],
      ['recovery_code', true],
      ['totp', true],
    ]);
  });

  test('a hook for claims that fails takes nothing: neither the code, nor the session, nor its refresh token', async () => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const made = await app.ask('/factors/recovery-codes', { token: factor.accessToken, method: 'POST' });
    const [recoveryCode] = made.body.codes as string[];
    const hook = await startHookReceiver(({ payload }) => ({ claims: { ...payload.claims, plan: 'pro' } }));
    const hooked = { ...app, ...app.withHooks({ custom_access_token: hook.target }) };
    const claimsAsked = () => hook.calls.map(({ payload }) => payload);
    for (const answerWith of [
      (session: { accessToken: string }) => verify(hooked, session.accessToken, factor),
      ({ accessToken: token }: { accessToken: string }) =>
        hooked.ask('/factors/recovery-codes/verify', { token, json: { code: recoveryCode } }),
    ]) {
      const session = await signIn(app, ada);
      app.clock.advance(1);
      hook.behaves(answering(500));
      expect((await answerWith(session)).status).toBe(500);
      hook.behaves(() => ({ error: { http_code: 403, message: 'Not now.' } }));
      expect((await answerWith(session)).body).toEqual({ code: 'unknown', message: 'Not now.' });

      hook.behaves(({ payload }) => ({ claims: { ...payload.claims, plan: 'pro' } }));
      const asked = claimsAsked().length;
      const raised = await answerWith(session);
      expect(raised.status).toBe(200);
      expect(claimsOf(raised.body.access_token)).toMatchObject({ plan: 'pro', aal: 'aal2' });
      // Asked once, for just the claims that the session then has.
      expect(claimsAsked()).toHaveLength(asked + 1);
      const refreshed = await hooked.refresh(raised.body.refresh_token);
      const sent = claimsAsked().map(({ claims }) => claims);
      expect(sent.at(-2)).toEqual({ ...sent.at(-1), iat: expect.any(Number), exp: expect.any(Number) });
      expect(claimsOf(refreshed.body.access_token)).toMatchObject({ plan: 'pro', aal: 'aal2' });
      app.clock.advance(30);
    }
    const before = hook.calls.length;
    const { accessToken } = await signIn(app, ada);
    const wrong = wrongCode(factor.secret, app.clock.now());
    expect((await verify(hooked, accessToken, factor, wrong)).body.code).toBe('mfa_verification_failed');
    expect(hook.calls).toHaveLength(before);
  });

  test('an enrolled factor shows its secret once, and a code of it makes the session aal2', async () => {
    const ada = await app.newPerson();
    const other = await signIn(app, ada);
    const enrolled = await app.ask('/factors', {
      token: ada.accessToken,
      json: { factor_type: 'totp', friendly_name: 'phone', issuer: 'Example: Bank' },
    });
    expect(enrolled.body).toMatchObject({ type: 'totp', friendly_name: 'phone' });
    const { qr_code, secret, uri } = enrolled.body.totp;
    expect(qr_code).toMatch(/^<svg [^#]*<\/svg>$/);
    expect(uri).toContain(`otpauth://totp/Example%20%20Bank:${encodeURIComponent(ada.email)}?`);
    expect(uri).toContain(`secret=${secret}`);

    const factor = { id: enrolled.body.id as string, secret };
    const verified = await verify(app, ada.accessToken, factor);
    expect(verified.status).toBe(200);
    const claims = claimsOf(verified.body.access_token);
    expect(claims).toMatchObject({ aal: 'aal2', session_id: ada.sessionId });
    expect(claims.amr.map(({ method }: { method: string }) => method).sort()).toEqual(['password', 'totp']);
    expect(verified.body.user.factors).toMatchObject([
      { id: factor.id, status: 'verified', friendly_name: 'phone' },
    ]);
    expect(JSON.stringify(verified.body)).not.toContain(secret);

    // The person's other sessions, which never showed the factor, are over; and so is the refresh token from before it.
    const otherSession = claimsOf(other.accessToken).session_id;
    expect(app.ended).toContain(otherSession);
    expect((await app.refresh(other.refreshToken)).body.code).toBe('refresh_token_not_found');
    const next = await app.refresh(verified.body.refresh_token);
    expect(claimsOf(next.body.access_token)).toMatchObject({ aal: 'aal2', session_id: ada.sessionId });
    expect((await app.refresh(ada.refreshToken)).body.code).toBe('refresh_token_already_used');
    // Readable by Supabase Auth: no nulls where it expects texts.
    expect(
      await app.rows(
        'select friendly_name, secret, factor_type, status from auth.mfa_factors where id = $1',
        [factor.id],
      ),
    ).toEqual([{ friendly_name: 'phone', secret, factor_type: 'totp', status: 'verified' }]);
    expect(
      await app.rows('select otp_code from auth.mfa_challenges where factor_id = $1', [factor.id]),
    ).toEqual([{ otp_code: '' }]);
  });

  test('fifty verifications at once with one code: one wins', async () => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const sessions = await Promise.all(Array.from({ length: 5 }, () => signIn(app, ada)));
    const attempts = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const token = sessions[index % 5]!.accessToken;
        return { token, challengeId: await challenge(app, token, factor.id) };
      }),
    );
    const code = codeOf(factor.secret, app.clock.now());
    const answers = await Promise.all(
      attempts.map(({ token, challengeId }) =>
        app.ask(`/factors/${factor.id}/verify`, { token, json: { challenge_id: challengeId, code } }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.every(({ status }) => status < 500)).toBe(true);
  });

  test('fifty verifications at once of one challenge: one wins', async () => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const { accessToken: token } = await signIn(app, ada);
    const challengeId = await challenge(app, token, factor.id);
    // Three steps are accepted, so three codes are right.
    const codes = [0, 30].map((offset) => codeOf(factor.secret, app.clock.now(), offset));
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        app.ask(`/factors/${factor.id}/verify`, {
          token,
          json: { challenge_id: challengeId, code: codes[index % 2] },
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 422]));
  });

  test('fifty factors are challenged at once, in spite of a time that is unique over all of them', async () => {
    const ada = await app.newPerson();
    const { id, accessToken: token } = await withFactor(app, ada);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => app.ask(`/factors/${id}/challenge`, { token, method: 'POST' })),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(50);
  });
});

describe('a code', () => {
  let app: TestServer;
  beforeAll(async () => {
    app = await openAuthServer('PGlite');
  });
  afterAll(() => app.close());

  test('is accepted from a clock that is a step off, either way, and from none that is two', async () => {
    for (const [offset, status] of [
      [-30, 200],
      [30, 200],
      [-61, 422],
      [61, 422],
    ] as const) {
      const ada = await app.newPerson();
      const factor = await withFactor(app, ada);
      app.clock.advance(60);
      const { accessToken } = await signIn(app, ada);
      const code = codeOf(factor.secret, app.clock.now(), offset);
      expect((await verify(app, accessToken, factor, code)).status, `${offset} s`).toBe(status);
    }
  });

  test('is accepted once, and none older than it afterwards', async () => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    app.clock.advance(60);
    const [older, current] = [-30, 0].map((offset) => codeOf(factor.secret, app.clock.now(), offset));
    const first = await signIn(app, ada);
    expect((await verify(app, first.accessToken, factor, current)).status).toBe(200);
    const second = await signIn(app, ada);
    for (const code of [current, older]) {
      const answer = await verify(app, second.accessToken, factor, code);
      expect([answer.status, answer.body.code]).toEqual([422, 'mfa_verification_failed']);
    }
    expect(claimsOf((await app.refresh(second.refreshToken)).body.access_token).aal).toBe('aal1');
  });

  test.each([['12345'], ['1234567'], ['１２３４５６'], ['abcdef'], ['']])('%j is none', async (code) => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const answer = await verify(app, factor.accessToken, factor, code);
    expect([answer.status, answer.body.code]).toEqual([422, 'mfa_verification_failed']);
  });
});

describe('a challenge', () => {
  let app: TestServer;
  beforeAll(async () => {
    app = await openAuthServer('PGlite');
  });
  afterAll(() => app.close());

  test('ends after five minutes', async () => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const challengeId = await challenge(app, factor.accessToken, factor.id);
    app.clock.advance(300);
    const answer = await app.ask(`/factors/${factor.id}/verify`, {
      token: factor.accessToken,
      json: { challenge_id: challengeId, code: codeOf(factor.secret, app.clock.now()) },
    });
    expect([answer.status, answer.body.code]).toEqual([422, 'mfa_challenge_expired']);
  });

  test('is answered from the address that asked for it, once', async () => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const challengeId = await challenge(app, factor.accessToken, factor.id);
    const answer = (address: string, offset = 0) =>
      app.ask(`/factors/${factor.id}/verify`, {
        token: factor.accessToken,
        json: { challenge_id: challengeId, code: codeOf(factor.secret, app.clock.now(), offset) },
        caller: { address },
      });
    expect((await answer('198.51.100.1')).body.code).toBe('mfa_ip_address_mismatch');
    expect((await answer('192.0.2.7')).status).toBe(200);
    expect((await answer('192.0.2.7', 30)).body.code).toBe('mfa_ip_address_mismatch');
  });

  test("of one person is none of another's, and neither is the factor", async () => {
    const [ada, eve] = [await app.newPerson(), await app.newPerson()];
    const [hers, own] = [await withFactor(app, ada), await withFactor(app, eve)];
    const challengeId = await challenge(app, hers.accessToken, hers.id);
    const code = codeOf(hers.secret, app.clock.now());
    const json = { challenge_id: challengeId, code };
    const token = own.accessToken;
    const onHers = await app.ask(`/factors/${hers.id}/verify`, { token, json });
    expect([onHers.status, onHers.body.code]).toEqual([404, 'mfa_factor_not_found']);
    const onOwn = await app.ask(`/factors/${own.id}/verify`, { token, json });
    expect([onOwn.status, onOwn.body.code]).toEqual([422, 'mfa_factor_not_found']);
    expect((await app.ask(`/factors/${hers.id}/challenge`, { token, method: 'POST' })).status).toBe(404);
    expect((await app.ask(`/factors/${hers.id}`, { token, method: 'DELETE' })).status).toBe(404);
    // It is still hers to answer.
    expect((await app.ask(`/factors/${hers.id}/verify`, { token: hers.accessToken, json })).status).toBe(200);
  });
});

describe('somebody with the password alone', () => {
  let app: TestServer;
  beforeAll(async () => {
    app = await openAuthServer('PGlite');
  });
  afterAll(() => app.close());

  test('neither adds nor takes away a factor, nor changes password or address', async () => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const { accessToken: token } = await signIn(app, ada);
    const enrol = await app.ask('/factors', { token, json: { factor_type: 'totp', friendly_name: 'mine' } });
    expect([enrol.status, enrol.body.code]).toEqual([403, 'insufficient_aal']);
    const unenroll = await app.ask(`/factors/${factor.id}`, { token, method: 'DELETE' });
    expect([unenroll.status, unenroll.body.code]).toEqual([422, 'insufficient_aal']);
    for (const json of [{ password: 'a wholly different phrase' }, { email: 'eve@example.com' }]) {
      const answer = await app.ask('/user', { method: 'PUT', token, json });
      expect([answer.status, answer.body.code]).toEqual([401, 'insufficient_aal']);
    }
    expect(await app.rows('select status from auth.mfa_factors where user_id = $1', [ada.id])).toEqual([
      { status: 'verified' },
    ]);
  });

  test('does not finish an enrolment begun before there was a factor', async () => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const { accessToken: token } = await signIn(app, ada);
    // As Supabase Auth may have left it: its verification does not take every begun enrolment away.
    const begun = { id: '6f0f8a3e-0000-4000-8000-000000000001', secret: factor.secret };
    await app.rows(
      `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret)
       values ($1, $2, 'begun', 'totp', 'unverified', now(), now(), $3)`,
      [begun.id, ada.id, begun.secret],
    );
    const answer = await verify(app, token, begun);
    expect([answer.status, answer.body.code]).toEqual([403, 'insufficient_aal']);
    expect(await app.rows('select status from auth.mfa_factors where id = $1', [begun.id])).toEqual([
      { status: 'unverified' },
    ]);
  });

  test('gains nothing from an older token of a session that was raised since', async () => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const session = await signIn(app, ada);
    expect((await verify(app, session.accessToken, factor)).status).toBe(200);
    const answer = await app.ask('/user', {
      method: 'PUT',
      token: session.accessToken,
      json: { password: 'a wholly different phrase' },
    });
    expect(answer.body.code).toBe('insufficient_aal');
  });

  test('is locked out after ten wrong codes, for a factor there is and for one there is not', async () => {
    const limited = await openAuthServer('PGlite', { limited: true });
    for (const exists of [true, false]) {
      const ada = await limited.newPerson();
      const factor = await withFactor(limited, ada);
      const id = exists ? factor.id : '6f0f8a3e-0000-4000-8000-000000000002';
      const json = {
        challenge_id: await challenge(limited, factor.accessToken, factor.id),
        code: wrongCode(factor.secret, limited.clock.now()),
      };
      const ask = () => limited.ask(`/factors/${id}/verify`, { token: factor.accessToken, json });
      const answers = await Promise.all(Array.from({ length: 15 }, ask));
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual([...Array(10).fill(exists ? 422 : 404), ...Array(5).fill(429)]);
      const right = await verify(limited, factor.accessToken, factor);
      expect([right.status, right.body.code]).toEqual([429, 'over_request_rate_limit']);
      expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
      const code = await limited.ask('/factors/recovery-codes/verify', {
        token: factor.accessToken,
        json: { code: 'x' },
      });
      expect([code.status, code.body.code]).toEqual([429, 'mfa_recovery_codes_locked']);
    }
    await limited.close();
  });
});

describe('enrolment', () => {
  let app: TestServer;
  beforeAll(async () => {
    app = await openAuthServer('PGlite');
  });
  afterAll(() => app.close());

  const enroll = (token: string, json: object) =>
    app.ask('/factors', { token, json: { factor_type: 'totp', ...json } });

  test('refuses a name that is taken, an empty one too, until what was begun is five minutes old', async () => {
    const { accessToken: token } = await app.newPerson();
    for (const json of [{ friendly_name: 'phone' }, {}]) {
      expect((await enroll(token, json)).status).toBe(200);
      const again = await enroll(token, json);
      expect([again.status, again.body.code]).toEqual([422, 'mfa_factor_name_conflict']);
    }
    app.clock.advance(301);
    expect((await enroll(token, { friendly_name: 'phone' })).status).toBe(200);
  });

  test('takes no more than the configured number, however many ask at once', async () => {
    const { accessToken: token, id } = await app.newPerson();
    const answers = await Promise.all(
      Array.from({ length: 15 }, (_, n) => enroll(token, { friendly_name: `factor ${n}` })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.find(({ status }) => status !== 200)?.body.code).toBe('too_many_enrolled_mfa_factors');
    expect(await app.rows('select id from auth.mfa_factors where user_id = $1', [id])).toHaveLength(10);
  });

  test.each([
    [{ factor_type: 'phone', phone: '+4912345' }, 422, 'mfa_phone_enroll_not_enabled'],
    [{ factor_type: 'webauthn' }, 422, 'mfa_webauthn_enroll_not_enabled'],
    [{ factor_type: 'recovery_code' }, 400, 'validation_failed'],
    [{ friendly_name: 'x'.repeat(101) }, 400, 'validation_failed'],
    [{ issuer: 'x'.repeat(65) }, 400, 'validation_failed'],
  ])('of %j is refused', async (json, status, code) => {
    const { accessToken: token } = await app.newPerson();
    const answer = await enroll(token, json);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test('can be switched off', async () => {
    const { accessToken: token } = await app.newPerson();
    const { mfa } = app.needs.settings;
    const answer = await app
      .withSettings({ mfa: { ...mfa, isTotpEnrollEnabled: false } })
      .ask('/factors', { token, json: { factor_type: 'totp' } });
    expect(answer.body.code).toBe('mfa_totp_enroll_not_enabled');
  });

  test('is not for somebody anonymous', async () => {
    const { accessToken: token, id } = await app.newPerson();
    await app.rows('update auth.users set is_anonymous = true where id = $1', [id]);
    const answer = await enroll(token, {});
    expect([answer.status, answer.body.code]).toEqual([403, 'no_authorization']);
  });
});

describe('unmodified supabase-js', () => {
  let app: TestServer;
  beforeAll(async () => {
    app = await openAuthServer('PGlite');
  });
  afterAll(() => app.close());

  test('enrols, verifies, asks for the level, lists and unenrols', async () => {
    const { email, id } = await app.newPerson();
    const { auth } = app.supabase();
    await auth.signInWithPassword({ email, password: PASSWORD });
    const { data: enrolled } = await auth.mfa.enroll({ factorType: 'totp', friendlyName: 'phone' });
    expect(enrolled?.totp.qr_code).toMatch(/^data:image\/svg\+xml;utf-8,<svg /);
    const { data: challenged } = await auth.mfa.challenge({ factorId: enrolled!.id });
    expect(challenged).toMatchObject({ type: 'totp', expires_at: expect.any(Number) });
    const code = codeOf(enrolled!.totp.secret, app.clock.now());
    const verified = await auth.mfa.verify({ factorId: enrolled!.id, challengeId: challenged!.id, code });
    expect(verified.error).toBeNull();
    expect((await auth.mfa.getAuthenticatorAssuranceLevel()).data).toMatchObject({
      currentLevel: 'aal2',
      nextLevel: 'aal2',
    });
    expect((await auth.mfa.listFactors()).data?.totp).toMatchObject([
      { id: enrolled!.id, friendly_name: 'phone' },
    ]);

    app.clock.advance(30);
    const again = app.supabase().auth;
    await again.signInWithPassword({ email, password: PASSWORD });
    expect((await again.mfa.getAuthenticatorAssuranceLevel()).data).toMatchObject({
      currentLevel: 'aal1',
      nextLevel: 'aal2',
    });
    const answer = await again.mfa.challengeAndVerify({
      factorId: enrolled!.id,
      code: codeOf(enrolled!.totp.secret, app.clock.now()),
    });
    expect(answer.error).toBeNull();
    expect((await again.refreshSession()).error).toBeNull();

    expect((await again.mfa.unenroll({ factorId: enrolled!.id })).data).toEqual({ id: enrolled!.id });
    expect((await again.mfa.listFactors()).data?.all).toEqual([]);
    const { data } = await again.refreshSession();
    const claims = claimsOf(data.session!.access_token);
    expect([claims.aal, claims.amr.map(({ method }: { method: string }) => method)]).toEqual([
      'aal1',
      ['password'],
    ]);
    expect(app.changed).toContain(id);
  });

  test('generates recovery codes, each good once, and new ones in their place', async () => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const { auth } = app.supabase();
    await auth.signInWithPassword({ email: ada.email, password: PASSWORD });
    const codes = auth.mfa.recoveryCodes;
    expect((await codes.getStatus()).error?.code).toBe('mfa_factor_not_found');
    expect((await codes.generate()).error?.code).toBe('insufficient_aal');
    await auth.mfa.challengeAndVerify({ factorId: factor.id, code: codeOf(factor.secret, app.clock.now()) });
    const { data: made } = await codes.generate({ friendlyName: 'paper' });
    expect(made).toMatchObject({ type: 'recovery_code', friendly_name: 'paper', total: 10 });
    expect(new Set(made!.codes).size).toBe(10);
    expect(made!.codes.every((code) => /^[0-9a-hjkmnp-tv-z]{16}$/.test(code))).toBe(true);
    expect((await codes.generate()).error?.code).toBe('mfa_verified_factor_exists');
    expect(JSON.stringify(await app.rows('select * from limen.recovery_codes'))).not.toContain(
      made!.codes[0],
    );

    const lost = app.supabase().auth;
    await lost.signInWithPassword({ email: ada.email, password: PASSWORD });
    const typed = made!.codes[0]!.toUpperCase()
      .replaceAll('0', 'O')
      .replaceAll('1', 'l')
      .match(/.{4}/g)!
      .join(' - ');
    const verified = await lost.mfa.recoveryCodes.verify({ code: typed });
    const claims = claimsOf(verified.data!.access_token);
    expect(claims.aal).toBe('aal2');
    expect(claims.amr.map(({ method }: { method: string }) => method)).toContain('mfa/recovery_code');
    expect((await lost.mfa.recoveryCodes.getStatus()).data).toEqual({
      id: made!.id,
      type: 'recovery_code',
      total: 10,
      remaining: 9,
    });
    expect((await lost.mfa.listFactors()).data?.recovery_code).toMatchObject([{ id: made!.id }]);
    expect((await lost.mfa.recoveryCodes.verify({ code: typed })).error?.code).toBe(
      'mfa_verification_failed',
    );

    const { data: renewed } = await lost.mfa.recoveryCodes.regenerate();
    expect(renewed).toMatchObject({ id: made!.id, friendly_name: 'paper', total: 10 });
    expect((await codes.verify({ code: made!.codes[1]! })).error?.code).toBe('mfa_verification_failed');
    expect((await lost.mfa.unenroll({ factorId: factor.id })).error?.code).toBe(
      'mfa_recovery_codes_sole_factor',
    );
    expect((await lost.mfa.recoveryCodes.unenroll()).data).toEqual({ id: made!.id });
    // What the codes had raised is lowered with them.
    expect(claimsOf((await lost.refreshSession()).data.session!.access_token).aal).toBe('aal1');
    // The other session showed its factor itself.
    expect(claimsOf((await auth.refreshSession()).data.session!.access_token).aal).toBe('aal2');
    expect((await auth.mfa.unenroll({ factorId: factor.id })).error).toBeNull();
  });

  test('lists and deletes factors for an administrator, the recovery codes with the last other one', async () => {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    await app.ask('/factors/recovery-codes', { token: factor.accessToken, method: 'POST' });
    const { mfa } = app.supabase(app.serviceKey).auth.admin;
    const { data: listed } = await mfa.listFactors({ userId: ada.id });
    expect(listed?.factors.map(({ factor_type }) => factor_type).sort()).toEqual(['recovery_code', 'totp']);
    expect(JSON.stringify(listed)).not.toContain(factor.secret);
    const path = `/admin/users/${ada.id}/factors`;
    const renamed = await app.ask(`${path}/${factor.id}`, {
      method: 'PUT',
      token: app.serviceKey,
      json: { friendly_name: 'old phone' },
    });
    expect(renamed.body).toMatchObject({ id: factor.id, friendly_name: 'old phone' });
    expect((await app.ask(path, { token: factor.accessToken })).body.code).toBe('not_admin');
    expect((await mfa.deleteFactor({ userId: ada.id, id: factor.id })).error).toBeNull();
    expect((await app.ask('/user', { token: factor.accessToken })).body.factors).toBeUndefined();
    const [session] = await app.rows('select aal, factor_id from auth.sessions where user_id = $1', [ada.id]);
    expect(session).toEqual({ aal: 'aal1', factor_id: null });
  });
});

test('a recovery code used fifty times at once is good once', async () => {
  for (const kind of DATABASES) {
    const app = await openAuthServer(kind);
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const { body } = await app.ask('/factors/recovery-codes', { token: factor.accessToken, method: 'POST' });
    const sessions = await Promise.all(Array.from({ length: 5 }, () => signIn(app, ada)));
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        app.ask('/factors/recovery-codes/verify', {
          token: sessions[index % 5]!.accessToken,
          json: { code: body.codes[0] },
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.every(({ status }) => status < 500)).toBe(true);
    await app.close();
  }
});

test('a session with refresh tokens of version 1 goes on with version 2, and the old token is over', async () => {
  const app = await openAuthServer('PGlite');
  const ada = await app.newPerson();
  await app.rows(
    'update auth.sessions set refresh_token_hmac_key = null, refresh_token_counter = null where id = $1',
    [ada.sessionId],
  );
  await app.rows(
    `insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, session_id)
     values ('00000000-0000-0000-0000-000000000000', 'abcdefghij23', $1, false, now(), now(), $2)`,
    [ada.id, ada.sessionId],
  );
  const factor = await withFactor(app, ada);
  expect((await app.refresh(factor.refreshToken)).status).toBe(200);
  expect((await app.refresh('abcdefghij23')).body.code).toBe('refresh_token_already_used');
  await app.close();
});

test.runIf(hasServer)(
  'a refresh by version 1 in the same moment leads to nothing that the factor gave',
  async () => {
    const app = await openAuthServer('PostgreSQL');
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    const { accessToken } = await signIn(app, ada);
    const sessionId = claimsOf(accessToken).session_id;
    await app.rows('update auth.sessions set refresh_token_hmac_key = null where id = $1', [sessionId]);
    await app.rows(
      `insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, session_id)
     values ('00000000-0000-0000-0000-000000000000', 'abcdefghij23', $1, false, now(), now(), $2)`,
      [ada.id, sessionId],
    );
    const both = await app.database.transaction(async (tx) => {
      // Somebody else has the session for a moment, so that both get as far as they can without it.
      await tx.query('select 1 from auth.sessions where id = $1 for no key update', [sessionId]);
      const refreshed = app.refresh('abcdefghij23');
      await sleep(100);
      const raised = verify(app, accessToken, factor);
      await sleep(100);
      return [refreshed, raised];
    });
    const [, raised] = await Promise.all(both);
    expect(raised?.status).toBe(200);
    const good = await app.rows('select 1 from auth.refresh_tokens where session_id = $1 and not revoked', [
      sessionId,
    ]);
    expect(good).toEqual([]);
    await app.close();
  },
);

test('the owner is told of factors and codes that come and go, and of none that was only begun', async () => {
  const app = await openAuthServer('PGlite');
  const ada = await app.newPerson({ data: { locale: 'de' } });
  const factor = await withFactor(app, ada);
  const token = factor.accessToken;
  const begun = await app.ask('/factors', { token, json: { factor_type: 'totp', friendly_name: 'begun' } });
  await app.ask(`/factors/${begun.body.id}`, { token, method: 'DELETE' });
  const codes = await app.ask('/factors/recovery-codes', { token, method: 'POST' });
  const another = await app.signIn(ada.email);
  await app.ask('/factors/recovery-codes/verify', {
    token: another.body.access_token,
    json: { code: codes.body.codes[0] },
  });
  await app.ask('/factors/recovery-codes', { token, method: 'DELETE' });
  await app.ask(`/factors/${factor.id}`, { token, method: 'DELETE' });
  const messages = await messagesTo(app.database, ada.email);
  expect(messages.map(({ template, data }) => [template, data])).toEqual([
    ['factor-removed', { factorType: 'totp' }],
    ['factor-removed', { factorType: 'recovery_code' }],
    ['recovery-code-used', {}],
    ['recovery-codes-generated', {}],
    ['factor-added', { factorType: 'totp' }],
  ]);
  expect(messages[0]).toMatchObject({ userId: ada.id, locale: 'de' });
  const told = JSON.stringify(messages);
  expect([factor.secret, ...codes.body.codes].some((secret) => told.includes(secret))).toBe(false);
  await app.close();
});

test('whoever is deleted leaves nothing of their factors behind', async () => {
  const app = await openAuthServer('PGlite');
  for (const json of [{}, { should_soft_delete: true }]) {
    const ada = await app.newPerson();
    const factor = await withFactor(app, ada);
    await app.ask('/factors/recovery-codes', { token: factor.accessToken, method: 'POST' });
    await app.ask(`/admin/users/${ada.id}`, { method: 'DELETE', token: app.serviceKey, json });
    expect(await app.rows('select * from limen.recovery_code_sets')).toEqual([]);
    expect(await app.rows('select * from limen.recovery_codes')).toEqual([]);
    expect(await app.rows('select * from limen.totp_steps')).toEqual([]);
  }
  await app.close();
});
