/** ID tokens that are not what they should be, and providers that are not who they should be. */
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startHookReceiver } from '../support/hook-receiver.ts';
import { type Minted, type MintingProvider, startMintingProvider } from '../support/minting-provider.ts';
import { CLIENT_ID } from '../support/openid-provider.ts';
import { APP, authorizeUrl, browserAt, CALLBACK, fragmentOf, providerSettings } from './oauth-support.ts';
import { newAddress, openAuthServer, type TestServer } from './support.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const atHash = (token: string) =>
  createHash('sha256').update(token).digest().subarray(0, 16).toString('base64url');

const LONG_AGO = Math.floor(Date.now() / 1000) - 7200;

/** What no ID token may be, however it comes. */
const FORGED: [string, Minted][] = [
  ['of another issuer', { claims: { iss: 'https://accounts.evil.example' } }],
  ['for another client', { claims: { aud: 'another-application' } }],
  ['for several, issued to another', { claims: { aud: [CLIENT_ID, 'other'], azp: 'other' } }],
  ['expired', { claims: { iat: LONG_AGO, exp: LONG_AGO + 300 } }],
  ['without an end', { claims: { exp: undefined } }],
  ['without a person', { claims: { sub: undefined } }],
  ['not signed', { signed: 'none' }],
  ['signed with the client’s secret', { signed: 'HS256' }],
  ['signed by a stranger', { signed: 'stranger' }],
];

let provider: MintingProvider;
let other: MintingProvider;
let auth: TestServer;
beforeAll(async () => {
  [provider, other] = [await startMintingProvider(), await startMintingProvider()];
  auth = await openAuthServer('PGlite', {
    settings: { manualLinking: true },
    providers: [
      providerSettings({ url: provider.issuer, clientIds: [CLIENT_ID, 'the-phone-application'] }),
      providerSettings({ name: 'custom:other', url: other.issuer }),
    ],
  });
});
afterAll(async () => {
  await auth.close();
  await provider.close();
  await other.close();
});
beforeEach(() => {
  Object.assign(provider.state, { next: {}, isDown: false, iss: null, tokenRequests: [] });
});

const person = (more: object = {}) => ({
  sub: randomUUID(),
  email: newAddress(),
  email_verified: true,
  ...more,
});

const accounts = async () => (await auth.rows('select id from auth.users')).length;

