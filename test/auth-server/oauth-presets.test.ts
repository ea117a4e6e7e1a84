/** Providers that are known by name: what each has of its own. */
import { randomUUID } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, exportPKCS8, generateKeyPair, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MintingProvider, startMintingProvider } from '../support/minting-provider.ts';
import { startSocialProviders } from '../support/social-providers.ts';
import {
  APP,
  authorizeUrl,
  browserAt,
  CALLBACK,
  fragmentOf,
  ORIGIN,
  providerSettings,
} from './oauth-support.ts';
import { newAddress, openAuthServer, type TestServer } from './support.ts';

const newId = () => Math.floor(Math.random() * 1e9);

let social: Awaited<ReturnType<typeof startSocialProviders>>;
let openid: MintingProvider;
let apple: { publicKey: CryptoKey; pem: string };
let auth: TestServer;
beforeAll(async () => {
  [social, openid] = [await startSocialProviders(), await startMintingProvider()];
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  apple = { publicKey, pem: await exportPKCS8(privateKey) };
  const preset = (name: 'github' | 'discord' | 'azure' | 'apple', more: object = {}) =>
    providerSettings({ name, kind: name, label: name, url: openid.issuer, ...more });
  auth = await openAuthServer('PGlite', {
    providers: [
      preset('github', { url: social.url }),
      preset('discord', { url: social.url }),
      preset('azure'),
      preset('apple', {
        secret: null,
        appleKey: { teamId: 'TEAM', keyId: 'KEY', privateKey: apple.pem.replaceAll('\n', '\\n') },
      }),
    ],
  });
});
afterAll(async () => {
  await auth.close();
  await social.close();
  await openid.close();
});

const comeBack = async (provider: string) =>
  fragmentOf(await browserAt(auth).open(authorizeUrl({ provider })));

async function userOf(provider: string) {
  const { access_token: token, error_code } = await comeBack(provider);
  expect(error_code).toBeUndefined();
  return (await auth.ask('/user', { token: token! })).body;
}

describe('GitHub', () => {
  const says = (user: object, emails: object[]) => {
    social.state.api = { '/api/v3/user': { login: 'ada', ...user }, '/api/v3/user/emails': emails };
  };

  test('is asked for its verified primary address, and not the one in the profile', async () => {
    const id = newId();
    const email = newAddress();
    says(
      { id, name: 'Ada Lovelace', email: 'shown@example.com', avatar_url: 'https://avatars.example.com/1' },
      [
        { email: newAddress(), primary: false, verified: true },
        { email, primary: true, verified: true },
      ],
    );
    expect(await userOf('github')).toMatchObject({
      email,
      app_metadata: { provider: 'github' },
      user_metadata: {
        full_name: 'Ada Lovelace',
        user_name: 'ada',
        avatar_url: 'https://avatars.example.com/1',
        provider_id: String(id),
        email_verified: true,
      },
      identities: [{ provider: 'github', id: String(id) }],
    });
    expect(social.state.scope).toBe('user:email');
  });

  test('opens no account by an address it has not verified', async () => {
    says({ id: newId() }, [{ email: newAddress(), primary: true, verified: false }]);
    expect(await comeBack('github')).toMatchObject({ error_code: 'provider_email_needs_verification' });
    says({ id: newId() }, []);
    expect(await comeBack('github')).toMatchObject({ error_code: 'provider_email_needs_verification' });
  });

  test('may refuse the code, or answer nonsense', async () => {
    says({ id: newId() }, []);
    social.state.refusesCode = true;
    expect(await comeBack('github')).toMatchObject({ error_code: 'bad_oauth_callback' });
    social.state.refusesCode = false;
    for (const api of [{}, { '/api/v3/user': { id: 'one' } }, { '/api/v3/user': null }]) {
      social.state.api = api;
      expect(await comeBack('github')).toMatchObject({ error_code: 'bad_oauth_callback' });
    }
  });

  test('issues no ID tokens', async () => {
    const { body } = await auth.ask('/token?grant_type=id_token', {
      json: { provider: 'github', id_token: 'a.b.c' },
    });
    expect(body.code).toBe('provider_disabled');
  });
});

