/** Sign-in by a real OpenID provider, through GraphQL. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestApp, PASSWORD, type TestApp, type TestPerson } from '../../support/app.ts';
import { createBrowser } from '../../support/cookie-jar.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type OpenIdProvider,
  startOpenIdProvider,
} from '../../support/openid-provider.ts';

const ERRORS = '... on UserError { code } ... on ValidationError { issues { path code } }';
const BEGIN = `mutation ($input: SignInWithOAuthInput!) {
  signInWithOAuth(input: $input) { __typename ... on ProviderRedirect { url } ${ERRORS} }
}`;
const EXCHANGE = `mutation ($input: ExchangeCodeInput!) {
  exchangeCode(input: $input) {
    __typename
    ... on AuthSession {
      accessToken refreshToken providerToken
      user { id email emailVerified fullName identities { id provider email lastSignInAt } }
    }
    ${ERRORS}
  }
}`;
const ID_TOKEN = `mutation ($input: SignInWithIdTokenInput!) {
  signInWithIdToken(input: $input) { __typename ... on AuthSession { user { id } } ${ERRORS} }
}`;
const LINK = `mutation ($input: LinkIdentityInput!) {
  linkIdentity(input: $input) { __typename ... on ProviderRedirect { url } ${ERRORS} }
}`;
const UNLINK = `mutation ($input: UnlinkIdentityInput!) {
  unlinkIdentity(input: $input) { __typename ... on IdentityUnlinked { identityId } ${ERRORS} }
}`;
const IDENTITIES = '{ me { identities { id provider email } } }';

/** Where Limen says it is, unless it is told. */
const ORIGIN = 'http://localhost:8001';
const APP = 'https://app.example.com/welcome';

let provider: OpenIdProvider;
beforeAll(async () => {
  provider = await startOpenIdProvider(`${ORIGIN}/auth/v1/callback`);
});
afterAll(() => provider.close());

const start = (env: Record<string, string> = {}) =>
  createTestApp({
    env: {
      OIDC_PROVIDERS: 'acme',
      OIDC_ACME_ISSUER: provider.issuer,
      OIDC_ACME_CLIENT_ID: CLIENT_ID,
      OIDC_ACME_SECRET: CLIENT_SECRET,
      EMAIL_CONFIRMATION: 'on',
      REDIRECT_ALLOW_LIST: 'https://app.example.com/**',
      SECURITY_MANUAL_LINKING_ENABLED: 'on',
      ...env,
    },
  });

function somebodyAtProvider(more: object = {}) {
  const subject = randomUUID();
  const email = `ada-${subject.slice(0, 8)}@example.com`;
  provider.people.set(subject, { email, email_verified: true, name: 'Ada Lovelace', ...more });
  return { subject, email };
}

