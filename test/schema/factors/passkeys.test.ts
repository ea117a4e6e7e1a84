import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, MODE, type TestApp, type TestPerson } from '../../support/app.ts';
import { codeOf } from '../../support/authenticator.ts';
import {
  createPasskeyAuthenticator,
  type PasskeyAuthenticator,
  type Wrong,
} from '../../support/passkey-authenticator.ts';

const ORIGIN = 'http://localhost:5173';

const START_REGISTRATION = `mutation {
  startPasskeyRegistration {
    __typename
    ... on PasskeyRegistrationChallenge { challengeId options expiresAt }
    ... on UserError { code }
    ... on NotSupportedError { missing }
  }
}`;
const FINISH_REGISTRATION = `mutation ($input: FinishPasskeyRegistrationInput!) {
  finishPasskeyRegistration(input: $input) {
    __typename
    ... on Passkey { id name createdAt lastUsedAt isBackedUp transports }
    ... on UserError { code }
    ... on ValidationError { issues { path code } }
  }
}`;
const START_SIGN_IN = `mutation {
  startPasskeySignIn {
    __typename
    ... on PasskeySignInChallenge { challengeId options expiresAt }
    ... on UserError { code }
    ... on NotSupportedError { missing }
  }
}`;
const FINISH_SIGN_IN = `mutation ($input: FinishPasskeySignInInput!) {
  finishPasskeySignIn(input: $input) {
    __typename
    ... on AuthSession { accessToken refreshToken user { id email passkeys { lastUsedAt } } }
    ... on MfaRequired { challengeId methods }
    ... on UserError { code }
  }
}`;
const RENAME = `mutation ($input: RenamePasskeyInput!) {
  renamePasskey(input: $input) { ... on Passkey { id name } ... on UserError { code } ... on ValidationError { issues { path code } } }
}`;
const REMOVE = `mutation ($input: RemovePasskeyInput!) {
  removePasskey(input: $input) { ... on PasskeyRemoved { id } ... on UserError { code } }
}`;
const ENROLL = `mutation { enrollTotp(input: {}) { ... on TotpEnrolment { factorId secret } } }`;
const VERIFY_TOTP = `mutation ($input: VerifyTotpInput!) {
  verifyTotp(input: $input) { __typename }
}`;
const VERIFY_MFA = `mutation ($input: VerifyMfaInput!) {
  verifyMfa(input: $input) { ... on AuthSession { accessToken refreshToken user { id email } } ... on UserError { code } }
}`;
const MINE = '{ me { passkeys { id name lastUsedAt isBackedUp transports } } }';

