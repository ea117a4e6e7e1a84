import { describe, expect, test } from 'vitest';
import { createTestApp, MODE, PASSWORD, type TestApp, type TestPerson } from '../../support/app.ts';
import { codeOf, wrongCode } from '../../support/authenticator.ts';
import { messagesTo } from '../../support/messages.ts';

const SESSION = '... on AuthSession { accessToken refreshToken user { id email } }';
const LOG_IN = `mutation ($input: LoginInput!) {
  login(input: $input) {
    __typename ${SESSION}
    ... on MfaRequired { challengeId methods expiresAt }
    ... on UserError { code }
  }
}`;
const VERIFY_MFA = `mutation ($input: VerifyMfaInput!) {
  verifyMfa(input: $input) { __typename ${SESSION} ... on UserError { code } ... on RateLimitedError { retryAfterSeconds } }
}`;
const STEP_UP = `mutation ($input: StepUpInput!) { stepUp(input: $input) { __typename ${SESSION} ... on UserError { code } } }`;
const ENROLL = `mutation ($input: EnrollTotpInput!) {
  enrollTotp(input: $input) {
    __typename ... on TotpEnrolment { factorId uri secret qrCode } ... on UserError { code }
  }
}`;
const VERIFY_TOTP = `mutation ($input: VerifyTotpInput!) {
  verifyTotp(input: $input) { __typename ${SESSION} ... on UserError { code } }
}`;
const REMOVE = `mutation ($input: RemoveFactorInput!) {
  removeFactor(input: $input) { __typename ... on FactorRemoved { factorId } ... on UserError { code } }
}`;
const GENERATE = `mutation { generateRecoveryCodes { __typename ... on RecoveryCodes { codes } ... on UserError { code } } }`;
const MINE =
  '{ me { factors { id name type status lastChallengedAt } recoveryCodesLeft } viewer { assuranceLevel } }';
const REFRESH = `mutation ($input: RefreshSessionInput!) {
  refreshSession(input: $input) { __typename ${SESSION} ... on UserError { code } }
}`;

/** Somebody with an authenticator app, in a session that has shown it; the clock is past its code. */
async function withTotp(app: TestApp, name = 'ada') {
  const before = await app.signUp(name);
  const { data } = await before(ENROLL, { input: { name: 'phone' } });
  const { factorId, secret } = data.enrollTotp as { factorId: string; secret: string };
  const answer = await before(VERIFY_TOTP, { input: { factorId, code: codeOf(secret, app.clock.now()) } });
  app.clock.advance(30);
  const person = app.person(answer.data.verifyTotp);
  return { person, before, factorId, secret, code: () => codeOf(secret, app.clock.now()) };
}

const logIn = async (app: TestApp, { email }: TestPerson) =>
  (await app.graphql(LOG_IN, { input: { email, password: PASSWORD } })).data.login;

const verifyMfa = async (app: TestApp, challengeId: string, code: string) =>
  (await app.graphql(VERIFY_MFA, { input: { challengeId, code } })).data.verifyMfa;

/** The same session with a token that says AAL1, as supabase-js hands one out to somebody with the password. */
async function atAal1(app: TestApp, person: TestPerson): Promise<TestPerson> {
  await app.database.query("update auth.sessions set aal = 'aal1' where id = $1", [person.sessionId]);
  const { data } = await app.graphql(REFRESH, { input: { refreshToken: person.refreshToken } });
  return app.person(data.refreshSession);
}

