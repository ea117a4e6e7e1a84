/** Sign-in by a real OpenID provider, its pages included. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenIdProvider, startOpenIdProvider } from '../support/openid-provider.ts';
import {
  APP,
  authorizeUrl,
  browserAt,
  CALLBACK,
  fragmentOf,
  newVerifier,
  ORIGIN,
  providerSettings,
  queryOf,
} from './oauth-support.ts';
import { claimsOf, DATABASES, newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

let provider: OpenIdProvider;
beforeAll(async () => {
  provider = await startOpenIdProvider(CALLBACK);
});
afterAll(() => provider.close());

/** Somebody with an account at the provider. */
function somebody(more: object = {}) {
  const subject = randomUUID();
  const email = newAddress();
  provider.people.set(subject, { email, email_verified: true, name: 'Ada Lovelace', ...more });
  return { subject, email };
}

describe.each(DATABASES)('sign-in by a provider on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind, {
      settings: { emailConfirmation: true, manualLinking: true, redirectAllowList: ['exp://phone/**'] },
      providers: [
        providerSettings({ url: provider.issuer }),
        providerSettings({ name: 'custom:open', url: provider.issuer, emailOptional: true }),
      ],
    });
  });
  afterAll(() => auth.close());

  /** From the application's link to the application's address. */
  async function goThrough(subject: string, parameters: Record<string, string> = {}) {
    const browser = browserAt(auth);
    const page = await browser.open(authorizeUrl(parameters));
    return provider.signIn(browser, page, subject);
  }
  const exchange = (code: string | undefined, verifier: string) =>
    auth.ask('/token?grant_type=pkce', { json: { auth_code: code, code_verifier: verifier } });

  /** With PKCE, to the end. */
  async function signIn(subject: string) {
    const { verifier, challenge } = newVerifier();
    const page = await goThrough(subject, { code_challenge: challenge, code_challenge_method: 's256' });
    const { code, error_code: error } = queryOf(page);
    return { error, body: code ? (await exchange(code, verifier)).body : null };
  }

  /** Up to the address that the provider sends the browser back to, which is not opened. */
  async function upToCallback(subject: string, parameters: Record<string, string> = {}) {
    const browser = browserAt(auth, (url) => url.href.startsWith(`${CALLBACK}?`));
    const page = await provider.signIn(browser, await browser.open(authorizeUrl(parameters)), subject);
    return { browser, callback: page.url };
  }

  /** Of somebody with a password. */
  async function signUp(email: string, isConfirmed: boolean) {
    const { body } = await auth.ask('/admin/users', {
      token: auth.serviceKey,
      json: {
        email,
        password: PASSWORD,
        email_confirm: isConfirmed,
        user_metadata: { full_name: 'Mallory' },
      },
    });
    // What is linked from now on is younger.
    auth.clock.advance(1);
    return body.id as string;
  }

  test('ends with a code that only whoever began can exchange', async () => {
    const { subject, email } = somebody({ picture: 'https://pictures.example.com/ada.png' });
    const { verifier, challenge } = newVerifier();
    const page = await goThrough(subject, { code_challenge: challenge, code_challenge_method: 's256' });
    expect(page.url.href).toMatch(/^https:\/\/app\.example\.com\/welcome\?code=[\w-]+$/);
    const { code } = queryOf(page);
    expect((await exchange(code, newVerifier().verifier)).body.code).toBe('bad_code_verifier');
    const { status, body } = await exchange(code, verifier);
    expect(status).toBe(200);
    expect(body.provider_token).toEqual(expect.any(String));
    expect(body.user).toMatchObject({
      email,
      email_confirmed_at: expect.any(String),
      app_metadata: { provider: 'custom:acme', providers: ['custom:acme'] },
      user_metadata: { full_name: 'Ada Lovelace', avatar_url: 'https://pictures.example.com/ada.png' },
      identities: [{ provider: 'custom:acme', id: subject, email }],
    });
    expect(claimsOf(body.access_token)).toMatchObject({ email, amr: [{ method: 'oauth' }], aal: 'aal1' });
    expect((await exchange(code, verifier)).body.code).toBe('flow_state_not_found');
    expect(await auth.rows('select id from auth.flow_state')).toEqual([]);
    expect(await auth.rows('select id from limen.oauth_flows')).toEqual([]);
    expect(await auth.messagesTo(email)).toEqual([]);
  });

  test('ends with a session in the fragment for whoever asks without PKCE', async () => {
    const { subject, email } = somebody();
    const page = await goThrough(subject);
    expect(page.url.search).toBe('');
    const session = fragmentOf(page);
    expect(session).toMatchObject({ token_type: 'bearer', provider_token: expect.any(String), sb: '' });
    const user = await auth.ask('/user', { token: session.access_token! });
    expect(user.body.email).toBe(email);
    expect((await auth.refresh(session.refresh_token!)).status).toBe(200);
  });

  test('signs the same person in to the same account, and keeps what they changed about themselves', async () => {
    const { subject, email } = somebody();
    const first = await signIn(subject);
    await auth.ask('/user', {
      method: 'PUT',
      token: first.body.access_token,
      json: { data: { full_name: 'The Countess' } },
    });
    const changed = newAddress();
    const claims = {
      email: changed,
      email_verified: true,
      name: 'Augusta',
      picture: 'https://x.example/new.png',
    };
    provider.people.set(subject, claims);
    const { user } = (await signIn(subject)).body;
    expect(user.id).toBe(first.body.user.id);
    expect(user.email).toBe(email);
    expect(user.user_metadata).toMatchObject({
      full_name: 'The Countess',
      avatar_url: 'https://x.example/new.png',
    });
    expect(user.identities[0].identity_data).toMatchObject({ full_name: 'Augusta', email: changed });
  });

  test('counts a state once, however many come with it', async () => {
    const { verifier, challenge } = newVerifier();
    const { subject } = somebody();
    const parameters = { code_challenge: challenge, code_challenge_method: 's256' };
    const { callback } = await upToCallback(subject, parameters);
    const pages = await Promise.all(Array.from({ length: 50 }, () => browserAt(auth).open(callback)));
    const codes = pages.map((page) => queryOf(page).code).filter(Boolean);
    expect(codes).toHaveLength(1);
    const refused = pages.filter((page) => queryOf(page).error_code === 'bad_oauth_state');
    expect(refused).toHaveLength(49);
    expect((await exchange(codes[0], verifier)).status).toBe(200);
  });

  test('counts a code once, however many exchange it', async () => {
    const { verifier, challenge } = newVerifier();
    const page = await goThrough(somebody().subject, {
      code_challenge: challenge,
      code_challenge_method: 's256',
    });
    const { code } = queryOf(page);
    const tries = await Promise.all(Array.from({ length: 50 }, () => exchange(code, verifier)));
    expect(tries.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('makes one account of two first sign-ins at once', async () => {
    const { subject, email } = somebody();
    const both = await Promise.all([signIn(subject), signIn(subject)]);
    expect(new Set(both.map(({ body }) => body.user.id)).size).toBe(1);
    expect(await auth.rows('select id from auth.users where email = $1', [email])).toHaveLength(1);
  });

  test('makes one account of two first sign-ins at once of somebody without an address', async () => {
    const { subject } = somebody({ email: undefined });
    const pages = await Promise.all([1, 2].map(() => goThrough(subject, { provider: 'custom:open' })));
    const ids = pages.map((page) => claimsOf(fragmentOf(page).access_token ?? '').sub);
    expect(ids).toEqual([expect.any(String), ids[0]]);
    expect(await auth.rows('select id from auth.identities where provider_id = $1', [subject])).toHaveLength(
      1,
    );
  });

  test('ends without PKCE only in the browser that began, and a stranger’s try costs nothing', async () => {
    const { browser, callback } = await upToCallback(somebody().subject);
    const stranger = await browserAt(auth).open(callback);
    expect(fragmentOf(stranger)).toMatchObject({ error: 'invalid_request', error_code: 'bad_oauth_state' });
    expect(fragmentOf(stranger).access_token).toBeUndefined();
    const own = browserAt(auth);
    own.cookies.set('auth.example.com', browser.cookies.get('auth.example.com')!);
    expect(fragmentOf(await own.open(callback)).access_token).toEqual(expect.any(String));
  });

  test('marks the browser by a cookie that no script reads and no neighbour sets', async () => {
    const { headers } = await auth.ask(`/authorize?provider=custom:acme`);
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-limen-oauth=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ]);
    const { challenge } = newVerifier();
    const pkce = await auth.ask(
      `/authorize?provider=custom:acme&code_challenge=${challenge}&code_challenge_method=s256`,
    );
    expect(pkce.headers.getSetCookie()).toEqual([]);
  });

  test('is over after ten minutes at the provider', async () => {
    const { callback } = await upToCallback(somebody().subject, {
      code_challenge: newVerifier().challenge,
      code_challenge_method: 's256',
    });
    auth.clock.advance(601);
    const page = await browserAt(auth).open(callback);
    expect(page.url.pathname).toBe('/welcome');
    expect(queryOf(page)).toMatchObject({ error_code: 'bad_oauth_state' });
  });

  test('says at the application that the person said no', async () => {
    const browser = browserAt(auth);
    const page = await provider.abort(browser, await browser.open(authorizeUrl({})));
    const told = { error: 'access_denied', error_description: 'End-User aborted interaction' };
    expect(queryOf(page)).toEqual(told);
    expect(fragmentOf(page)).toEqual({ ...told, sb: '' });
  });

  test.each([
    ['another site', 'https://evil.example.com/'],
    ['a script', 'javascript:alert(1)'],
    ['a site that looks like it', 'https://app.example.com.evil.example/'],
    ['a name before an @', 'https://app.example.com@evil.example/'],
    ['a backslash', 'https://evil.example\\@app.example.com/'],
    ['another port', 'https://app.example.com:8443/'],
  ])('sends nobody to %s', async (_what, target) => {
    const page = await goThrough(somebody().subject, { redirect_to: target });
    expect(page.url.origin + page.url.pathname).toBe(`${APP}/`);
    expect(fragmentOf(page).access_token).toBeDefined();
  });

  test('sends people to an application on a phone that the operator named', async () => {
    const page = await goThrough(somebody().subject, { redirect_to: 'exp://phone/welcome' });
    expect(page.url.href).toMatch(/^exp:\/\/phone\/welcome#access_token=/);
  });

  test.each(['', randomUUID(), 'not-a-uuid', `${randomUUID()}'; --`])(
    'sends whoever comes with an unknown state to the site (%#)',
    async (state) => {
      const page = await browserAt(auth).open(`${CALLBACK}?${new URLSearchParams({ code: 'x', state })}`);
      expect(page.url.origin).toBe(APP);
      expect(queryOf(page)).toMatchObject({ error_code: 'bad_oauth_state' });
    },
  );

  test.each([
    ['an unknown provider', 'provider=nobody'],
    ['no provider', ''],
    ['a challenge without its method', `provider=custom:acme&code_challenge=${'a'.repeat(43)}`],
    ['a method without a challenge', 'provider=custom:acme&code_challenge_method=s256'],
    [
      'a challenge given twice',
      `provider=custom:acme&code_challenge=${'a'.repeat(43)}&code_challenge=&code_challenge_method=s256`,
    ],
    ['two providers', 'provider=custom:acme&provider=google'],
  ])('refuses %s', async (_what, query) => {
    const { status, body } = await auth.ask(`/authorize?${query}`);
    expect([status, body.code]).toEqual([400, 'validation_failed']);
  });

  test('passes on what the application adds, and nothing that the protocol itself decides by', async () => {
    const added = { prompt: 'select_account', login_hint: 'ada@example.com', scopes: 'calendar' };
    const reserved = {
      client_id: 'evil',
      redirect_uri: 'https://evil.example',
      response_type: 'token',
      state: 'mine',
      nonce: 'mine',
      response_mode: 'query',
      request: 'x',
      scope: 'admin',
      STATE: 'mine',
    };
    const query = new URLSearchParams({ provider: 'custom:acme', ...added, ...reserved });
    const { headers } = await auth.ask(`/authorize?${query}`);
    const asked = Object.fromEntries(new URL(headers.get('location')!).searchParams);
    expect(asked).toEqual({
      client_id: 'limen',
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid email profile calendar',
      prompt: 'select_account',
      login_hint: 'ada@example.com',
      state: expect.stringMatching(/^[0-9a-f-]{36}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
  });

  describe('an address that has an account', () => {
    test('opens it where its owner has proven it, and tells them', async () => {
      const { subject, email } = somebody();
      const id = await signUp(email, true);
      const { body } = await signIn(subject);
      expect(body.user).toMatchObject({
        id,
        app_metadata: { provider: 'email', providers: ['email', 'custom:acme'] },
      });
      expect(body.user.user_metadata.full_name).toBe('Mallory');
      expect(await auth.messagesTo(email)).toMatchObject([{ template: 'identity-linked', userId: id }]);
      expect((await auth.signIn(email)).status).toBe(200);
      expect(auth.changed).toContain(id);
    });

    test('is taken over with nothing of what whoever signed up before left in it', async () => {
      const { subject, email } = somebody();
      await auth.signUp(email, { data: { full_name: 'Mallory' } });
      const [mail] = await auth.messagesTo(email);
      const [row] = await auth.rows('select id from auth.users where email = $1', [email]);
      const { body } = await signIn(subject);
      expect(body.user).toMatchObject({ id: row?.id, email_confirmed_at: expect.any(String) });
      expect(body.user.user_metadata.full_name).toBe('Ada Lovelace');
      expect(body.user.identities.map(({ provider }: { provider: string }) => provider)).toEqual([
        'custom:acme',
      ]);
      expect((await auth.signIn(email)).body.code).toBe('invalid_credentials');
      const token = new URL(mail?.link ?? '').searchParams.get('token');
      const link = await auth.ask('/verify', { json: { type: 'signup', token_hash: token } });
      expect(link.body.code).toBe('otp_expired');
    });

    test('is not opened by an address that the provider has not verified', async () => {
      const { subject, email } = somebody({ email_verified: false });
      await signUp(email, true);
      expect((await signIn(subject)).error).toBe('provider_email_needs_verification');
      // Nor does the answer tell that there is one.
      const stranger = somebody({ email_verified: false });
      expect((await signIn(stranger.subject)).error).toBe('provider_email_needs_verification');
      expect(await auth.rows('select id from auth.users where email = $1', [stranger.email])).toEqual([]);
    });

    test('stays shut while it is banned, by either way', async () => {
      const { subject, email } = somebody();
      const id = await signUp(email, true);
      const ban = (ban_duration: string) =>
        auth.ask(`/admin/users/${id}`, { method: 'PUT', token: auth.serviceKey, json: { ban_duration } });
      await ban('24h');
      expect((await signIn(subject)).error).toBe('user_banned');
      await ban('none');
      expect((await signIn(subject)).body.user.id).toBe(id);
      await ban('24h');
      expect((await signIn(subject)).error).toBe('user_banned');
    });

    test('belongs to nobody any more once it was deleted', async () => {
      const { subject, email } = somebody();
      const first = (await signIn(subject)).body.user.id;
      await auth.ask(`/admin/users/${first}`, {
        method: 'DELETE',
        token: auth.serviceKey,
        json: { should_soft_delete: true },
      });
      const { user } = (await signIn(subject)).body;
      expect(user).toMatchObject({ email });
      expect(user.id).not.toBe(first);
    });
  });

  test('opens an invitation to whoever brings its address, and keeps its link to itself', async () => {
    const { subject, email } = somebody();
    const invited = await auth.ask('/invite', { token: auth.serviceKey, json: { email } });
    const [mail] = await auth.messagesTo(email);
    const parameters = { invite_token: mail!.tokenHash! };
    const other = fragmentOf(await goThrough(somebody().subject, parameters));
    expect(other.error_code).toBe('invite_not_found');
    await browserAt(auth).open(authorizeUrl(parameters));
    const rows = await auth.rows('select * from auth.flow_state');
    expect(JSON.stringify(rows)).not.toContain(parameters.invite_token);
    const session = fragmentOf(await goThrough(subject, parameters));
    const user = await auth.ask('/user', { token: session.access_token! });
    expect(user.body).toMatchObject({ id: invited.body.id, email_confirmed_at: expect.any(String) });
  });

  describe('with another account at hand', () => {
    const link = (token: string, more: Record<string, string> = {}) =>
      auth.ask(
        `/user/identities/authorize?${new URLSearchParams({ provider: 'custom:acme', skip_http_redirect: 'true', redirect_to: APP, ...more })}`,
        { token },
      );

    async function linkTo(token: string, subject: string) {
      const { verifier, challenge } = newVerifier();
      const { body } = await link(token, { code_challenge: challenge, code_challenge_method: 's256' });
      const browser = browserAt(auth);
      const page = await provider.signIn(browser, await browser.open(body.url), subject);
      const { code, error_code: error } = queryOf(page);
      return { code, error, verifier };
    }

    async function member() {
      const email = newAddress();
      const id = await signUp(email, true);
      const { body } = await auth.signIn(email);
      return { id, email, token: body.access_token as string };
    }

    test('makes somebody anonymous somebody, and keeps their id', async () => {
      const { id, token } = await member();
      await auth.rows(
        `update auth.users set is_anonymous = true, email = null, email_confirmed_at = null, encrypted_password = null where id = $1`,
        [id],
      );
      await auth.rows('delete from auth.identities where user_id = $1', [id]);
      const { subject, email } = somebody();
      const { code, verifier } = await linkTo(token, subject);
      const { body } = await exchange(code, verifier);
      expect(body.user).toMatchObject({
        id,
        email,
        is_anonymous: false,
        email_confirmed_at: expect.any(String),
      });
      expect((await signIn(subject)).body.user.id).toBe(id);
    });

    test('leaves somebody anonymous as they are where the address is another’s', async () => {
      const { id, token } = await member();
      await auth.rows('update auth.users set is_anonymous = true, email = null where id = $1', [id]);
      const { subject, email } = somebody();
      await signUp(email, true);
      const { code, verifier } = await linkTo(token, subject);
      expect((await exchange(code, verifier)).body.code).toBe('email_exists');
      expect(await auth.rows('select is_anonymous, email from auth.users where id = $1', [id])).toEqual([
        { is_anonymous: true, email: null },
      ]);
      expect(await auth.rows('select id from auth.identities where provider_id = $1', [subject])).toEqual([]);
    });

    test('links nothing to an attacker who has others open the link', async () => {
      const attacker = await member();
      const { subject } = somebody();
      const { code } = await linkTo(attacker.token, subject);
      // The victim's browser has the code, and the attacker the verifier: nobody has both.
      expect((await exchange(code, newVerifier().verifier)).body.code).toBe('bad_code_verifier');
      expect(await auth.rows('select id from auth.identities where provider_id = $1', [subject])).toEqual([]);
    });

    test.each(['before', 'after'])('makes no link for a session that ended %s the callback', async (when) => {
      const { token } = await member();
      const { subject } = somebody();
      const { verifier, challenge } = newVerifier();
      const { body } = await link(token, { code_challenge: challenge, code_challenge_method: 's256' });
      const browser = browserAt(auth);
      const endSession = () => auth.ask('/logout?scope=local', { method: 'POST', token });
      if (when === 'before') await endSession();
      const page = await provider.signIn(browser, await browser.open(body.url), subject);
      if (when === 'after') await endSession();
      expect((await exchange(queryOf(page).code ?? 'none', verifier)).status).toBeGreaterThanOrEqual(400);
      expect(await auth.rows('select id from auth.identities where provider_id = $1', [subject])).toEqual([]);
    });

    test('makes no link without PKCE for a session that is over', async () => {
      const { token } = await member();
      const { subject } = somebody();
      const { body } = await link(token);
      await auth.ask('/logout?scope=local', { method: 'POST', token });
      const browser = browserAt(auth);
      const page = await provider.signIn(browser, await browser.open(body.url), subject);
      expect(queryOf(page).error_code).toBe('session_not_found');
      expect(await auth.rows('select id from auth.identities where provider_id = $1', [subject])).toEqual([]);
    });

    test('lets two unlink at once and leaves one way to sign in', async () => {
      const { id, token } = await member();
      const { code, verifier } = await linkTo(token, somebody().subject);
      const { body } = await exchange(code, verifier);
      const answers = await Promise.all(
        body.user.identities.map(({ identity_id }: { identity_id: string }) =>
          auth.ask(`/user/identities/${identity_id}`, { method: 'DELETE', token }),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
      expect(answers.find(({ status }) => status === 422)?.body.code).toBe('single_identity_not_deletable');
      expect(await auth.rows('select id from auth.identities where user_id = $1', [id])).toHaveLength(1);
    });

    test('links and unlinks at once, and whichever is first, one way to sign in is left', async () => {
      for (let round = 0; round < 4; round += 1) {
        const { id, token } = await member();
        const { code, verifier } = await linkTo(token, somebody().subject);
        const [own] = await auth.rows('select id from auth.identities where user_id = $1', [id]);
        const [linked, unlinked] = await Promise.all([
          exchange(code, verifier),
          auth.ask(`/user/identities/${own!.id}`, { method: 'DELETE', token }),
        ]);
        expect(linked.status).toBe(200);
        expect([200, 422]).toContain(unlinked.status);
        const left = await auth.rows('select provider from auth.identities where user_id = $1 order by 1', [
          id,
        ]);
        const providers = unlinked.status === 200 ? ['custom:acme'] : ['custom:acme', 'email'];
        expect(left.map(({ provider }) => provider)).toEqual(providers);
        const [row] = await auth.rows(
          `select raw_app_meta_data -> 'providers' as providers from auth.users where id = $1`,
          [id],
        );
        expect([...(row!.providers as string[])].sort()).toEqual(providers);
      }
    });

    test('ends the password with the identity of the address', async () => {
      const { email, token } = await member();
      const { subject, email: other } = somebody();
      const { code, verifier } = await linkTo(token, subject);
      const { body } = await exchange(code, verifier);
      const own = body.user.identities.find(({ provider }: { provider: string }) => provider === 'email');
      await auth.ask(`/user/identities/${own.identity_id}`, { method: 'DELETE', token });
      expect((await auth.signIn(email)).body.code).toBe('invalid_credentials');
      expect((await auth.signIn(other)).body.code).toBe('invalid_credentials');
      expect((await signIn(subject)).body.user).toMatchObject({
        email: other,
        app_metadata: { providers: ['custom:acme'] },
      });
    });

    test('keeps an identity whose address somebody else has by now', async () => {
      const { token } = await member();
      const { subject, email } = somebody();
      const { code, verifier } = await linkTo(token, subject);
      const { body } = await exchange(code, verifier);
      await signUp(email, true);
      const own = body.user.identities.find(({ provider }: { provider: string }) => provider === 'email');
      const { status, body: answer } = await auth.ask(`/user/identities/${own.identity_id}`, {
        method: 'DELETE',
        token,
      });
      expect([status, answer.code]).toEqual([422, 'email_conflict_identity_not_deletable']);
      expect(await auth.rows('select id from auth.identities where id = $1', [own.identity_id])).toHaveLength(
        1,
      );
    });

    test('asks for the second factor of whoever has one', async () => {
      const { id, token } = await member();
      await auth.rows(
        `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, secret, created_at, updated_at)
         values ($1, $2, '', 'totp', 'verified', '', now(), now())`,
        [randomUUID(), id],
      );
      expect((await link(token)).body.code).toBe('insufficient_aal');
      const unlink = await auth.ask(`/user/identities/${randomUUID()}`, { method: 'DELETE', token });
      expect([unlink.status, unlink.body.code]).toEqual([401, 'insufficient_aal']);
    });

    test('asks who it is', async () => {
      expect((await link('nonsense')).status).toBe(403);
      expect((await auth.ask('/user/identities/authorize?provider=custom:acme')).status).toBe(401);
      const { token } = await member();
      const unlink = await auth.ask('/user/identities/not-a-uuid', { method: 'DELETE', token });
      expect([unlink.status, unlink.body.code]).toEqual([404, 'validation_failed']);
    });
  });
});

describe('where addresses are confirmed at once', () => {
  test('a provider opens no account whose address nobody proved', async () => {
    const auth = await openAuthServer('PGlite', { providers: [providerSettings({ url: provider.issuer })] });
    const { subject, email } = somebody();
    await auth.signUp(email);
    const browser = browserAt(auth);
    const page = await provider.signIn(browser, await browser.open(authorizeUrl({})), subject);
    expect(fragmentOf(page)).toMatchObject({ error_code: 'email_exists' });
    expect((await auth.signIn(email)).status).toBe(200);
    await auth.close();
  });

  test('and makes an account where there is none, unless sign-ups are closed', async () => {
    const auth = await openAuthServer('PGlite', { providers: [providerSettings({ url: provider.issuer })] });
    const closed = await openAuthServer('PGlite', {
      settings: { signupEnabled: false },
      providers: [providerSettings({ url: provider.issuer })],
    });
    for (const [server, expected] of [
      [auth, undefined],
      [closed, 'signup_disabled'],
    ] as const) {
      const browser = browserAt(server);
      const page = await provider.signIn(
        browser,
        await browser.open(`${ORIGIN}/auth/v1/authorize?provider=custom:acme`),
        somebody().subject,
      );
      expect(fragmentOf(page).error_code).toBe(expected);
    }
    await auth.close();
    await closed.close();
  });
});