function pkce() {
  const codeVerifier = randomBytes(32).toString('base64url');
  return { codeVerifier, codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url') };
}

/** From the address that GraphQL gave to the application's own. */
async function travel(app: TestApp, url: string, subject: string) {
  const browser = createBrowser({ [ORIGIN]: app.atAuthServer }, ({ href }) => href.startsWith(APP));
  const page = await provider.signIn(browser, await browser.open(url), subject);
  return page.url.searchParams;
}

async function signIn(app: TestApp, subject: string) {
  const { codeVerifier, codeChallenge } = pkce();
  const input = { provider: 'custom:acme', redirectTo: APP, codeChallenge };
  const begun = await app.graphql(BEGIN, { input });
  const answer = await travel(app, begun.data.signInWithOAuth.url, subject);
  const code = answer.get('code');
  const { data } = code ? await app.graphql(EXCHANGE, { input: { code, codeVerifier } }) : { data: null };
  return { code, codeVerifier, error: answer.get('error_code'), result: data?.exchangeCode };
}

async function link(app: TestApp, person: TestPerson, subject: string) {
  const { codeVerifier, codeChallenge } = pkce();
  const input = { provider: 'custom:acme', redirectTo: APP, codeChallenge };
  const { data } = await person(LINK, { input });
  const answer = await travel(app, data.linkIdentity.url, subject);
  return { codeVerifier, code: answer.get('code'), error: answer.get('error_code') };
}

/** Somebody whose address is confirmed. */
async function member(app: TestApp, email = `grace-${randomUUID().slice(0, 8)}@example.com`) {
  await app.admin.createUser({ email, password: PASSWORD, email_confirm: true });
  app.clock.advance(1);
  return app.logIn(email);
}

describe('signInWithOAuth', () => {
  test('leads through the provider to a session', async () => {
    const app = await start();
    const { subject, email } = somebodyAtProvider();
    const { code, codeVerifier, result } = await signIn(app, subject);
    expect(result).toMatchObject({
      __typename: 'AuthSession',
      providerToken: expect.any(String),
      user: {
        email,
        emailVerified: true,
        fullName: 'Ada Lovelace',
        identities: [{ provider: 'custom:acme', email }],
      },
    });
    const again = await app.graphql(EXCHANGE, { input: { code, codeVerifier } });
    expect(again.data.exchangeCode.code).toBe('INVALID_AUTH_CODE');
    const next = await signIn(app, subject);
    expect(next.result.user.id).toBe(result.user.id);
  });

  test('lists its providers for buttons, and refuses any other', async () => {
    const app = await start();
    const { data } = await app.graphql('{ authProviders { name label } }');
    expect(data.authProviders).toEqual([{ name: 'custom:acme', label: 'Acme' }]);
    const input = { provider: 'google', codeChallenge: pkce().codeChallenge };
    const other = await app.graphql(BEGIN, { input });
    expect(other.data.signInWithOAuth).toMatchObject({
      __typename: 'ProviderDisabledError',
      code: 'PROVIDER_DISABLED',
    });
  });

  test.each([
    [
      'a challenge that is none',
      { codeChallenge: 'short' },
      { path: ['codeChallenge'], code: 'INVALID_FORMAT' },
    ],
    ['a place that is none', { redirectTo: 'nowhere' }, { path: ['redirectTo'], code: 'INVALID_FORMAT' }],
    ['a scope of two', { scopes: ['a b'] }, { path: ['scopes'], code: 'INVALID_FORMAT' }],
    [
      'no challenge after all',
      { queryParams: { code_challenge: '' } },
      { path: ['queryParams', 'code_challenge'], code: 'RESERVED_KEY' },
    ],
    [
      'what is no text',
      { queryParams: { prompt: {} } },
      { path: ['queryParams', 'prompt'], code: 'INVALID_FORMAT' },
    ],
  ])('refuses %s', async (_what, more, issue) => {
    const app = await start();
    const input = { provider: 'custom:acme', codeChallenge: pkce().codeChallenge, ...more };
    const { data } = await app.graphql(BEGIN, { input });
    expect(data.signInWithOAuth).toMatchObject({ __typename: 'ValidationError', issues: [issue] });
  });

  test('takes the code only with the verifier it began with', async () => {
    const app = await start();
    const { subject } = somebodyAtProvider();
    const { codeVerifier, codeChallenge } = pkce();
    const input = { provider: 'custom:acme', redirectTo: APP, codeChallenge };
    const begun = await app.graphql(BEGIN, { input });
    const code = (await travel(app, begun.data.signInWithOAuth.url, subject)).get('code');
    const wrong = await app.graphql(EXCHANGE, { input: { code, codeVerifier: pkce().codeVerifier } });
    expect(wrong.data.exchangeCode.code).toBe('INVALID_AUTH_CODE');
    const tries = await Promise.all(
      Array.from({ length: 50 }, () => app.graphql(EXCHANGE, { input: { code, codeVerifier } })),
    );
    expect(tries.filter(({ data }) => data.exchangeCode.__typename === 'AuthSession')).toHaveLength(1);
  });

  test('tells at the application why nobody is signed in', async () => {
    const app = await start({ DISABLE_SIGNUP: 'on' });
    const stranger = await signIn(app, somebodyAtProvider().subject);
    expect(stranger).toMatchObject({ code: null, error: 'signup_disabled' });
    const unverified = await signIn(app, somebodyAtProvider({ email_verified: false }).subject);
    expect(unverified.error).toBe('provider_email_needs_verification');
  });

  test('opens the account that has proven the same address', async () => {
    const app = await start();
    const grace = await member(app);
    const { subject } = somebodyAtProvider({ email: grace.email });
    const { result } = await signIn(app, subject);
    expect(result.user).toMatchObject({
      id: grace.id,
      identities: [{ provider: 'email' }, { provider: 'custom:acme' }],
    });
    expect(await app.messagesTo(grace.email)).toMatchObject([
      { template: 'identity-linked', data: { provider: 'Acme' } },
    ]);
  });
});

describe('signInWithIdToken', () => {
  test('refuses what no provider signed, and providers that are off', async () => {
    const app = await start();
    const idToken = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.x';
    const forged = await app.graphql(ID_TOKEN, { input: { provider: 'custom:acme', idToken } });
    expect(forged.data.signInWithIdToken).toMatchObject({
      __typename: 'InvalidIdTokenError',
      code: 'INVALID_ID_TOKEN',
    });
    const off = await app.graphql(ID_TOKEN, { input: { provider: 'apple', idToken } });
    expect(off.data.signInWithIdToken.code).toBe('PROVIDER_DISABLED');
  });
});

describe('linkIdentity', () => {
  test.each<[string, string, (app: TestApp, person: TestPerson) => Promise<unknown>]>([
    [
      'signed out',
      'INVALID_AUTH_CODE',
      (_app, person) => person('mutation { logout(input: { scope: LOCAL }) { __typename } }'),
    ],
    ['been banned', 'ACCOUNT_BANNED', (app, { id }) => app.admin.updateUserById(id, { ban_duration: '1h' })],
    ['been deleted', 'INVALID_AUTH_CODE', (app, { id }) => app.admin.deleteUser(id)],
  ])('adds nothing once whoever asked has %s', async (_how, refusal, leave) => {
    const app = await start();
    const grace = await member(app);
    const { subject } = somebodyAtProvider();
    const { code, codeVerifier } = await link(app, grace, subject);
    await leave(app, grace);
    const { data } = await app.graphql(EXCHANGE, { input: { code, codeVerifier } });
    expect(data.exchangeCode.code).toBe(refusal);
  });

  test('adds a provider to whoever asks, once they are back, and unlinkIdentity takes it away', async () => {
    const app = await start();
    const grace = await member(app);
    const { subject, email } = somebodyAtProvider();
    const { code, codeVerifier } = await link(app, grace, subject);
    // Nothing is linked by having been at the provider.
    expect((await grace(IDENTITIES)).data.me.identities).toHaveLength(1);
    const { data } = await app.graphql(EXCHANGE, { input: { code, codeVerifier } });
    expect(data.exchangeCode.user).toMatchObject({ id: grace.id, email: grace.email });
    // On the token from before the link, which knows no name.
    expect((await grace('{ me { fullName } }')).data.me.fullName).toBe('Ada Lovelace');
    const { identities } = (await grace(IDENTITIES)).data.me;
    expect(identities).toMatchObject([{ provider: 'email' }, { provider: 'custom:acme', email }]);
    expect((await signIn(app, subject)).result.user.id).toBe(grace.id);

    const gone = await grace(UNLINK, { input: { identityId: identities[1].id } });
    expect(gone.data.unlinkIdentity).toEqual({
      __typename: 'IdentityUnlinked',
      identityId: identities[1].id,
    });
    const last = await grace(UNLINK, { input: { identityId: identities[0].id } });
    expect(last.data.unlinkIdentity.code).toBe('LAST_IDENTITY');
    const templates = (await app.messagesTo(grace.email)).map(({ template }) => template);
    expect(templates).toEqual(['identity-unlinked', 'identity-linked']);
  });

  test('refuses a provider’s account that opens another one', async () => {
    const app = await start();
    const { subject } = somebodyAtProvider();
    await signIn(app, subject);
    const grace = await member(app);
    expect(await link(app, grace, subject)).toMatchObject({ code: null, error: 'identity_already_exists' });
  });

  test('is off unless the operator says so', async () => {
    const app = await start({ SECURITY_MANUAL_LINKING_ENABLED: 'off' });
    const grace = await member(app);
    const input = { provider: 'custom:acme', codeChallenge: pkce().codeChallenge };
    expect((await grace(LINK, { input })).data.linkIdentity.code).toBe('LINKING_DISABLED');
    const unlink = await grace(UNLINK, { input: { identityId: randomUUID() } });
    expect(unlink.data.unlinkIdentity.code).toBe('LINKING_DISABLED');
  });

  test('asks a session that has gone on for a while who it is: for the password, or a code that counts once', async () => {
    const app = await start({ ACCESS_TOKEN_TTL: '1h' });
    const grace = await member(app);
    const { subject } = somebodyAtProvider();
    const { code, codeVerifier } = await link(app, grace, subject);
    await app.graphql(EXCHANGE, { input: { code, codeVerifier } });
    const [byEmail, byProvider] = (await grace(IDENTITIES)).data.me.identities;
    app.clock.advance(901);

    const { codeChallenge } = pkce();
    const begin = async (proof: object) =>
      (await grace(LINK, { input: { provider: 'custom:acme', codeChallenge, ...proof } })).data.linkIdentity;
    const unlink = async (identityId: string, proof: object) =>
      (await grace(UNLINK, { input: { identityId, ...proof } })).data.unlinkIdentity;

    expect(await begin({})).toMatchObject({ code: 'REAUTHENTICATION_REQUIRED' });
    expect(await unlink(byEmail.id, {})).toMatchObject({ code: 'REAUTHENTICATION_REQUIRED' });
    for (const attempt of [begin, (proof: object) => unlink(byProvider.id, proof)]) {
      expect(await attempt({ currentPassword: 'a guess' })).toMatchObject({ code: 'INVALID_CREDENTIALS' });
      expect(await attempt({ currentPassword: '' })).toMatchObject({ code: 'INVALID_CREDENTIALS' });
      expect(await attempt({ nonce: '000000' })).toMatchObject({ code: 'INVALID_CODE' });
      expect(await attempt({ nonce: '000000', currentPassword: PASSWORD })).toMatchObject({
        code: 'VALIDATION_FAILED',
      });
    }
    expect((await grace(IDENTITIES)).data.me.identities).toHaveLength(2);

    expect(await begin({ currentPassword: PASSWORD })).toMatchObject({ url: expect.any(String) });
    await grace('mutation { requestReauthentication { __typename } }');
    const nonce = (await app.messagesTo(grace.email))[0]?.code;
    // As people copy it.
    expect(await unlink(byProvider.id, { nonce: ` ${nonce}` })).toMatchObject({ identityId: byProvider.id });
    expect(await begin({ nonce })).toMatchObject({ code: 'INVALID_CODE' });
    expect((await grace('{ me { id } }')).data.me.id).toBe(grace.id);
    expect((await app.messagesTo(grace.email))[0]?.template).toBe('identity-unlinked');
  });

  test('leaves the last way in that is one: a provider that is off, or was taken away, is none', async () => {
    const app = await start();
    const grace = await member(app);
    await app.database.query(
      `insert into auth.identities (id, provider_id, user_id, provider, identity_data, created_at)
       values (gen_random_uuid(), 'g-1', $1, 'gone', '{}', now())`,
      [grace.id],
    );
    const { identities } = (await grace(IDENTITIES)).data.me;
    const byEmail = identities.find((identity: { provider: string }) => identity.provider === 'email');
    const { data } = await grace(UNLINK, { input: { identityId: byEmail.id } });
    expect(data.unlinkIdentity).toMatchObject({ code: 'LAST_IDENTITY' });
    expect((await app.logIn(grace.email)).id).toBe(grace.id);
  });

  test('takes away nothing of anybody else’s', async () => {
    const app = await start();
    const [grace, other] = [await member(app), await member(app)];
    const { identities } = (await other(IDENTITIES)).data.me;
    for (const identityId of [identities[0].id, randomUUID(), 'nonsense']) {
      const { data } = await grace(UNLINK, { input: { identityId } });
      expect(data.unlinkIdentity.code).toBe('IDENTITY_NOT_FOUND');
    }
  });
});

describe('statements', () => {
  test('are as few as they can be', async () => {
    const app = await start();
    const grace = await member(app);
    const identities = await app.statementsDuring(() => grace(IDENTITIES));
    expect(identities).toHaveLength(1);
    const input = { provider: 'custom:acme', redirectTo: APP, codeChallenge: pkce().codeChallenge };
    expect(await app.statementsDuring(() => app.graphql(BEGIN, { input }))).toEqual([]);
    expect(await app.statementsDuring(() => app.graphql('{ authProviders { name } }'))).toEqual([]);
  });
});