describe('a second factor', () => {
  test('is set up by a code of the app, and then asked for at every sign-in', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const laptop = await app.logIn(ada.email);
    const enrolled = await ada(ENROLL, { input: {} });
    const { factorId, uri, secret, qrCode } = enrolled.data.enrollTotp;
    expect(uri).toContain(`secret=${secret}`);
    expect(qrCode).toMatch(/^<svg /);
    expect((await ada(MINE)).data.me.factors).toEqual([
      { id: factorId, name: 'Authenticator app', type: 'TOTP', status: 'UNVERIFIED', lastChallengedAt: null },
    ]);
    // Nobody is asked for what was only begun.
    expect((await logIn(app, ada)).__typename).toBe('AuthSession');

    const wrong = await ada(VERIFY_TOTP, { input: { factorId, code: wrongCode(secret, app.clock.now()) } });
    expect(wrong.data.verifyTotp.code).toBe('INVALID_MFA_CODE');
    const code = codeOf(secret, app.clock.now());
    const verified = await ada(VERIFY_TOTP, {
      input: { factorId, code: `${code.slice(0, 3)} ${code.slice(3)}` },
    });
    const strong = app.person(verified.data.verifyTotp);
    expect(strong.sessionId).toBe(ada.sessionId);
    const { data } = await strong(MINE);
    expect(data.viewer.assuranceLevel).toBe('AAL2');
    expect(data.me.factors).toMatchObject([{ id: factorId, status: 'VERIFIED' }]);
    expect(data.me.factors[0].lastChallengedAt).not.toBeNull();
    // Neither the other session nor the refresh token from before.
    expect((await laptop('{ me { id } }')).status).toBe(401);
    const old = await app.graphql(REFRESH, { input: { refreshToken: ada.refreshToken } });
    expect(old.data.refreshSession.code).toBe('INVALID_REFRESH_TOKEN');
    expect((await messagesTo(app.database, ada.email)).map(({ template }) => template)).toContain(
      'factor-added',
    );
  });

  test('keeps the first session in the house until it is shown', async () => {
    const app = await createTestApp();
    const ada = await withTotp(app);
    const answer = await app.graphql(LOG_IN, { input: { email: ada.person.email, password: PASSWORD } });
    const { __typename, challengeId, methods, expiresAt } = answer.data.login;
    expect([__typename, methods]).toEqual(['MfaRequired', ['TOTP']]);
    expect(new Date(expiresAt).getTime()).toBe(app.clock.now().getTime() + 5 * 60 * 1000);
    expect(JSON.stringify(answer.data)).not.toMatch(/eyJ/);
    const [row] = await app.ownDatabase.query<{ id_hash: string; sealed: string }>(
      'select * from limen.sign_in_challenges',
    );
    expect(row!.id_hash).not.toBe(challengeId);
    expect(Buffer.from(row!.sealed, 'base64url').toString('latin1')).not.toContain('eyJ');

    const session = await verifyMfa(app, challengeId, ada.code());
    const strong = app.person(session);
    expect((await strong(MINE)).data.viewer.assuranceLevel).toBe('AAL2');
    expect(
      (await app.graphql(REFRESH, { input: { refreshToken: strong.refreshToken } })).data.refreshSession
        .__typename,
    ).toBe('AuthSession');
    expect(await app.ownDatabase.query('select * from limen.sign_in_challenges')).toEqual([]);
    app.clock.advance(30);
    expect((await verifyMfa(app, challengeId, ada.code())).code).toBe('MFA_CHALLENGE_EXPIRED');
  });

  test('is shown by one of fifty who answer one challenge at once', async () => {
    const app = await createTestApp();
    const ada = await withTotp(app);
    const { challengeId } = await logIn(app, ada.person);
    const code = ada.code();
    const answers = await Promise.all(Array.from({ length: 50 }, () => verifyMfa(app, challengeId, code)));
    const outcomes = answers.map(({ __typename }) => __typename);
    expect(outcomes.filter((outcome) => outcome === 'AuthSession')).toHaveLength(1);
    const expected = ['AuthSession', 'RateLimitedError', 'MfaChallengeExpiredError'];
    expect(outcomes.filter((outcome) => !expected.includes(outcome))).toEqual([]);
  });

  test('is shown by one of many sign-ins that use one code', async () => {
    const app = await createTestApp();
    const ada = await withTotp(app);
    const challenges = await Promise.all(Array.from({ length: 5 }, () => logIn(app, ada.person)));
    const code = ada.code();
    const answers = await Promise.all(challenges.map(({ challengeId }) => verifyMfa(app, challengeId, code)));
    expect(answers.filter(({ __typename }) => __typename === 'AuthSession')).toHaveLength(1);
    // The one who got in ended the others, which were half-way.
    const left = await app.database.query<{ aal: string }>(
      'select aal from auth.sessions where user_id = $1',
      [ada.person.id],
    );
    expect(left.map(({ aal }) => aal)).toEqual(['aal2', 'aal2']);
  });

  test('is not guessed: after five wrong codes the sign-in is over, and its session with it', async () => {
    const app = await createTestApp();
    const ada = await withTotp(app);
    const { challengeId } = await logIn(app, ada.person);
    const wrong = wrongCode(ada.secret, app.clock.now());
    const codes = [];
    for (let attempt = 0; attempt < 5; attempt += 1)
      codes.push((await verifyMfa(app, challengeId, wrong)).code);
    expect(codes).toEqual([...Array(4).fill('INVALID_MFA_CODE'), 'MFA_CHALLENGE_EXPIRED']);
    expect((await verifyMfa(app, challengeId, ada.code())).code).toBe('MFA_CHALLENGE_EXPIRED');
    const sessions = await app.database.query('select id from auth.sessions where user_id = $1', [
      ada.person.id,
    ]);
    expect(sessions).toEqual([{ id: ada.person.sessionId }]);
  });

  test('is asked for within five minutes', async () => {
    const app = await createTestApp();
    const ada = await withTotp(app);
    const { challengeId } = await logIn(app, ada.person);
    app.clock.advance(300);
    expect((await verifyMfa(app, challengeId, ada.code())).code).toBe('MFA_CHALLENGE_EXPIRED');
    await logIn(app, ada.person);
    expect(await app.ownDatabase.query('select 1 from limen.sign_in_challenges')).toHaveLength(1);
    const sessions = await app.database.query('select 1 from auth.sessions where user_id = $1', [
      ada.person.id,
    ]);
    // Whoever keeps the sessions elsewhere ends what nobody finished with the next sign-in that somebody does.
    expect(sessions).toHaveLength(MODE === 'supabase' ? 3 : 2);
  });

  test("of one person does not answer another's challenge, nor is a challenge an access token", async () => {
    const app = await createTestApp();
    const [ada, eve] = [await withTotp(app, 'ada'), await withTotp(app, 'eve')];
    const { challengeId } = await logIn(app, ada.person);
    expect((await verifyMfa(app, challengeId, eve.code())).code).toBe('INVALID_MFA_CODE');
    expect((await app.graphql('{ me { id } }', {}, { token: challengeId })).status).toBe(401);
    expect((await verifyMfa(app, eve.person.refreshToken, eve.code())).code).toBe('MFA_CHALLENGE_EXPIRED');
    expect(
      (await app.graphql(REFRESH, { input: { refreshToken: challengeId } })).data.refreshSession.code,
    ).toBe('INVALID_REFRESH_TOKEN');
    const foreign = await eve.person(REMOVE, { input: { factorId: ada.factorId } });
    expect(foreign.data.removeFactor.code).toBe('FACTOR_NOT_FOUND');
    expect((await verifyMfa(app, challengeId, ada.code())).__typename).toBe('AuthSession');
  });

  test('is asked for after a code by mail too, and a reset of the password does not get round it', async () => {
    const app = await createTestApp();
    const ada = await withTotp(app);
    const { email } = ada.person;
    const sent = async () => (await messagesTo(app.database, email)).find(({ code }) => code !== null)!.code;
    const ask = (operation: string) =>
      app.graphql(`mutation { ${operation} { __typename ... on MfaRequired { challengeId } } }`);
    await app.graphql(`mutation { requestPasswordReset(input: { email: "${email}" }) { __typename } }`);
    const reset = await ask(
      `resetPassword(input: { email: "${email}", code: "${await sent()}", newPassword: "a wholly different phrase" })`,
    );
    expect(reset.data.resetPassword.__typename).toBe('MfaRequired');
    expect((await logIn(app, ada.person)).__typename).toBe('MfaRequired');
    app.clock.advance(60);
    await app.graphql(`mutation { requestSignInCode(input: { email: "${email}" }) { __typename } }`);
    const { data } = await ask(`signInWithCode(input: { email: "${email}", code: "${await sent()}" })`);
    expect(data.signInWithCode.__typename).toBe('MfaRequired');
    expect((await verifyMfa(app, data.signInWithCode.challengeId, ada.code())).__typename).toBe(
      'AuthSession',
    );
  });

  test('locks after ten wrong codes, wherever they are tried', async () => {
    const app = await createTestApp({ env: { RATE_LIMITS: 'on' } });
    const ada = await withTotp(app);
    const wrong = wrongCode(ada.secret, app.clock.now());
    const stepUp = async (code: string) => (await ada.person(STEP_UP, { input: { code } })).data.stepUp.code;
    for (let attempt = 0; attempt < 6; attempt += 1) expect(await stepUp(wrong)).toBe('INVALID_MFA_CODE');
    const { challengeId } = await logIn(app, ada.person);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      expect((await verifyMfa(app, challengeId, wrong)).code).toBe('INVALID_MFA_CODE');
    }
    const locked = await verifyMfa(app, challengeId, ada.code());
    expect(locked).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) });
    expect(await stepUp(ada.code())).toBe('RATE_LIMITED');
  });
});