test('Discord says who somebody is, and whether the address is theirs', async () => {
  const [id, email] = [String(newId()), newAddress()];
  social.state.api = {
    '/api/users/@me': { id, username: 'ada', global_name: 'Ada', avatar: 'abc', email, verified: true },
  };
  expect(await userOf('discord')).toMatchObject({
    email,
    user_metadata: {
      full_name: 'Ada',
      user_name: 'ada',
      avatar_url: `https://cdn.discordapp.com/avatars/${id}/abc.png`,
    },
  });
  social.state.api = {
    '/api/users/@me': { id: String(newId()), username: 'eve', email: newAddress(), verified: false },
  };
  expect(await comeBack('discord')).toMatchObject({ error_code: 'provider_email_needs_verification' });
});

test('Microsoft’s addresses count where it knows the domain to be the tenant’s, and not by being there', async () => {
  const claims = () => ({ sub: randomUUID(), email: newAddress() });
  openid.state.next = { claims: { ...claims(), email_verified: true } };
  expect(await comeBack('azure')).toMatchObject({ error_code: 'provider_email_needs_verification' });
  openid.state.next = { claims: { ...claims(), xms_edov: '1' } };
  expect((await userOf('azure')).app_metadata.provider).toBe('azure');
});

describe('Apple', () => {
  /** As its page does: a form of another site, to our callback. */
  async function comeBackByForm(more: Record<string, string> = {}) {
    const browser = browserAt(auth, ({ href }) => href.startsWith(CALLBACK));
    const { url } = await browser.open(authorizeUrl({ provider: 'apple' }));
    expect(openid.state.request.get('response_mode')).toBe('form_post');
    const fields = { ...Object.fromEntries(url.searchParams), ...more };
    const next = browserAt(auth);
    next.cookies.set('auth.example.com', browser.cookies.get('auth.example.com')!);
    return next.post(CALLBACK, fields);
  }

  test('answers by a form, with the name beside the token, and takes a secret that its key signs', async () => {
    const email = newAddress();
    openid.state.next = { claims: { sub: randomUUID(), email, email_verified: 'true' } };
    openid.state.tokenRequests.length = 0;
    const user = JSON.stringify({
      name: { firstName: 'Ada', lastName: 'Lovelace' },
      email: 'not@believed.example',
    });
    const page = await comeBackByForm({ user });
    expect(page.url.href).toMatch(new RegExp(`^${APP}/welcome#access_token=`));
    const { body } = await auth.ask('/user', { token: fragmentOf(page).access_token! });
    expect(body).toMatchObject({ email, user_metadata: { full_name: 'Ada Lovelace', email } });
    const secret = openid.state.tokenRequests[0]!.get('client_secret')!;
    expect(decodeProtectedHeader(secret)).toEqual({ alg: 'ES256', kid: 'KEY' });
    expect(decodeJwt(secret)).toMatchObject({ iss: 'TEAM', sub: 'limen', aud: 'https://appleid.apple.com' });
    await jwtVerify(secret, apple.publicKey);
  });

  test.each(['{', '[]', '{"name":{"firstName":{}}}', 'null'])(
    'may send a name that is none: %s',
    async (user) => {
      openid.state.next = { claims: { sub: randomUUID(), email: newAddress(), email_verified: true } };
      expect(fragmentOf(await comeBackByForm({ user })).access_token).toBeDefined();
    },
  );

  test('marks the browser by a cookie that a form of another site brings along', async () => {
    const { headers } = await auth.ask('/authorize?provider=apple');
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-limen-oauth-form=[\w-]{43};.* HttpOnly; Secure; SameSite=None$/),
    ]);
  });
});

test('GET /settings names what is on', async () => {
  const { body } = await auth.ask('/settings');
  expect(body.external).toMatchObject({
    github: true,
    discord: true,
    azure: true,
    apple: true,
    google: false,
  });
  expect(body.external_labels.github).toBe('github');
});

test('a provider that is down keeps no server from starting', async () => {
  const url = 'http://127.0.0.1:9';
  const server = await openAuthServer('PGlite', { providers: [providerSettings({ url })] });
  const page = await browserAt(server).open(`${ORIGIN}/auth/v1/authorize?provider=custom:acme`);
  expect(fragmentOf(page)).toMatchObject({
    error: 'temporarily_unavailable',
    error_code: 'provider_unavailable',
  });
  await server.close();
});
