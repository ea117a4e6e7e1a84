/** Whoever has borrowed a session neither adds a factor or a passkey of their own, nor takes one away. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApp, MODE, PASSWORD, type TestApp, type TestPerson } from '../../support/app.ts';
import { codeOf } from '../../support/authenticator.ts';
import { createPasskeyAuthenticator } from '../../support/passkey-authenticator.ts';

const ERROR = '... on UserError { code }';
const ENROLL = `mutation ($input: EnrollTotpInput!) {
  enrollTotp(input: $input) { ... on TotpEnrolment { factorId secret } ${ERROR} }
}`;
const SESSION = '... on AuthSession { accessToken refreshToken user { id email } }';
const VERIFY_TOTP = `mutation ($input: VerifyTotpInput!) { verifyTotp(input: $input) { ${SESSION} ${ERROR} } }`;
const STEP_UP = `mutation ($input: StepUpInput!) { stepUp(input: $input) { ${SESSION} ${ERROR} } }`;
const REMOVE_FACTOR = `mutation ($input: RemoveFactorInput!) {
  removeFactor(input: $input) { ... on FactorRemoved { factorId } ${ERROR} }
}`;
const GENERATE = `mutation ($input: GenerateRecoveryCodesInput) {
  generateRecoveryCodes(input: $input) { ... on RecoveryCodes { codes } ${ERROR} }
}`;
const START_PASSKEY = `mutation ($input: StartPasskeyRegistrationInput) {
  startPasskeyRegistration(input: $input) { ... on PasskeyRegistrationChallenge { challengeId options } ${ERROR} }
}`;
const FINISH_PASSKEY = `mutation ($input: FinishPasskeyRegistrationInput!) {
  finishPasskeyRegistration(input: $input) { ... on Passkey { id } ${ERROR} }
}`;
const REMOVE_PASSKEY = `mutation ($input: RemovePasskeyInput!) {
  removePasskey(input: $input) { ... on PasskeyRemoved { id } ${ERROR} }
}`;
const MINE = '{ me { factors { id name status } passkeys { id } recoveryCodesLeft } }';

const LATER_SECONDS = 16 * 60;

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp({ keep: true, env: { ACCESS_TOKEN_TTL: '6h' } });
});
afterAll(() => app.close());

/** The only field of the answer. */
async function outcome(person: TestPerson, mutation: string, input?: object) {
  const { data, errors } = await person(mutation, { input });
  expect(errors).toBeUndefined();
  return Object.values(data)[0] as { code?: string } & Record<string, string>;
}

async function addPasskey(
  person: TestPerson,
  authenticator = createPasskeyAuthenticator('http://localhost:5173'),
): Promise<string> {
  const { challengeId, options } = (await person(START_PASSKEY)).data.startPasskeyRegistration;
  const credential = authenticator.create(options);
  return (await outcome(person, FINISH_PASSKEY, { challengeId, credential })).id!;
}

/** Somebody with an app, a passkey and recovery codes, whose session at AAL2 began long ago. */
async function withFactorSinceLong() {
  const before = await app.signUp('grace');
  const { factorId, secret } = await outcome(before, ENROLL, { name: 'phone' });
  const code = () => codeOf(secret!, app.clock.now());
  const raised = await outcome(before, VERIFY_TOTP, { factorId, code: code() });
  const person = app.person(raised as never);
  const passkeyId = await addPasskey(person);
  await outcome(person, GENERATE);
  app.clock.advance(LATER_SECONDS);
  return { person, factorId: factorId!, passkeyId, code };
}

async function requestNonce(person: TestPerson): Promise<string> {
  await person('mutation { requestReauthentication { __typename } }');
  return (await app.messagesTo(person.email)).find(({ code }) => code !== null)!.code!;
}