describe('a callback', () => {
  const comeBack = async () => fragmentOf(await browserAt(auth).open(authorizeUrl({})));

  test('signs in with an ID token as it should be', async () => {
    provider.state.next = { claims: person() };
    expect((await comeBack()).access_token).toEqual(expect.any(String));
    const [request] = provider.state.tokenRequests;
    expect(Object.fromEntries(request!)).toMatchObject({
      redirect_uri: CALLBACK,
      code_verifier: expect.any(String),
    });
    const challenge = createHash('sha256').update(request!.get('code_verifier')!).digest('base64url');
    expect(provider.state.request.get('code_challenge')).toBe(challenge);
  });

  test.each([
    ...FORGED,
    ['with another nonce', { claims: { nonce: 'another' } }] as [string, Minted],
    ['without its nonce', { claims: { nonce: undefined } }] as [string, Minted],
  ])('refuses an ID token that is %s', async (_how, minted) => {
    const before = await accounts();
    provider.state.next = { ...minted, claims: { ...person(), ...minted.claims } };
    const told = await comeBack();
    expect(told).toMatchObject({ error: 'server_error', error_code: 'bad_oauth_callback' });
    expect(told.access_token).toBeUndefined();
    expect(await accounts()).toBe(before);
  });

  test('refuses the answer of a provider that another one’s flow was sent to', async () => {
    provider.state.next = { claims: person() };
    provider.state.iss = other.issuer;
    expect(await comeBack()).toMatchObject({ error_code: 'bad_oauth_callback' });
    // The code went to nobody.
    expect(provider.state.tokenRequests).toEqual([]);
    provider.state.iss = provider.issuer;
    expect((await comeBack()).access_token).toBeDefined();
  });

  test('takes its code to the provider that the flow began with, whatever it says', async () => {
    const browser = browserAt(auth, ({ href }) => href.startsWith(CALLBACK));
    const page = await browser.open(authorizeUrl({ provider: 'custom:other' }));
    page.url.searchParams.set('provider', 'custom:acme');
    page.url.searchParams.set('iss', provider.issuer);
    const next = browserAt(auth);
    next.cookies.set('auth.example.com', browser.cookies.get('auth.example.com')!);
    expect(fragmentOf(await next.open(page.url))).toMatchObject({ error_code: 'bad_oauth_callback' });
    expect(provider.state.tokenRequests).toEqual([]);
  });

  test('uses nothing up when it is only looked at, by HEAD', async () => {
    provider.state.next = { claims: person() };
    const browser = browserAt(auth, ({ href }) => href.startsWith(CALLBACK));
    const { url } = await browser.open(authorizeUrl({}));
    const cookies = browser.cookies.get('auth.example.com')!;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const path = `${url.pathname.replace('/auth/v1', '')}${url.search}`;
    expect(await auth.ask(path, { method: 'HEAD', headers: { cookie } })).toMatchObject({
      status: 200,
      body: '',
    });
    const next = browserAt(auth);
    next.cookies.set('auth.example.com', cookies);
    expect(fragmentOf(await next.open(url)).access_token).toBeDefined();
  });

  test('counts whoever comes back, so that nobody tries out states', async () => {
    const limited = await openAuthServer('PGlite', { limited: true });
    const statuses = [];
    for (let guess = 0; guess < 61; guess++)
      statuses.push((await limited.ask(`/callback?state=${randomUUID()}`)).status);
    expect(statuses).toEqual([...Array(60).fill(302), 429]);
    await limited.close();
  });

  test('says at the application that a provider is down, and finds it again', async () => {
    const down = await startMintingProvider();
    down.state.isDown = true;
    const server = await openAuthServer('PGlite', { providers: [providerSettings({ url: down.issuer })] });
    const comeBack = async () => fragmentOf(await browserAt(server).open(authorizeUrl({})));
    expect(await comeBack()).toMatchObject({
      error: 'temporarily_unavailable',
      error_code: 'provider_unavailable',
    });
    const token = await server.ask('/token?grant_type=id_token', {
      json: { provider: 'custom:acme', id_token: await down.mint({ claims: person() }) },
    });
    expect([token.status, token.body.code]).toEqual([400, 'provider_unavailable']);
    down.state.isDown = false;
    down.state.next = { claims: person() };
    expect((await comeBack()).access_token).toBeDefined();
    const browser = browserAt(server, ({ href }) => href.startsWith(CALLBACK));
    const { url } = await browser.open(authorizeUrl({}));
    down.state.isDown = true;
    const next = browserAt(server);
    next.cookies.set('auth.example.com', browser.cookies.get('auth.example.com')!);
    expect(fragmentOf(await next.open(url))).toMatchObject({ error_code: 'provider_unavailable' });
    await down.close();
    await server.close();
  });

  test.each([
    ['an answer with two states', { state: randomUUID() }],
    ['an error that is markup', { error: '<script>"' }],
  ])('ends at the application for %s', async (_what, more) => {
    const browser = browserAt(auth, ({ href }) => href.startsWith(CALLBACK));
    const { url } = await browser.open(authorizeUrl({}));
    for (const [name, value] of Object.entries(more)) url.searchParams.append(name, value);
    const next = browserAt(auth);
    next.cookies.set('auth.example.com', browser.cookies.get('auth.example.com')!);
    const page = await next.open(url);
    expect(page.url.origin).toBe(APP);
    expect(fragmentOf(page)).toMatchObject({ error: 'server_error', error_code: 'bad_oauth_callback' });
  });
});