describe('in the middle of a session', () => {
  test('what needs AAL2 says so, and can be asked again after stepUp', async () => {
    const app = await createTestApp();
    const ada = await withTotp(app);
    const weak = await atAal1(app, ada.person);
    const { data, errors } = await weak(GENERATE);
    expect(data).toBeNull();
    expect(errors![0].extensions).toEqual({ code: 'FORBIDDEN', reason: 'AAL2_REQUIRED' });
    expect((await weak(ENROLL, { input: { name: 'mine' } })).data.enrollTotp.code).toBe('AAL2_REQUIRED');
    expect((await weak(REMOVE, { input: { factorId: ada.factorId } })).data.removeFactor.code).toBe(
      'AAL2_REQUIRED',
    );
    const change = await weak(
      'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { ... on UserError { code } } }',
      { input: { currentPassword: PASSWORD, newPassword: 'a wholly different phrase' } },
    );
    expect(change.data.changePassword.code).toBe('AAL2_REQUIRED');

    const raised = await weak(STEP_UP, { input: { code: ada.code() } });
    const strong = app.person(raised.data.stepUp);
    expect(strong.sessionId).toBe(weak.sessionId);
    expect((await strong(GENERATE)).data.generateRecoveryCodes.codes).toHaveLength(10);
  });

  test('an operator who has a factor shows it before they act on others', async () => {
    const app = await createTestApp();
    const root = await withTotp(app, 'root');
    const { email, id } = await app.signUp('ada');
    await app.admin.updateUserById(root.person.id, { app_metadata: { roles: ['admin'] } });
    app.clock.advance(6);
    const weak = await atAal1(app, root.person);
    const acts: [string, object][] = [
      ['createUser', { email: 'puppet@example.com', password: PASSWORD, roles: ['admin'] }],
      ['setUserRoles', { userId: id, roles: ['admin'] }],
      ['generateLink', { type: 'RECOVERY', email }],
      ['inviteUser', { email: 'puppet@example.com' }],
      ['updateUser', { userId: id, email: 'mine@example.com' }],
      ['createWebhook', { url: 'https://mine.example.com', events: ['USER_CREATED'] }],
    ];
    for (const [name, input] of acts) {
      const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`;
      const { errors } = await weak(`mutation ($input: ${type}!) { ${name}(input: $input) { __typename } }`, {
        input,
      });
      expect([name, errors?.[0].extensions]).toEqual([name, { code: 'FORBIDDEN', reason: 'AAL2_REQUIRED' }]);
    }
    const strong = app.person((await weak(STEP_UP, { input: { code: root.code() } })).data.stepUp);
    const answer = await strong(
      'mutation ($input: SetUserRolesInput!) { setUserRoles(input: $input) { ... on User { roles } } }',
      { input: { userId: id, roles: ['admin'] } },
    );
    expect(answer.data.setUserRoles).toEqual({ roles: ['admin'] });
  });

  test('somebody without a factor is told so', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    expect((await ada(STEP_UP, { input: { code: '123456' } })).data.stepUp.code).toBe('FACTOR_NOT_FOUND');
    expect((await ada(MINE)).data.me).toEqual({ factors: [], recoveryCodesLeft: null });
  });

  test('an enrolment can be begun again, and a name is taken once it counts', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const first = (await ada(ENROLL, { input: { name: 'phone' } })).data.enrollTotp;
    const second = (await ada(ENROLL, { input: { name: 'phone' } })).data.enrollTotp;
    expect(second.secret).not.toBe(first.secret);
    const verify = (factorId: string, secret: string) =>
      ada(VERIFY_TOTP, { input: { factorId, code: codeOf(secret, app.clock.now()) } });
    expect((await verify(first.factorId, first.secret)).data.verifyTotp.code).toBe('FACTOR_NOT_FOUND');
    const strong = app.person((await verify(second.factorId, second.secret)).data.verifyTotp);
    expect((await strong(ENROLL, { input: { name: 'phone' } })).data.enrollTotp.code).toBe(
      'FACTOR_NAME_TAKEN',
    );
    expect((await strong(ENROLL, { input: { name: ' ' } })).data.enrollTotp.code).toBe('VALIDATION_FAILED');
    expect((await strong(ENROLL, { input: { name: 'tablet' } })).data.enrollTotp.__typename).toBe(
      'TotpEnrolment',
    );
  });

  test('any of several apps will do', async () => {
    const app = await createTestApp();
    const ada = await withTotp(app);
    const { factorId, secret } = (await ada.person(ENROLL, { input: { name: 'tablet' } })).data.enrollTotp;
    const input = { factorId, code: codeOf(secret, app.clock.now()) };
    expect((await ada.person(VERIFY_TOTP, { input })).data.verifyTotp.__typename).toBe('AuthSession');
    app.clock.advance(30);
    for (const code of [codeOf(secret, app.clock.now()), ada.code()]) {
      const { challengeId } = await logIn(app, ada.person);
      expect((await verifyMfa(app, challengeId, code)).__typename).toBe('AuthSession');
    }
  });

  test('whoever takes the factor away signs in with one again', async () => {
    const app = await createTestApp();
    const ada = await withTotp(app);
    await ada.person(GENERATE);
    const { data } = await ada.person(REMOVE, { input: { factorId: ada.factorId.toUpperCase() } });
    expect(data.removeFactor.__typename).toBe('FactorRemoved');
    expect((await ada.person(MINE)).data.me).toEqual({ factors: [], recoveryCodesLeft: null });
    expect((await logIn(app, ada.person)).__typename).toBe('AuthSession');
    const next = app.person(
      (await app.graphql(REFRESH, { input: { refreshToken: ada.person.refreshToken } })).data.refreshSession,
    );
    expect((await next(MINE)).data.viewer.assuranceLevel).toBe('AAL1');
    // At once, on the token that still says AAL2.
    expect((await ada.person(MINE)).data.viewer.assuranceLevel).toBe('AAL1');
    for (const factorId of ['x', '../user', ada.factorId]) {
      expect((await next(REMOVE, { input: { factorId } })).data.removeFactor.code).toBe('FACTOR_NOT_FOUND');
    }
  });
});

describe('recovery codes', () => {
  test('let somebody in who lost the app, each once, however it is typed', async () => {
    const app = await createTestApp();
    const ada = await withTotp(app);
    const { codes } = (await ada.person(GENERATE)).data.generateRecoveryCodes;
    expect(codes.every((code: string) => /^(?:[0-9a-z]{4}-){3}[0-9a-z]{4}$/.test(code))).toBe(true);
    const first = await logIn(app, ada.person);
    expect(first.methods).toEqual(['TOTP', 'RECOVERY_CODE']);
    const session = await verifyMfa(
      app,
      first.challengeId,
      ` ${codes[0].toUpperCase().replaceAll('-', ' ')} `,
    );
    const back = app.person(session);
    expect((await back(MINE)).data).toMatchObject({
      me: { recoveryCodesLeft: 9, factors: [{ id: ada.factorId }] },
      viewer: { assuranceLevel: 'AAL2' },
    });
    const second = await logIn(app, ada.person);
    expect((await verifyMfa(app, second.challengeId, codes[0])).code).toBe('INVALID_MFA_CODE');

    // The app is gone, and so would be the way in, if it were taken away before there is another.
    const remove = { input: { factorId: ada.factorId } };
    expect((await back(REMOVE, remove)).data.removeFactor.code).toBe('LAST_FACTOR');
    const { factorId, secret } = (await back(ENROLL, { input: { name: 'new phone' } })).data.enrollTotp;
    const input = { factorId, code: codeOf(secret, app.clock.now()) };
    const settled = app.person((await back(VERIFY_TOTP, { input })).data.verifyTotp);
    expect((await settled(REMOVE, remove)).data.removeFactor.__typename).toBe('FactorRemoved');
    expect((await settled(MINE)).data.me).toMatchObject({
      recoveryCodesLeft: 9,
      factors: [{ name: 'new phone' }],
    });
  });

  test('are replaced by new ones, and nobody else sees how many are left', async () => {
    const app = await createTestApp();
    const ada = await withTotp(app);
    const { codes } = (await ada.person(GENERATE)).data.generateRecoveryCodes;
    const renewed = (await ada.person(GENERATE)).data.generateRecoveryCodes.codes;
    expect(renewed.some((code: string) => codes.includes(code))).toBe(false);
    const { challengeId } = await logIn(app, ada.person);
    expect((await verifyMfa(app, challengeId, codes[0])).code).toBe('INVALID_MFA_CODE');
    expect((await verifyMfa(app, challengeId, renewed[0])).__typename).toBe('AuthSession');
    const asked = await app.graphql(
      `{ user(id: "${ada.person.id}") { recoveryCodesLeft factors { id } } }`,
      {},
      { token: app.serviceKey },
    );
    expect(asked.data.user).toEqual({ recoveryCodesLeft: null, factors: [{ id: ada.factorId }] });
  });

  test('are good once, of fifty at once', async () => {
    const app = await createTestApp();
    const ada = await withTotp(app);
    const [code] = (await ada.person(GENERATE)).data.generateRecoveryCodes.codes;
    const challenges = await Promise.all(Array.from({ length: 10 }, () => logIn(app, ada.person)));
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => verifyMfa(app, challenges[index % 10]!.challengeId, code)),
    );
    expect(answers.filter(({ __typename }) => __typename === 'AuthSession')).toHaveLength(1);
  });
});

test('the last app and the recovery codes go together, in one call of the auth server', async () => {
  const app = await createTestApp();
  const ada = await withTotp(app);
  await ada.person(GENERATE);
  const input = { factorId: ada.factorId };
  const statements = await app.statementsDuring(() => ada.person(REMOVE, { input }));
  const calls = statements.filter((sql) => sql.includes('as is_banned'));
  // Supabase refuses the app as long as there are codes, so there it takes three.
  expect(calls).toHaveLength(MODE === 'supabase' ? 3 : 1);
  const events = await app.database.query<{ action: string }>(
    `select action from limen.audit_events where user_id = $1 and action like '%.removed' and outcome = 'success' order by action`,
    [ada.person.id],
  );
  expect(events.map(({ action }) => action)).toEqual(['factor.removed', 'recovery_codes.removed']);
});

test('a sign-in costs one statement more with a second factor', async () => {
  const app = await createTestApp();
  const [ada, grace] = [await withTotp(app), await app.signUp('grace')];
  const plain = await app.statementsDuring(() => logIn(app, grace));
  let challengeId = '';
  const held = await app.statementsDuring(async () => {
    ({ challengeId } = await logIn(app, ada.person));
  });
  // In front of Supabase it is recorded by a statement of its own, and the other instances are told by one, not by a trigger.
  const more = MODE === 'supabase' ? 1 : 0;
  expect([plain.length, held.length]).toEqual([2 + more, 3 + more]);
  const shown = await app.statementsDuring(() => verifyMfa(app, challengeId, ada.code()));
  expect(shown.length).toBe(MODE === 'supabase' ? 19 : 16);
});
