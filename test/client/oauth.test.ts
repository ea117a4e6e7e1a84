/** Sign-in by a real provider, through the client. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMemoryStorage } from '../../src/client/session-storage.ts';
import { createBrowser } from '../support/cookie-jar.ts';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type OpenIdProvider,
  startOpenIdProvider,
} from '../support/openid-provider.ts';
import { createClientTestApp } from './client-test-app.ts';

const ORIGIN = 'http://localhost:8001';

let provider: OpenIdProvider;
beforeAll(async () => {
  provider = await startOpenIdProvider(`${ORIGIN}/auth/v1/callback`);
});
afterAll(() => provider.close());

async function start() {
  const app = await createClientTestApp({
    env: {
      OIDC_PROVIDERS: 'acme',
      OIDC_ACME_ISSUER: provider.issuer,
      OIDC_ACME_CLIENT_ID: CLIENT_ID,
      OIDC_ACME_SECRET: CLIENT_SECRET,
      SITE_URL: 'https://app.example.com',
      API_EXTERNAL_URL: ORIGIN,
      SECURITY_MANUAL_LINKING_ENABLED: 'on',
    },
  });
  /** What a browser does that is sent somewhere; answers the code it comes back with. */
  async function travel(url: string) {
    const subject = randomUUID();
    const email = `${subject}@example.com`;
    provider.people.set(subject, { email, email_verified: true });
    const browser = createBrowser({ [ORIGIN]: app.atAuthServer }, ({ host }) => host === 'app.example.com');
    const page = await provider.signIn(browser, await browser.open(url), subject);
    return { email, code: page.url.searchParams.get('code')! };
  }
  return { ...app, travel };
}

test('signs in across a reload, and keeps neither verifier nor provider’s token', async () => {
  const app = await start();
  const storage = createMemoryStorage();
  const before = app.client({ storage });
  const [button] = await before.authProviders();
  const begun = await before.signInWithOAuth({ provider: button!.name });
  if (begun.__typename !== 'ProviderRedirect') throw new Error(begun.code);
  const { email, code } = await app.travel(begun.url);

  const after = app.client({ storage });
  const result = await after.exchangeCode(code);
  expect(result).toMatchObject({ __typename: 'AuthSession', providerToken: expect.any(String) });
  expect((await after.me())?.email).toBe(email);
  expect(after.events).toEqual(['SIGNED_IN']);
  expect(storage.getItem('limen.session')).not.toContain('providerToken');
  expect(storage.getItem('limen.session.code-verifier')).toBeNull();
  expect(await after.exchangeCode(code)).toMatchObject({ __typename: 'ValidationError' });
});

test('exchanges no code that another client began with', async () => {
  const app = await start();
  const [victim, attacker] = [app.client(), app.client()];
  const begun = await attacker.signInWithOAuth({ provider: 'custom:acme' });
  if (begun.__typename !== 'ProviderRedirect') throw new Error(begun.code);
  const { code } = await app.travel(begun.url);
  await victim.signInWithOAuth({ provider: 'custom:acme' });
  expect(await victim.exchangeCode(code)).toMatchObject({ code: 'INVALID_AUTH_CODE' });
  expect(await victim.me()).toBeNull();
});

test('links a provider, lists it, and unlinks it', async () => {
  const app = await start();
  const ada = await app.signedIn('ada');
  const begun = await ada.linkIdentity({ provider: 'custom:acme' });
  if (begun.__typename !== 'ProviderRedirect') throw new Error(begun.code);
  await ada.exchangeCode((await app.travel(begun.url)).code);
  const identities = await ada.identities();
  expect(identities?.map(({ provider }) => provider).sort()).toEqual(['custom:acme', 'email']);
  const added = identities!.find(({ provider }) => provider !== 'email')!;
  expect((await ada.unlinkIdentity({ identityId: added.id })).__typename).toBe('IdentityUnlinked');
  expect(await ada.identities()).toHaveLength(1);
});