describe('grant_type=id_token', () => {
  const present = (id_token: string, more: object = {}) =>
    auth.ask('/token?grant_type=id_token', { json: { provider: 'custom:acme', id_token, ...more } });

  test('signs in, makes the account, and knows it again', async () => {
    const claims = person({ name: 'Ada' });
    const { status, body } = await present(await provider.mint({ claims }));
    expect(status).toBe(200);
    expect(body.user).toMatchObject({ email: claims.email, user_metadata: { full_name: 'Ada' } });
    expect((await present(await provider.mint({ claims }))).body.user.id).toBe(body.user.id);
    const onPhone = await provider.mint({ claims: { ...claims, aud: 'the-phone-application' } });
    expect((await present(onPhone)).body.user.id).toBe(body.user.id);
  });

  test.each(FORGED)('refuses a token that is %s', async (_how, minted) => {
    const before = await accounts();
    const token = await provider.mint({ ...minted, claims: { ...person(), ...minted.claims } });
    const { status, body } = await present(token);
    expect([status, body]).toEqual([400, { error: 'invalid_request', error_description: 'Bad ID token' }]);
    expect(await accounts()).toBe(before);
  });

  test('refuses a token of one provider in the name of another', async () => {
    const token = await other.mint({ claims: person() });
    expect((await present(token)).body.error_description).toBe('Bad ID token');
  });

  test('wants the nonce whose hash is in the token, and counts it once', async () => {
    const nonce = randomUUID();
    const token = await provider.mint({ claims: person({ nonce: sha256(nonce) }) });
    expect((await present(token)).body.error_description).toMatch(/should either both exist or not/);
    expect((await present(token, { nonce: 'another' })).body.error_description).toBe('Nonces mismatch');
    expect((await present(token, { nonce: sha256(nonce) })).body.error_description).toBe('Nonces mismatch');
    const tries = await Promise.all(Array.from({ length: 50 }, () => present(token, { nonce })));
    expect(tries.filter(({ status }) => status === 200)).toHaveLength(1);
    const plain = await provider.mint({ claims: person() });
    expect((await present(plain, { nonce })).status).toBe(400);
  });

  test('compares the access token with the hash of it, where both are there', async () => {
    const accessToken = 'an-access-token';
    const token = await provider.mint({ claims: person({ at_hash: atHash(accessToken) }) });
    expect((await present(token, { access_token: 'another' })).body.error_description).toBe('Bad ID token');
    expect((await present(token, { access_token: accessToken })).status).toBe(200);
  });

  test.each(['', 'a.b', 'a.b.c', 'a.b.c.d', `${'a'.repeat(20_000)}.b.c`, 'eyJ.eyJ.\u0000'])(
    'refuses what is no token (%#)',
    async (token) => {
      expect((await present(token)).status).toBe(400);
    },
  );

  test('refuses another spelling of a good token', async () => {
    const token = await provider.mint({ claims: person() });
    for (const spelling of [`${token}=`, ` ${token}`, token.replace('.', '=.')]) {
      expect((await present(spelling)).status).toBe(400);
    }
  });

  test.each(['nobody', '', null])('knows no provider that is off (%s)', async (name) => {
    const { status, body } = await present(await provider.mint({ claims: person() }), { provider: name });
    expect([status, body.code]).toEqual([400, 'provider_disabled']);
  });

  test('takes no access token of our own for an ID token', async () => {
    const { accessToken } = await auth.newPerson();
    expect((await present(accessToken)).body.error_description).toBe('Bad ID token');
  });

  test('links to whoever is signed in, and to nobody who is not', async () => {
    const { id, accessToken: token } = await auth.newPerson();
    const idToken = await provider.mint({ claims: person() });
    expect((await present(idToken, { link_identity: true })).status).toBe(401);
    const linked = await auth.ask('/token?grant_type=id_token', {
      token,
      json: { provider: 'custom:acme', id_token: idToken, link_identity: true },
    });
    expect(linked.body.user.id).toBe(id);
    expect(linked.body.user.identities).toHaveLength(2);
    const again = await auth.ask('/token?grant_type=id_token', {
      token: (await auth.newPerson()).accessToken,
      json: { provider: 'custom:acme', id_token: idToken, link_identity: true },
    });
    expect([again.status, again.body.code]).toEqual([422, 'identity_already_exists']);
  });

  test('keeps nothing of a person that is too large, or no text, or no picture on the web', async () => {
    const claims = person({
      name: 'x'.repeat(5000),
      picture: 'javascript:alert(1)',
      preferred_username: { a: 1 },
      locale: 'a\u0000b',
    });
    const { body } = await present(await provider.mint({ claims }));
    const { name, avatar_url, user_name, locale } = body.user.user_metadata;
    expect([name, avatar_url, user_name, locale]).toEqual([undefined, undefined, undefined, undefined]);
  });

  test.each([
    'a b@example.com',
    'ada＠example.com',
    'ada@example',
    'ada@example.com\u0000',
    `${'a'.repeat(70)}@example.com`,
  ])('makes no account for an address that is none (%#)', async (email) => {
    const { status, body } = await present(await provider.mint({ claims: person({ email }) }));
    expect([status, body.code]).toEqual([422, 'provider_email_needs_verification']);
  });
});

test('an operator’s hook is asked about whoever is new, and about nobody else', async () => {
  const hook = await startHookReceiver();
  const { ask } = auth.withHooks({ before_user_created: hook.target });
  const claims = person();
  const present = async () => {
    const id_token = await provider.mint({ claims });
    return ask('/token?grant_type=id_token', { json: { provider: 'custom:acme', id_token } });
  };
  hook.behaves(() => ({ error: { http_code: 403, message: 'Company addresses only.' } }));
  const before = await accounts();
  const refused = await present();
  expect([refused.status, refused.body.message]).toEqual([403, 'Company addresses only.']);
  expect(await accounts()).toBe(before);
  hook.behaves(() => ({}));
  expect((await present()).status).toBe(200);
  expect((await present()).status).toBe(200);
  expect(hook.calls.map(({ payload }) => payload.user.email)).toEqual([claims.email, claims.email]);
});

describe('an operator', () => {
  const signIn = async (settings: object, claims: object) => {
    const server = await openAuthServer('PGlite', {
      providers: [providerSettings({ url: provider.issuer, ...settings })],
    });
    const id_token = await provider.mint({ claims: { ...claims } });
    const { body } = await server.ask('/token?grant_type=id_token', {
      json: { provider: 'custom:acme', id_token },
    });
    await server.close();
    return body;
  };

  test('may take people without an address', async () => {
    const { user } = await signIn({ emailOptional: true }, { sub: 'without' });
    expect(user).toMatchObject({ email: '', identities: [{ id: 'without' }] });
  });

  test('may take the word of a provider that verifies nothing', async () => {
    const email = newAddress();
    expect((await signIn({}, { email })).code).toBe('provider_email_needs_verification');
    expect((await signIn({ trustEmail: true }, { email })).user.email).toBe(email);
  });

  test('may leave the nonce to providers that put one in nobody can show', async () => {
    const { user } = await signIn({ skipNonceCheck: true }, person({ nonce: 'of the phone' }));
    expect(user.id).toEqual(expect.any(String));
  });
});
