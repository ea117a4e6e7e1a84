/** Sign-in by a provider through an unmodified supabase-js, at a real provider. */

import { createHash, randomUUID } from 'node:crypto';
import { createClient, type Provider, type SupabaseClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { newClient } from '../../src/identity/client.ts';
import { type MintingProvider, startMintingProvider } from '../support/minting-provider.ts';
import { type OpenIdProvider, startOpenIdProvider } from '../support/openid-provider.ts';
import { APP, browserAt, CALLBACK, fragmentOf, ORIGIN, providerSettings, queryOf } from './oauth-support.ts';
import { newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

let provider: OpenIdProvider;
let minting: MintingProvider;
let auth: TestServer;
beforeAll(async () => {
  [provider, minting] = [await startOpenIdProvider(CALLBACK), await startMintingProvider()];
  auth = await openAuthServer('PGlite', {
    settings: { manualLinking: true },
    providers: [
      providerSettings({ url: provider.issuer }),
      providerSettings({ name: 'google', label: 'Google', url: minting.issuer }),
    ],
  });
});
afterAll(async () => {
  await auth.close();
  await provider.close();
  await minting.close();
});

const PROVIDER = 'custom:acme' as Provider;

function client(flowType: 'implicit' | 'pkce'): SupabaseClient {
  const items = new Map<string, string>();
  return createClient(ORIGIN, 'anon', {
    auth: {
      flowType,
      autoRefreshToken: false,
      detectSessionInUrl: false,
      storage: {
        getItem: (key) => items.get(key) ?? null,
        setItem: (key, value) => void items.set(key, value),
        removeItem: (key) => void items.delete(key),
      },
    },
    global: {
      fetch: (input, init) =>
        auth.server.fetch(new Request(input, init), {
          ...newClient({ address: '192.0.2.7', userAgent: 'test/1', requestId: 'request-1' }),
          via: 'socket',
        }),
    },
  });
}

function somebody() {
  const subject = randomUUID();
  const email = newAddress();
  provider.people.set(subject, { email, email_verified: true, name: 'Ada' });
  return { subject, email };
}

async function travel(url: string, subject: string) {
  const browser = browserAt(auth);
  return provider.signIn(browser, await browser.open(url), subject);
}

const options = { redirectTo: `${APP}/welcome`, skipBrowserRedirect: true };

test('signInWithOAuth and exchangeCodeForSession (flowType pkce)', async () => {
  const supabase = client('pkce');
  const { subject, email } = somebody();
  const { data } = await supabase.auth.signInWithOAuth({ provider: PROVIDER, options });
  const page = await travel(data.url!, subject);
  const { data: exchanged, error } = await supabase.auth.exchangeCodeForSession(queryOf(page).code!);
  expect(error).toBeNull();
  expect(exchanged.session).toMatchObject({ provider_token: expect.any(String), user: { email } });
  expect((await supabase.auth.getUser()).data.user?.email).toBe(email);
  expect((await supabase.auth.getUserIdentities()).data?.identities).toMatchObject([{ provider: PROVIDER }]);
  const elsewhere = await client('pkce').auth.exchangeCodeForSession(queryOf(page).code!);
  expect(elsewhere.error?.name).toBe('AuthPKCECodeVerifierMissingError');
});

test('signInWithOAuth and setSession (flowType implicit)', async () => {
  const supabase = client('implicit');
  const { subject, email } = somebody();
  const { data } = await supabase.auth.signInWithOAuth({ provider: PROVIDER, options });
  const { access_token, refresh_token } = fragmentOf(await travel(data.url!, subject));
  const set = await supabase.auth.setSession({ access_token: access_token!, refresh_token: refresh_token! });
  expect(set.data.user?.email).toBe(email);
});

test('signInWithIdToken, with a nonce', async () => {
  const nonce = randomUUID();
  const claims = {
    sub: randomUUID(),
    email: newAddress(),
    email_verified: true,
    nonce: createHash('sha256').update(nonce).digest('hex'),
  };
  const token = await minting.mint({ claims });
  const wrong = await client('implicit').auth.signInWithIdToken({
    provider: 'google',
    token,
    nonce: 'other',
  });
  expect(wrong.error).toMatchObject({ status: 400, message: 'Nonces mismatch' });
  const { data, error } = await client('implicit').auth.signInWithIdToken({
    provider: 'google',
    token,
    nonce,
  });
  expect(error).toBeNull();
  expect(data.user).toMatchObject({ email: claims.email, app_metadata: { provider: 'google' } });
});

describe.each(['pkce', 'implicit'] as const)('linkIdentity and unlinkIdentity (flowType %s)', (flowType) => {
  test('add a provider, and take it away', async () => {
    const supabase = client(flowType);
    await supabase.auth.signUp({ email: newAddress(), password: PASSWORD });
    const { id } = (await supabase.auth.getUser()).data.user!;
    const { subject } = somebody();
    const { data } = await supabase.auth.linkIdentity({ provider: PROVIDER, options });
    const page = await travel(data.url!, subject);
    if (flowType === 'pkce') {
      const { data: exchanged } = await supabase.auth.exchangeCodeForSession(queryOf(page).code!);
      expect(exchanged.user?.id).toBe(id);
    }
    const { data: linked } = await supabase.auth.getUserIdentities();
    const added = linked!.identities.find((identity) => identity.provider === PROVIDER)!;
    expect(added.id).toBe(subject);
    expect((await supabase.auth.unlinkIdentity(added)).error).toBeNull();
    const { data: left } = await supabase.auth.getUserIdentities();
    expect(left!.identities.map((identity) => identity.provider)).toEqual(['email']);
    expect((await supabase.auth.unlinkIdentity(left!.identities[0]!)).error?.code).toBe(
      'single_identity_not_deletable',
    );
  });

  test('ask for a session in which the person has just shown who they are, unless that is off', async () => {
    const supabase = client(flowType);
    await supabase.auth.signUp({ email: newAddress(), password: PASSWORD });
    const { identities } = (await supabase.auth.getUser()).data.user!;
    auth.clock.advance(901);
    onTestFinished(() => auth.clock.advance(-901));
    // Which shows nothing.
    await supabase.auth.refreshSession();
    const link = () => supabase.auth.linkIdentity({ provider: PROVIDER, options });
    expect((await link()).error?.code).toBe('reauthentication_needed');
    expect((await supabase.auth.unlinkIdentity(identities![0]!)).error?.code).toBe('reauthentication_needed');
    const token = await minting.mint({ claims: { sub: randomUUID(), email: newAddress() } });
    const byToken = await supabase.auth.linkIdentity({ provider: 'google', token });
    expect(byToken.error?.code).toBe('reauthentication_needed');
    const accessToken = (await supabase.auth.getSession()).data.session!.access_token;
    const path = `/user/identities/authorize?provider=${PROVIDER}&skip_http_redirect=true`;
    expect((await auth.ask(path, { token: accessToken })).status).toBe(400);
    expect(
      (
        await auth
          .withSettings({ manualLinking: true, linkingNeedsProof: false })
          .ask(path, { token: accessToken })
      ).status,
    ).toBe(200);
  });

  test('link by an ID token', async () => {
    const supabase = client(flowType);
    await supabase.auth.signUp({ email: newAddress(), password: PASSWORD });
    const token = await minting.mint({
      claims: { sub: randomUUID(), email: newAddress(), email_verified: true },
    });
    const { data, error } = await supabase.auth.linkIdentity({ provider: 'google', token });
    expect(error).toBeNull();
    expect(data.user?.app_metadata.providers).toEqual(expect.arrayContaining(['email', 'google']));
  });
});