test('a session that has gone on for a while adds neither app nor passkey without a proof, and takes none away', async () => {
  const ada = await app.signUp('ada');
  const passkeyId = await addPasskey(ada);
  app.clock.advance(LATER_SECONDS);
  const acts: [string, object][] = [
    [ENROLL, { name: 'mine' }],
    [START_PASSKEY, {}],
    [REMOVE_PASSKEY, { id: passkeyId }],
    [REMOVE_FACTOR, { factorId: crypto.randomUUID() }],
  ];
  for (const [mutation, input] of acts) {
    expect(await outcome(ada, mutation, input)).toEqual({ code: 'REAUTHENTICATION_REQUIRED' });
    const refusals = {
      INVALID_CREDENTIALS: { currentPassword: 'a guess' },
      INVALID_CODE: { nonce: '000000' },
      VALIDATION_FAILED: { nonce: '000000', currentPassword: PASSWORD },
    };
    for (const [code, proof] of Object.entries(refusals)) {
      expect(await outcome(ada, mutation, { ...input, ...proof })).toEqual({ code });
    }
  }
  expect((await ada(START_PASSKEY)).data.startPasskeyRegistration.code).toBe('REAUTHENTICATION_REQUIRED');
  expect((await ada(MINE)).data.me).toMatchObject({ factors: [], passkeys: [{ id: passkeyId }] });

  const currentPassword = PASSWORD;
  expect(await outcome(ada, START_PASSKEY, { currentPassword })).toHaveProperty('challengeId');
  expect(await outcome(ada, ENROLL, { currentPassword })).toHaveProperty('secret');
  expect(await outcome(ada, REMOVE_PASSKEY, { id: passkeyId, currentPassword })).toEqual({ id: passkeyId });
  // A proof is for what it was given for, and the session is as old as it was.
  expect(await outcome(ada, START_PASSKEY)).toEqual({ code: 'REAUTHENTICATION_REQUIRED' });
});

test('a code by mail stands for the password, and counts once, of ten at once', async () => {
  const ada = await app.signUp('ada');
  await outcome(ada, ENROLL, { name: 'app 0' });
  app.clock.advance(LATER_SECONDS);
  const nonce = await requestNonce(ada);
  const rivals = await Promise.all(
    Array.from({ length: 10 }, (_, index) => outcome(ada, ENROLL, { name: `app ${index}`, nonce })),
  );
  expect(rivals.filter(({ secret }) => secret)).toHaveLength(1);
  expect(await outcome(ada, START_PASSKEY, { nonce })).toEqual({ code: 'INVALID_CODE' });
});

test('an enrolment that was begun gives way to another one of its name, with one code', async () => {
  const ada = await app.signUp('ada');
  const first = await outcome(ada, ENROLL, { name: 'phone' });
  app.clock.advance(250);
  const second = await outcome(ada, ENROLL, { name: 'phone' });
  expect(second.factorId).not.toBe(first.factorId);
  app.clock.advance(LATER_SECONDS);
  const { factorId } = await outcome(ada, ENROLL, { name: 'phone', currentPassword: PASSWORD });
  const nonce = await requestNonce(ada);
  expect(await outcome(ada, ENROLL, { name: 'phone', nonce })).toHaveProperty('secret');
  expect((await ada(MINE)).data.me.factors).toMatchObject([{ name: 'phone', status: 'UNVERIFIED' }]);
  expect((await ada(MINE)).data.me.factors[0].id).not.toBe(factorId);
});

test('a second factor that was shown long ago is no proof; one that is shown now is', async () => {
  const { person, factorId, passkeyId, code } = await withFactorSinceLong();
  const acts: [string, object][] = [
    [REMOVE_FACTOR, { factorId }],
    [GENERATE, {}],
    [ENROLL, { name: 'mine' }],
    [START_PASSKEY, {}],
    [REMOVE_PASSKEY, { id: passkeyId }],
  ];
  for (const [mutation, input] of acts) {
    expect(await outcome(person, mutation, input)).toEqual({ code: 'REAUTHENTICATION_REQUIRED' });
  }
  expect((await person(MINE)).data.me).toMatchObject({ recoveryCodesLeft: 10, factors: [{ id: factorId }] });
  const now = app.person((await outcome(person, STEP_UP, { code: code() })) as never);
  expect(await outcome(now, GENERATE)).toHaveProperty('codes');
  expect(await outcome(now, START_PASSKEY)).toHaveProperty('challengeId');
  expect(await outcome(now, REMOVE_PASSKEY, { id: passkeyId })).toEqual({ id: passkeyId });
  expect(await outcome(now, ENROLL, { name: 'tablet' })).toHaveProperty('secret');
  expect(await outcome(now, REMOVE_FACTOR, { factorId })).toEqual({ factorId });
});