describe('passkeys', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp({ keep: true });
  });
  afterAll(() => app.close());

  async function register(
    person: TestPerson,
    authenticator: PasskeyAuthenticator,
    name?: string,
    wrong?: Wrong,
  ) {
    const { challengeId, options } = (await person(START_REGISTRATION)).data.startPasskeyRegistration;
    const credential = authenticator.create(options, wrong);
    const { data } = await person(FINISH_REGISTRATION, { input: { challengeId, credential, name } });
    return data.finishPasskeyRegistration;
  }

  async function signIn(authenticator: PasskeyAuthenticator, wrong?: Wrong) {
    const { challengeId, options } = (await app.graphql(START_SIGN_IN)).data.startPasskeySignIn;
    const input = { challengeId, credential: authenticator.get(options, wrong) };
    return { ...(await app.graphql(FINISH_SIGN_IN, { input })).data.finishPasskeySignIn, input };
  }

  async function personWithPasskey(name: string) {
    const person = await app.signUp(name);
    const authenticator = createPasskeyAuthenticator(ORIGIN);
    const passkey = await register(person, authenticator);
    return { person, authenticator, passkey };
  }

  test('are registered with a name, sign their owner in without an address, and say when they did', async () => {
    const ada = await app.signUp('ada');
    const authenticator = createPasskeyAuthenticator(ORIGIN, { isSynced: true });
    expect(await register(ada, authenticator, '  Work laptop ')).toMatchObject({
      __typename: 'Passkey',
      name: 'Work laptop',
      lastUsedAt: null,
      isBackedUp: true,
      transports: ['internal', 'hybrid'],
    });
    expect((await app.messagesTo(ada.email))[0]).toMatchObject({ template: 'passkey-added', userId: ada.id });

    const session = await signIn(authenticator);
    expect(session).toMatchObject({
      __typename: 'AuthSession',
      user: { id: ada.id, email: ada.email, passkeys: [{ lastUsedAt: expect.any(String) }] },
    });
    const person = app.person(session);
    const { data } = await person('{ viewer { assuranceLevel user { id } } }');
    expect(data.viewer).toEqual({ assuranceLevel: 'AAL1', user: { id: ada.id } });
    expect((await person(MINE)).data.me.passkeys).toEqual([
      expect.objectContaining({ name: 'Work laptop', lastUsedAt: expect.any(String) }),
    ]);
  });

  test('are bound to the page, the challenge and the person they were asked for', async () => {
    const ada = await app.signUp('ada');
    const authenticator = createPasskeyAuthenticator(ORIGIN);
    const elsewhere = await register(ada, authenticator, undefined, {
      origin: 'https://localhost.evil.test',
    });
    expect(elsewhere.code).toBe('PASSKEY_NOT_ACCEPTED');
    expect((await ada(MINE)).data.me.passkeys).toEqual([]);

    const grace = await app.signUp('grace');
    const { challengeId, options } = (await ada(START_REGISTRATION)).data.startPasskeyRegistration;
    const input = { challengeId, credential: authenticator.create(options) };
    const finish = async (person: TestPerson) =>
      (await person(FINISH_REGISTRATION, { input })).data.finishPasskeyRegistration;
    expect((await finish(grace)).code).toBe('PASSKEY_CHALLENGE_EXPIRED');
    expect((await finish(ada)).__typename).toBe('Passkey');
    expect((await finish(ada)).code).toBe('PASSKEY_CHALLENGE_EXPIRED');
  });

  test('sign in once with one answer, and not with a wrong or an unknown one', async () => {
    const { authenticator } = await personWithPasskey('ada');
    const { input, __typename } = await signIn(authenticator);
    expect(__typename).toBe('AuthSession');
    const replay = await app.graphql(FINISH_SIGN_IN, { input });
    expect(replay.data.finishPasskeySignIn.code).toBe('PASSKEY_CHALLENGE_EXPIRED');
    const unknown = createPasskeyAuthenticator(ORIGIN);
    unknown.create({ challenge: 'AA', rp: { id: 'localhost' }, user: { id: 'AA' } });
    for (const [who, wrong] of [
      [authenticator, { isUserVerified: false }],
      [unknown, {}],
    ] as const) {
      expect((await signIn(who, wrong)).code).toBe('PASSKEY_NOT_ACCEPTED');
    }
  });

  test('an answer that is too late is refused', async () => {
    const { authenticator } = await personWithPasskey('ada');
    const { challengeId, options, expiresAt } = (await app.graphql(START_SIGN_IN)).data.startPasskeySignIn;
    expect(new Date(expiresAt).getTime() - app.clock.now().getTime()).toBeGreaterThan(290_000);
    app.clock.advance(301);
    const input = { challengeId, credential: authenticator.get(options) };
    const { data } = await app.graphql(FINISH_SIGN_IN, { input });
    expect(data.finishPasskeySignIn.code).toBe('PASSKEY_CHALLENGE_EXPIRED');
  });

  test.each([
    ['no id of a challenge', { challengeId: 'x', credential: {} }, 'VALIDATION_FAILED'],
    ['nobody’s challenge', { challengeId: crypto.randomUUID(), credential: {} }, 'PASSKEY_CHALLENGE_EXPIRED'],
  ])('%s is no accident', async (_what, input, code) => {
    const ada = await app.signUp('ada');
    expect((await app.graphql(FINISH_SIGN_IN, { input })).data.finishPasskeySignIn.code).toBe(code);
    expect((await ada(FINISH_REGISTRATION, { input })).data.finishPasskeyRegistration.code).toBe(code);
  });

  test('nothing that is no credential is taken for one', async () => {
    const { challengeId } = (await app.graphql(START_SIGN_IN)).data.startPasskeySignIn;
    const { data } = await app.graphql(FINISH_SIGN_IN, { input: { challengeId, credential: { id: 'x' } } });
    expect(data.finishPasskeySignIn.code).toBe('PASSKEY_NOT_ACCEPTED');
  });

  test('tell of a ban to whoever has them', async () => {
    const { person, authenticator } = await personWithPasskey('ada');
    await app.admin.updateUserById(person.id, { ban_duration: '1h' });
    expect((await signIn(authenticator)).code).toBe('ACCOUNT_BANNED');
    expect((await signIn(authenticator, { hasOtherKey: true })).code).toBe('PASSKEY_NOT_ACCEPTED');
  });

  test('are no way round a second factor, and only whoever has shown it changes them', async () => {
    const { person: ada, authenticator, passkey } = await personWithPasskey('ada');
    const { factorId, secret } = (await ada(ENROLL)).data.enrollTotp;
    const code = () => codeOf(secret, app.clock.now());
    await ada(VERIFY_TOTP, { input: { factorId, code: code() } });

    const half = await signIn(authenticator);
    expect(half).toMatchObject({ __typename: 'MfaRequired', methods: ['TOTP'] });
    expect(half.accessToken).toBeUndefined();
    app.clock.advance(30);
    const { data } = await app.graphql(VERIFY_MFA, {
      input: { challengeId: half.challengeId, code: code() },
    });
    const whole = app.person(data.verifyMfa);
    expect((await whole('{ viewer { assuranceLevel } }')).data.viewer.assuranceLevel).toBe('AAL2');
    expect((await register(whole, createPasskeyAuthenticator(ORIGIN))).__typename).toBe('Passkey');

    // As for somebody who has got no further than the password.
    await app.database.query("update auth.sessions set aal = 'aal1' where id = $1", [whole.sessionId]);
    expect((await whole(START_REGISTRATION)).data.startPasskeyRegistration.code).toBe('AAL2_REQUIRED');
    expect((await whole(REMOVE, { input: { id: passkey.id } })).data.removePasskey.code).toBe(
      'AAL2_REQUIRED',
    );
    expect((await whole(MINE)).data.me.passkeys).toHaveLength(2);
  });

  test('are renamed and removed by their owner alone', async () => {
    const { person: ada, passkey, authenticator } = await personWithPasskey('ada');
    const grace = await app.signUp('grace');
    const { id } = passkey;
    const rename = async (who: TestPerson, name: string, which = id) =>
      (await who(RENAME, { input: { id: which, name } })).data.renamePasskey;
    const remove = async (who: TestPerson, which = id) =>
      (await who(REMOVE, { input: { id: which } })).data.removePasskey;

    expect(await rename(ada, 'Phone')).toEqual({ id, name: 'Phone' });
    expect(await rename(grace, 'Mine')).toEqual({ code: 'PASSKEY_NOT_FOUND' });
    expect(await remove(grace)).toEqual({ code: 'PASSKEY_NOT_FOUND' });
    // No id of anything, and above all no way to another path.
    for (const other of [crypto.randomUUID(), 'x', '', '..', '../user', `${id}/../../user`]) {
      expect(await remove(ada, other)).toEqual({ code: 'PASSKEY_NOT_FOUND' });
      expect(await rename(ada, 'x', other)).toEqual({ code: 'PASSKEY_NOT_FOUND' });
    }
    for (const [name, code] of [
      [' ', 'INVALID_FORMAT'],
      ['x'.repeat(121), 'TOO_LONG'],
      ['a\0b', 'INVALID_CHARACTER'],
    ] as const) {
      expect(await rename(ada, name)).toEqual({
        code: 'VALIDATION_FAILED',
        issues: [{ path: ['name'], code }],
      });
    }
    expect((await ada(MINE)).data.me.passkeys).toMatchObject([{ id, name: 'Phone' }]);

    expect(await remove(ada)).toEqual({ id });
    expect((await ada(MINE)).data.me.passkeys).toEqual([]);
    expect((await app.messagesTo(ada.email)).map(({ template }) => template)).toEqual([
      'passkey-removed',
      'passkey-added',
    ]);
    expect((await signIn(authenticator)).code).toBe('PASSKEY_NOT_ACCEPTED');
  });

  test('are not registered under a name that cannot be', async () => {
    const ada = await app.signUp('ada');
    const result = await register(ada, createPasskeyAuthenticator(ORIGIN), 'x'.repeat(121));
    expect(result).toMatchObject({
      code: 'VALIDATION_FAILED',
      issues: [{ path: ['name'], code: 'TOO_LONG' }],
    });
    expect((await ada(MINE)).data.me.passkeys).toEqual([]);
  });

  test('are at most ten, each once', async () => {
    const ada = await app.signUp('ada');
    const first = createPasskeyAuthenticator(ORIGIN);
    await register(ada, first);
    const again = await register(ada, createPasskeyAuthenticator(ORIGIN), undefined, {
      credentialId: first.id!,
    });
    expect(again.code).toBe('PASSKEY_EXISTS');
    for (let count = 1; count < 10; count++) {
      expect((await register(ada, createPasskeyAuthenticator(ORIGIN))).__typename).toBe('Passkey');
    }
    expect((await ada(START_REGISTRATION)).data.startPasskeyRegistration.code).toBe('TOO_MANY_PASSKEYS');
  });

  test('are not for somebody anonymous, whose session goes on', async () => {
    const ada = await app.signUp('ada');
    await app.database.query('update auth.users set is_anonymous = true where id = $1', [ada.id]);
    expect((await ada(START_REGISTRATION)).errors![0].extensions.code).toBe('FORBIDDEN');
    expect((await ada(MINE)).data.me.passkeys).toEqual([]);
  });

  test('are shown to administrators, and to nobody by way of somebody else', async () => {
    const { person: ada, passkey } = await personWithPasskey('ada');
    const admin = await app.signUpWith('admin', { roles: ['admin'] });
    const query = `{ user(id: "${ada.id}") { passkeys { id } } }`;
    expect((await admin(query)).data.user.passkeys).toEqual([{ id: passkey.id }]);
    expect((await ada(query)).errors![0].extensions.code).toBe('FORBIDDEN');
  });

  test('cost few statements', async () => {
    const { person, authenticator } = await personWithPasskey('ada');
    const count = async (work: () => Promise<unknown>) => (await app.statementsDuring(work)).length;
    let started: { challengeId: string; options: Parameters<PasskeyAuthenticator['get']>[0] } | undefined;
    const counts = {
      list: await count(() => person(MINE)),
      start: await count(async () => {
        started = (await app.graphql(START_SIGN_IN)).data.startPasskeySignIn;
      }),
      finish: await count(() => {
        const { challengeId, options } = started!;
        return app.graphql(
          `mutation ($input: FinishPasskeySignInInput!) { finishPasskeySignIn(input: $input) { __typename } }`,
          { input: { challengeId, credential: authenticator.get(options) } },
        );
      }),
    };
    // In front of Supabase what happens is recorded here too.
    expect(counts).toEqual({ list: 2, start: 1, finish: MODE === 'supabase' ? 5 : 4 });
  });
});

test('where they are off, the schema says what is missing, and people have none', async () => {
  const app = await createTestApp({ env: { PASSKEYS_ENABLED: 'off' } });
  const ada = await app.signUp('ada');
  const unsupported = { __typename: 'NotSupportedError', code: 'NOT_SUPPORTED', missing: 'PASSKEYS' };
  expect((await ada(START_REGISTRATION)).data.startPasskeyRegistration).toEqual(unsupported);
  expect((await app.graphql(START_SIGN_IN)).data.startPasskeySignIn).toEqual(unsupported);
  expect((await ada(MINE)).data.me.passkeys).toEqual([]);
});

test('attempts are limited by address', async () => {
  const app = await createTestApp({ env: { RATE_LIMITS: 'on' } });
  for (let count = 0; count < 30; count++) await app.graphql(START_SIGN_IN);
  const { data } = await app.graphql(START_SIGN_IN);
  expect(data.startPasskeySignIn).toMatchObject({ code: 'RATE_LIMITED' });
});