test('a password does it for a session at AAL2 too, and is no way round the factor below it', async () => {
  const { person, factorId } = await withFactorSinceLong();
  const currentPassword = PASSWORD;
  expect(await outcome(person, GENERATE, { currentPassword })).toHaveProperty('codes');
  await app.database.query("update auth.sessions set aal = 'aal1' where id = $1", [person.sessionId]);
  const refreshed = await app.graphql(
    `mutation { refreshSession(input: { refreshToken: "${person.refreshToken}" }) { ${SESSION} } }`,
  );
  const weak = app.person(refreshed.data.refreshSession);
  for (const proof of [{ currentPassword }, {}]) {
    expect(await outcome(weak, ENROLL, { name: 'mine', ...proof })).toEqual({ code: 'AAL2_REQUIRED' });
    expect(await outcome(weak, START_PASSKEY, proof)).toEqual({ code: 'AAL2_REQUIRED' });
    expect(await outcome(weak, REMOVE_FACTOR, { factorId, ...proof })).toEqual({ code: 'AAL2_REQUIRED' });
  }
});

test('whoever has just signed in by a passkey adds another, and changes no address by it', async () => {
  const ada = await app.signUp('ada');
  const authenticator = createPasskeyAuthenticator('http://localhost:5173');
  await addPasskey(ada, authenticator);
  const started = await app.graphql(
    'mutation { startPasskeySignIn { ... on PasskeySignInChallenge { challengeId options } } }',
  );
  const { challengeId, options } = started.data.startPasskeySignIn;
  const finish = `mutation ($input: FinishPasskeySignInInput!) { finishPasskeySignIn(input: $input) { ${SESSION} } }`;
  const input = { challengeId, credential: authenticator.get(options) };
  const back = app.person((await app.graphql(finish, { input })).data.finishPasskeySignIn);
  expect(await addPasskey(back)).toEqual(expect.any(String));
  const change = `mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { ... on UserError { code } } }`;
  const refused = await outcome(back, change, { email: 'mine@example.com' });
  expect(refused).toEqual({ code: 'REAUTHENTICATION_REQUIRED' });
  app.clock.advance(LATER_SECONDS);
  expect(await outcome(back, START_PASSKEY)).toEqual({ code: 'REAUTHENTICATION_REQUIRED' });
});

test('a proof costs a password one hash, and a code the statements that use it up', async () => {
  const ada = await app.signUp('ada');
  const cost = async (mutation: string, input: object) =>
    (await app.statementsDuring(() => outcome(ada, mutation, input))).length;
  const fresh = {
    enrollTotp: await cost(ENROLL, { name: 'a' }),
    startPasskeyRegistration: await cost(START_PASSKEY, {}),
  };
  app.clock.advance(LATER_SECONDS);
  const currentPassword = PASSWORD;
  const byPassword = {
    enrollTotp: await cost(ENROLL, { name: 'b', currentPassword }),
    startPasskeyRegistration: await cost(START_PASSKEY, { currentPassword }),
  };
  const byCode = await cost(ENROLL, { name: 'c', nonce: await requestNonce(ada) });
  const refused = await cost(ENROLL, { name: 'd' });
  // In front of Supabase the trial is a sign-in of its own, and what happens is recorded here too.
  const isTrial = MODE === 'supabase';
  expect({ fresh, byPassword, byCode, refused }).toEqual({
    fresh: { enrollTotp: isTrial ? 9 : 7, startPasskeyRegistration: 4 },
    byPassword: { enrollTotp: isTrial ? 14 : 8, startPasskeyRegistration: isTrial ? 8 : 4 },
    byCode: isTrial ? 17 : 11,
    refused: 3,
  });
});
