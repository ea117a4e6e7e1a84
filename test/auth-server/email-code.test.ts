/** Codes and links by mail, through an unmodified supabase-js client. */

import { createClient } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newClient } from '../../src/identity/client.ts';
import { claimsOf, DATABASES, newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

const NEW_PASSWORD = 'quite another good password';
const SITE = 'https://app.example.com';

describe.each(DATABASES)('codes and links by mail on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind, { settings: { emailConfirmation: true } });
  });
  afterAll(() => auth.close());

  const newest = async (email: string) => (await auth.messagesTo(email))[0]!;
  const wrongOf = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

  async function signedUp(password = PASSWORD) {
    const email = newAddress();
    const { data, error } = await auth
      .supabase()
      .auth.signUp({ email, password, options: { data: { display_name: 'Ada' } } });
    expect(error).toBeNull();
    expect(data.session).toBeNull();
    const mail = await newest(email);
    return { email, mail, code: mail.code! };
  }

  async function confirmed(password = PASSWORD) {
    const { email, code } = await signedUp(password);
    const client = auth.supabase();
    const { data, error } = await client.auth.verifyOtp({ type: 'signup', email, token: code });
    expect(error).toBeNull();
    return { email, client, session: data.session!, id: data.user!.id };
  }

  const mayLogIn = async (email: string, password: string) =>
    (await auth.supabase().auth.signInWithPassword({ email, password })).error?.code ?? 'yes';

  /** What the button of the page sends. */
  function press(link: string, headers: Record<string, string> = {}) {
    const { searchParams } = new URL(link);
    return auth.ask('/verify', {
      raw: searchParams.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    });
  }
  const pathOf = (link: string) => link.slice(link.indexOf('/verify'));
  const targetOf = ({ headers }: { headers: Headers }) => new URL(headers.get('location')!);
  const fragmentOf = (answer: { headers: Headers }) =>
    Object.fromEntries(new URLSearchParams(targetOf(answer).hash.slice(1)));

  describe('a sign-up', () => {
    test('is confirmed by the code, once, and signs in', async () => {
      const { email, code, mail } = await signedUp();
      expect(mail).toMatchObject({ template: 'confirm-signup', code: expect.stringMatching(/^\d{6}$/) });
      expect(await mayLogIn(email, PASSWORD)).toBe('email_not_confirmed');
      const client = auth.supabase();
      const { data, error } = await client.auth.verifyOtp({ type: 'signup', email, token: code });
      expect(error).toBeNull();
      expect(data.user).toMatchObject({
        email,
        user_metadata: { display_name: 'Ada', email_verified: true },
      });
      expect(data.user?.identities?.[0]?.identity_data?.email_verified).toBe(true);
      expect(claimsOf(data.session!.access_token)).toMatchObject({ aal: 'aal1', amr: [{ method: 'otp' }] });
      expect(await mayLogIn(email, PASSWORD)).toBe('yes');
      const again = await client.auth.verifyOtp({ type: 'signup', email, token: code });
      expect(again.error).toMatchObject({ status: 403, code: 'otp_expired' });
    });

    test('is confirmed by what the link holds, and by the type that clients use who do not know', async () => {
      const first = await signedUp();
      const byHash = await auth
        .supabase()
        .auth.verifyOtp({ type: 'email', token_hash: first.mail.tokenHash! });
      expect(byHash.data.user?.email).toBe(first.email);
      const second = await signedUp();
      const byCode = await auth
        .supabase()
        .auth.verifyOtp({ type: 'email', email: second.email, token: second.code });
      expect(byCode.data.user?.email).toBe(second.email);
    });

    test('of a confirmed address tells its owner, and the caller nothing', async () => {
      const { email } = await confirmed();
      const free = await auth.signUp(newAddress());
      const taken = await auth.signUp(email, { password: NEW_PASSWORD });
      expect(Object.keys(taken.body)).toEqual(Object.keys(free.body));
      expect(taken).toMatchObject({ status: 200, body: { email, role: 'authenticated' } });
      expect(taken.body.identities).toHaveLength(1);
      expect(await newest(email)).toMatchObject({ template: 'account-exists', code: null, link: null });
      expect(await mayLogIn(email, PASSWORD)).toBe('yes');
      expect(await mayLogIn(email, NEW_PASSWORD)).toBe('invalid_credentials');
    });

    test('sent twice is confirmed by the second mail alone, and keeps its password', async () => {
      const { email, code } = await signedUp();
      await auth.signUp(email);
      const second = await newest(email);
      expect(second.template).toBe('confirm-signup');
      const stale = await auth.supabase().auth.verifyOtp({ type: 'signup', email, token: code });
      expect(stale.error?.code).toBe('otp_expired');
      await auth.supabase().auth.verifyOtp({ type: 'signup', email, token: second.code! });
      expect(await mayLogIn(email, PASSWORD)).toBe('yes');
    });

    test('that a stranger made before the owner leaves the stranger no way in', async () => {
      const { email } = await signedUp('the password of a stranger');
      await auth.signUp(email, { password: PASSWORD, data: { display_name: 'Owner' } });
      const client = auth.supabase();
      const { data } = await client.auth.verifyOtp({
        type: 'signup',
        email,
        token: (await newest(email)).code!,
      });
      // Nor a profile, be it of the later one: that may be the stranger.
      expect(data.user?.user_metadata).not.toHaveProperty('display_name');
      expect(await mayLogIn(email, 'the password of a stranger')).toBe('invalid_credentials');
      expect(await mayLogIn(email, PASSWORD)).toBe('invalid_credentials');
      expect((await client.auth.updateUser({ password: NEW_PASSWORD })).error).toBeNull();
      expect(await mayLogIn(email, NEW_PASSWORD)).toBe('yes');
    });

    test('costs as many statements for a free address as for a taken one, confirmed or not', async () => {
      const waiting = await signedUp();
      const { email } = await confirmed();
      const counts: number[] = [];
      for (const address of [newAddress(), waiting.email, email]) {
        counts.push((await auth.statementsDuring(() => auth.signUp(address))).length);
      }
      expect(counts).toEqual([8, 8, 8]);
    });
  });

  describe('signInWithOtp', () => {
    test('signs in by the code, makes an account unless told not to, and says nothing of either', async () => {
      const { email } = await confirmed();
      const stranger = newAddress();
      const client = auth.supabase();
      expect((await client.auth.signInWithOtp({ email })).error).toBeNull();
      const none = await client.auth.signInWithOtp({ email: stranger, options: { shouldCreateUser: false } });
      expect(none).toEqual({ data: { user: null, session: null }, error: null });
      expect(await auth.messagesTo(stranger)).toHaveLength(0);
      const { code } = await newest(email);
      const signedIn = await client.auth.verifyOtp({ type: 'email', email, token: code! });
      expect(signedIn.data.user?.email).toBe(email);

      await client.auth.signInWithOtp({ email: stranger, options: { data: { locale: 'de' } } });
      const mail = await newest(stranger);
      expect(mail).toMatchObject({ template: 'magic-link', locale: 'de' });
      const fresh = await client.auth.verifyOtp({ type: 'magiclink', email: stranger, token: mail.code! });
      expect(fresh.data.user).toMatchObject({
        email: stranger,
        email_confirmed_at: expect.any(String),
        user_metadata: { locale: 'de', email_verified: true },
      });
    });

    test('makes nobody where sign-ups are closed, and says so to nobody', async () => {
      const closed = auth.withSettings({ signupEnabled: false });
      const email = newAddress();
      expect(await closed.ask('/otp', { json: { email } })).toMatchObject({ status: 200, body: {} });
      expect(await auth.rows('select 1 from auth.users where email = $1', [email])).toHaveLength(0);
    });

    test.each([
      ['known, unknown, unconfirmed and banned', { data: { locale: 'de' } }],
      ['and without making accounts', { create_user: false }],
    ])('costs as many statements for addresses %s', async (_which, more) => {
      const [known, waiting, banned] = [await confirmed(), await signedUp(), await confirmed()];
      await auth.rows(`update auth.users set banned_until = 'infinity' where id = $1`, [banned.id]);
      const counts: number[] = [];
      for (const email of [known.email, newAddress(), waiting.email, banned.email]) {
        const work = () => auth.ask('/otp', { json: { email, ...more } });
        counts.push((await auth.statementsDuring(work)).length);
      }
      expect(new Set(counts).size).toBe(1);
    });

    test.each([
      ['asks for a link', 'magiclink', (email: string) => ({ path: '/otp', json: { email } })],
      [
        'and wants no account',
        'magiclink',
        (email: string) => ({ path: '/otp', json: { email, create_user: false } }),
      ],
      ['recovers the account', 'recovery', (email: string) => ({ path: '/recover', json: { email } })],
    ])(
      'leaves nothing that a stranger wrote with a request of theirs to an owner who %s',
      async (_who, type, ask) => {
        const email = newAddress();
        await auth.ask('/otp', { json: { email, data: { display_name: 'Stranger', roles: ['admin'] } } });
        const { path, json } = ask(email);
        await auth.ask(path, { json });
        const token = (await newest(email)).code!;
        const { body } = await auth.ask('/verify', { json: { type, email, token } });
        const { user } = body as { user: { user_metadata: object } };
        expect(user.user_metadata).not.toHaveProperty('display_name');
        expect(user.user_metadata).not.toHaveProperty('roles');
      },
    );

    test('gives an account that a stranger signed up to its owner, empty', async () => {
      const { email } = await signedUp('the password of a stranger');
      const [user] = await auth.rows('select id from auth.users where email = $1', [email]);
      await auth.rows(
        `insert into auth.identities (provider_id, user_id, provider, identity_data, created_at, updated_at)
         values ($1, $2, 'github', '{}', now(), now())`,
        [email, user!.id],
      );
      await auth.rows(
        `update auth.users set raw_app_meta_data = '{"provider": "github", "providers": ["github"], "tier": "pro"}'
         where id = $1`,
        [user!.id],
      );
      const client = auth.supabase();
      await client.auth.signInWithOtp({ email });
      const { data } = await client.auth.verifyOtp({
        type: 'email',
        email,
        token: (await newest(email)).code!,
      });
      expect(data.user?.id).toBe(user!.id);
      expect(data.user?.user_metadata).toEqual({
        sub: user!.id,
        email,
        email_verified: true,
        phone_verified: false,
      });
      expect(data.user?.identities?.map(({ provider }) => provider)).toEqual(['email']);
      expect(data.user?.app_metadata).toEqual({ provider: 'email', providers: ['email'], tier: 'pro' });
      expect(await mayLogIn(email, 'the password of a stranger')).toBe('invalid_credentials');
    });

    test.each(['email', 'signup'] as const)(
      'asked for by the owner leaves the code of a stranger’s sign-up without what the stranger said, shown as %s',
      async (type) => {
        const { email, code } = await signedUp('the password of a stranger');
        await auth.supabase().auth.signInWithOtp({ email });
        const { data } = await auth.supabase().auth.verifyOtp({ type, email, token: code });
        expect(data.user?.user_metadata).not.toHaveProperty('display_name');
        expect(await mayLogIn(email, 'the password of a stranger')).toBe('invalid_credentials');
      },
    );

    test('does so also where the owner’s comes too early for a mail of its own', async () => {
      const limited = await openAuthServer(kind, { settings: { emailConfirmation: true }, limited: true });
      try {
        const email = newAddress();
        const password = 'the password of a stranger';
        await limited.ask('/signup', { json: { email, password } });
        expect((await limited.ask('/otp', { json: { email } })).status).toBe(429);
        const [mail] = await limited.messagesTo(email);
        const json = { type: 'email', email, token: mail?.code };
        expect((await limited.ask('/verify', { json })).status).toBe(200);
        const eve = await limited.ask('/token?grant_type=password', { json: { email, password } });
        expect(eve.body.code).toBe('invalid_credentials');
      } finally {
        await limited.close();
      }
    });

    test('leaves what an administrator made as it is', async () => {
      const email = newAddress();
      await auth.supabase(auth.serviceKey).auth.admin.createUser({
        email,
        password: PASSWORD,
        user_metadata: { display_name: 'Ada' },
      });
      const client = auth.supabase();
      await client.auth.signInWithOtp({ email });
      const { data } = await client.auth.verifyOtp({
        type: 'email',
        email,
        token: (await newest(email)).code!,
      });
      expect(data.user?.user_metadata.display_name).toBe('Ada');
      expect(await mayLogIn(email, PASSWORD)).toBe('yes');
    });

    test.each([
      ['a phone number', false],
      ['a sign-in by other means', true],
    ])(
      'does not give an account that is known by %s to whoever has the mailbox',
      async (_by, hasSignedIn) => {
        const email = newAddress();
        const phone = `4917${String(Date.now()).slice(-8)}`;
        await auth
          .supabase(auth.serviceKey)
          .auth.admin.createUser({ email, phone, phone_confirm: true, password: PASSWORD });
        if (hasSignedIn) {
          await auth.rows(
            'update auth.users set phone = null, phone_confirmed_at = null, last_sign_in_at = now() where email = $1',
            [email],
          );
        }
        const client = auth.supabase();
        await client.auth.signInWithOtp({ email });
        await client.auth.resetPasswordForEmail(email);
        await client.auth.resend({ type: 'signup', email });
        expect(await auth.messagesTo(email)).toHaveLength(0);
      },
    );

    test('tells a banned person only who has the code', async () => {
      const { email, id } = await confirmed();
      await auth.rows(`update auth.users set banned_until = 'infinity' where id = $1`, [id]);
      const client = auth.supabase();
      expect((await client.auth.signInWithOtp({ email })).error).toBeNull();
      const { code } = await newest(email);
      const wrong = await client.auth.verifyOtp({ type: 'email', email, token: wrongOf(code!) });
      expect(wrong.error?.code).toBe('otp_expired');
      const right = await client.auth.verifyOtp({ type: 'email', email, token: code! });
      expect(right.error).toMatchObject({ status: 403, code: 'user_banned' });
    });
  });

  describe('recovery', () => {
    test('sets a new password and ends every other session', async () => {
      const { email, session } = await confirmed();
      const client = auth.supabase();
      expect((await client.auth.resetPasswordForEmail(email)).error).toBeNull();
      const mail = await newest(email);
      expect(mail.template).toBe('recovery');
      const { error } = await client.auth.verifyOtp({ type: 'recovery', email, token: mail.code! });
      expect(error).toBeNull();
      expect((await client.auth.updateUser({ password: NEW_PASSWORD })).error).toBeNull();
      expect(await mayLogIn(email, NEW_PASSWORD)).toBe('yes');
      expect(await mayLogIn(email, PASSWORD)).toBe('invalid_credentials');
      expect((await auth.supabase().auth.getUser(session.access_token)).error).not.toBeNull();
    });

    test('answers alike for an address without an account, in as many statements', async () => {
      const { email } = await confirmed();
      const counts: number[] = [];
      for (const address of [email, newAddress()]) {
        const work = async () => {
          const answer = await auth.ask('/recover', { json: { email: address } });
          expect(answer).toMatchObject({ status: 200, body: {} });
        };
        counts.push((await auth.statementsDuring(work)).length);
      }
      expect(counts[0]).toBe(counts[1]);
    });
  });

  test('resend mails who is to be confirmed, and nobody else', async () => {
    const { email, code } = await signedUp();
    const client = auth.supabase();
    expect((await client.auth.resend({ type: 'signup', email })).error).toBeNull();
    const mail = await newest(email);
    expect(mail.template).toBe('confirm-signup');
    expect(mail.code).not.toBe(code);
    const other = await confirmed();
    const before = await auth.messagesTo(other.email);
    expect((await client.auth.resend({ type: 'signup', email: other.email })).error).toBeNull();
    expect((await client.auth.resend({ type: 'signup', email: newAddress() })).error).toBeNull();
    expect(await auth.messagesTo(other.email)).toEqual(before);
  });

  describe('reauthentication', () => {
    test('by a code that stands for the password, once', async () => {
      const { email, client } = await confirmed();
      expect((await client.auth.reauthenticate()).error).toBeNull();
      const mail = await newest(email);
      expect(mail).toMatchObject({ template: 'reauthentication', link: null, tokenHash: null });
      const nonce = mail.code!;
      const wrong = await client.auth.updateUser({ password: NEW_PASSWORD, nonce: wrongOf(nonce) });
      expect(wrong.error).toMatchObject({ status: 422, code: 'reauthentication_not_valid' });
      expect((await client.auth.updateUser({ password: NEW_PASSWORD, nonce })).error).toBeNull();
      expect(await mayLogIn(email, NEW_PASSWORD)).toBe('yes');
      const again = await client.auth.updateUser({ password: PASSWORD, nonce });
      expect(again.error?.code).toBe('reauthentication_not_valid');
    });

    test('is asked for of a session of more than a day, where that is set', async () => {
      const codes = { length: 6, ttlSeconds: 3600, links: 'page', requireReauthentication: true } as const;
      const strict = auth.withSettings({ codes });
      const { session, email } = await confirmed();
      const put = (json: object) => strict.ask('/user', { method: 'PUT', token: session.access_token, json });
      await auth.rows(
        `update auth.sessions set created_at = $2::timestamptz - interval '25 hours' where user_id = $1`,
        [session.user.id, auth.clock.now()],
      );
      expect(await put({ password: NEW_PASSWORD })).toMatchObject({
        status: 400,
        body: { code: 'reauthentication_needed' },
      });
      await strict.ask('/reauthenticate', { token: session.access_token });
      const { code } = await newest(email);
      expect(await put({ password: NEW_PASSWORD, nonce: code })).toMatchObject({ status: 200 });
    });

    test('by a wrong code does not tell whether a password is the current one', async () => {
      const { client } = await confirmed();
      await client.auth.reauthenticate();
      const { error } = await client.auth.updateUser({ password: PASSWORD, nonce: '000000' });
      expect(error?.code).toBe('reauthentication_not_valid');
    });

    test('with a code of somebody else is none', async () => {
      const [ada, grace] = [await confirmed(), await confirmed()];
      await ada.client.auth.reauthenticate();
      const { code } = await newest(ada.email);
      const { error } = await grace.client.auth.updateUser({ password: NEW_PASSWORD, nonce: code! });
      expect(error?.code).toBe('reauthentication_not_valid');
    });
  });

  describe('a code', () => {
    const TYPES = ['signup', 'invite', 'magiclink', 'recovery', 'email'] as const;

    test.each([
      ['signup', ['signup', 'email']],
      ['magiclink', ['magiclink', 'email']],
      ['recovery', ['recovery']],
      ['reauthentication', []],
    ] as const)('for %s is taken as %j and nothing else', async (purpose, taken) => {
      for (const type of TYPES) {
        const { email, code, tokenHash } = await sent(purpose);
        const codes = await auth.ask('/verify', { json: { type, email, token: code } });
        const isTaken = (taken as readonly string[]).includes(type);
        expect([type, codes.status]).toEqual([type, isTaken ? 200 : 403]);
        if (!tokenHash || isTaken) continue;
        const links = await auth.ask('/verify', { json: { type, token_hash: tokenHash } });
        expect([type, links.body.code]).toEqual([type, 'otp_expired']);
      }
    });

    async function sent(purpose: string) {
      if (purpose === 'signup') {
        const { email, mail } = await signedUp();
        return { email, code: mail.code, tokenHash: mail.tokenHash };
      }
      const { email, client } = await confirmed();
      if (purpose === 'magiclink') await client.auth.signInWithOtp({ email });
      if (purpose === 'recovery') await client.auth.resetPasswordForEmail(email);
      if (purpose === 'reauthentication') await client.auth.reauthenticate();
      const { code, tokenHash } = await newest(email);
      return { email, code, tokenHash };
    }

    test.each(['signup', 'magiclink', 'recovery'])('for %s counts for one of fifty', async (purpose) => {
      const { email, code, tokenHash } = await sent(purpose);
      const tries = Array.from({ length: 50 }, (_, n) =>
        auth.ask('/verify', {
          json: { type: purpose, ...(n % 2 ? { token_hash: tokenHash } : { email, token: code }) },
        }),
      );
      const answers = await Promise.all(tries);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 403)).toHaveLength(49);
    });

    test('for reauthentication counts for one of fifty', async () => {
      const { email, client, session } = await confirmed();
      await client.auth.reauthenticate();
      const { code } = await newest(email);
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          auth.ask('/user', {
            method: 'PUT',
            token: session.access_token,
            json: { password: `${NEW_PASSWORD} ${n}`, nonce: code },
          }),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    });

    test('is dead after ten wrong ones, for an address without an account too; the link still works, and so does the next code', async () => {
      const { email } = await confirmed();
      const client = auth.supabase();
      await client.auth.signInWithOtp({ email });
      const { code, tokenHash } = await newest(email);
      const verify = async (address: string, token: string) =>
        (await auth.ask('/verify', { json: { type: 'magiclink', email: address, token } })).status;
      for (let n = 0; n < 10; n += 1) expect(await verify(email, wrongOf(code!))).toBe(403);
      expect(await verify(email, code!)).toBe(403);
      const unknown = newAddress();
      for (let n = 0; n < 11; n += 1) expect(await verify(unknown, '123456')).toBe(403);
      const [known, other] = [email, unknown].map((address) =>
        auth.statementsDuring(() => verify(address, '123456')),
      );
      expect((await known!).length).toBe((await other!).length);
      await client.auth.signInWithOtp({ email });
      expect(await verify(email, (await newest(email)).code!)).toBe(200);
      expect((await auth.ask('/verify', { json: { type: 'magiclink', token_hash: tokenHash } })).status).toBe(
        403,
      );
    });

    test('is dead after half as many where the guess may be at either of two', async () => {
      for (const [type, guesses] of [
        ['email', 5],
        ['magiclink', 10],
      ] as const) {
        const { email } = await signedUp();
        await auth.supabase().auth.signInWithOtp({ email });
        const [magicLink, signUp] = await auth.messagesTo(email);
        const wrong = [0, 1, 2]
          .map((n) => String(n).repeat(6))
          .find((code) => ![magicLink?.code, signUp?.code].includes(code));
        const verify = async (token: string) =>
          (await auth.ask('/verify', { json: { type, email, token } })).status;
        for (let n = 1; n < guesses; n += 1) expect(await verify(wrong!)).toBe(403);
        if (type === 'magiclink') {
          expect(await verify(magicLink!.code!)).toBe(200);
        } else {
          expect(await verify(wrong!)).toBe(403);
          expect(await verify(signUp!.code!)).toBe(403);
          expect(await verify(magicLink!.code!)).toBe(403);
        }
      }
    });

    test('holds no longer than it may', async () => {
      const { email, code } = await signedUp();
      auth.clock.advance(3600);
      const { error } = await auth.supabase().auth.verifyOtp({ type: 'signup', email, token: code });
      expect(error?.code).toBe('otp_expired');
    });

    test('has as many digits as are set, and no fewer do', async () => {
      const codes = { length: 8, ttlSeconds: 3600, links: 'page', requireReauthentication: false } as const;
      const long = auth.withSettings({ codes });
      const email = newAddress();
      await long.signUp(email);
      const { code } = await newest(email);
      expect(code).toMatch(/^\d{8}$/);
      for (const token of [code!.slice(0, 6), code!.slice(2), `${code}0`]) {
        expect((await long.ask('/verify', { json: { type: 'signup', email, token } })).status).toBe(403);
      }
      expect((await long.ask('/verify', { json: { type: 'signup', email, token: code } })).status).toBe(200);
    });
  });

  describe('a link', () => {
    test('opened by a scanner, whatever it asks with, still works when its page’s button is pressed', async () => {
      const { mail } = await signedUp();
      const path = pathOf(mail.link!);
      for (const method of ['HEAD', 'GET', 'GET']) {
        expect((await auth.ask(path, { method })).status).toBe(200);
      }
      const answer = await press(mail.link!);
      expect(answer.status).toBe(303);
      expect(targetOf(answer).origin).toBe(SITE);
      expect(fragmentOf(answer)).toMatchObject({ type: 'signup', token_type: 'bearer', sb: '' });
      expect(claimsOf(fragmentOf(answer).access_token!).email).toBe(mail.to);
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(fragmentOf(await press(mail.link!))).toEqual({
        error: 'access_denied',
        error_code: 'otp_expired',
        error_description: 'Email link is invalid or has expired',
        sb: '',
      });
    });

    test('shows a page without a script, in the reader’s language, that quotes nothing unescaped', async () => {
      const { mail } = await signedUp();
      const page = await auth.ask(pathOf(mail.link!), { headers: { 'accept-language': 'fr, de-CH;q=0.8' } });
      expect(page.body).toContain('<html lang="de">');
      expect(page.body).toContain('E-Mail-Adresse bestätigen');
      expect(page.body).not.toContain('<script');
      const policy = page.headers.get('content-security-policy')!;
      expect(policy).toContain(`default-src 'none'`);
      expect(policy).toContain(`form-action 'self' ${SITE}`);
      const evil = await auth.ask(
        `/verify?${new URLSearchParams({ token: '"><script>x', type: '"><b>', redirect_to: 'javascript:x"' })}`,
      );
      expect(evil.body).not.toMatch(/<script|<b>/);
      expect(evil.headers.get('content-security-policy')).toContain(`form-action 'self' ${SITE};`);
    });

    test('is used at once where that is set, but not by a HEAD', async () => {
      const codes = { length: 6, ttlSeconds: 3600, links: 'direct', requireReauthentication: false } as const;
      const direct = auth.withSettings({ codes });
      const { mail } = await signedUp();
      expect((await direct.ask(pathOf(mail.link!), { method: 'HEAD' })).status).toBe(200);
      const answer = await direct.ask(pathOf(mail.link!));
      expect(answer.status).toBe(303);
      expect(fragmentOf(answer)).toMatchObject({ type: 'signup', access_token: expect.any(String) });
    });

    test('leads only where it may, and is not pressed by other sites', async () => {
      const email = newAddress();
      const open = auth.withSettings({ redirectAllowList: ['https://*.example.net/**'] });
      await open.ask('/otp?redirect_to=https://evil.test/', { json: { email } });
      const mail = await newest(email);
      expect(mail.redirectTo).toBe(SITE);
      const forged = new URL(mail.link!);
      forged.searchParams.set('redirect_to', 'https://evil.test/');
      const cross = await press(forged.href, { 'sec-fetch-site': 'cross-site' });
      expect(cross.status).toBe(400);
      expect(targetOf(await press(forged.href)).origin).toBe(SITE);
      await open.ask('/otp?redirect_to=https://a.example.net/in?x=1', { json: { email } });
      expect((await newest(email)).redirectTo).toBe('https://a.example.net/in?x=1');
    });
  });

  describe('with PKCE', () => {
    /** Keeps its verifier between the request and the exchange, as a browser does. */
    function pkceClient() {
      const items = new Map<string, string>();
      return createClient('http://limen.test', 'anon', {
        auth: {
          flowType: 'pkce',
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
              ...newClient({ address: '192.0.2.7', userAgent: null, requestId: 'r' }),
              via: 'socket',
            }),
        },
      });
    }

    test.each([
      ['signUp', 'email/signup'],
      ['signInWithOtp', 'magiclink'],
      ['resetPasswordForEmail', 'recovery'],
      ['resend', 'email/signup'],
    ])('%s leads to a code that only its client exchanges, once', async (name, method) => {
      const { email } = name === 'resetPasswordForEmail' ? await confirmed() : { email: newAddress() };
      if (name === 'resend') await auth.signUp(email);
      const client = pkceClient();
      if (name === 'signUp') await client.auth.signUp({ email, password: PASSWORD });
      if (name === 'signInWithOtp') await client.auth.signInWithOtp({ email });
      if (name === 'resetPasswordForEmail') await client.auth.resetPasswordForEmail(email);
      if (name === 'resend') await client.auth.resend({ type: 'signup', email });
      const mail = await newest(email);
      expect(mail.tokenHash).toMatch(/^pkce_/);
      // Longer than a flow may take from its code on: the mail had to be read first.
      auth.clock.advance(600);
      const target = targetOf(await press(mail.link!));
      expect(target.hash).toBe('');
      const code = target.searchParams.get('code')!;
      const thief = await auth.ask('/token?grant_type=pkce', {
        json: { auth_code: code, code_verifier: 'x'.repeat(43) },
      });
      expect(thief).toMatchObject({ status: 400, body: { code: 'bad_code_verifier' } });
      const { data, error } = await client.auth.exchangeCodeForSession(code);
      expect(error).toBeNull();
      expect(data.user?.email).toBe(email);
      expect(claimsOf(data.session!.access_token).amr).toMatchObject([{ method }]);
      const replay = await auth.ask('/token?grant_type=pkce', {
        json: { auth_code: code, code_verifier: 'x'.repeat(43) },
      });
      expect(replay).toMatchObject({ status: 404, body: { code: 'flow_state_not_found' } });
    });

    test('a code is worth nothing once the password changed', async () => {
      const { email } = await confirmed();
      const { access_token: token } = (await auth.signIn(email)).body;
      const thief = pkceClient();
      await thief.auth.resetPasswordForEmail(email);
      const code = targetOf(await press((await newest(email)).link!)).searchParams.get('code')!;
      const json = { password: 'another good password' };
      expect((await auth.ask('/user', { method: 'PUT', token, json })).status).toBe(200);
      expect((await thief.auth.exchangeCodeForSession(code)).error?.code).toBe('flow_state_not_found');
    });

    test('a link is not talked down to a session, and its errors come in the query too', async () => {
      const email = newAddress();
      await pkceClient().auth.signInWithOtp({ email });
      const { link, tokenHash } = await newest(email);
      const stripped = new URL(link!);
      stripped.searchParams.set('token', tokenHash!.replace('pkce_', ''));
      expect(fragmentOf(await press(stripped.href)).error_code).toBe('otp_expired');
      await press(link!);
      const again = targetOf(await press(link!));
      expect(again.searchParams.get('error_code')).toBe('otp_expired');
    });

    test('what the link holds, handed over by a server, gives the session', async () => {
      const email = newAddress();
      const client = pkceClient();
      await client.auth.signInWithOtp({ email });
      const { tokenHash } = await newest(email);
      const { data } = await client.auth.verifyOtp({ type: 'email', token_hash: tokenHash! });
      expect(data.user?.email).toBe(email);
    });
  });

  test.each([
    ['no type', '/verify', { token: '1', email: 'a@example.com' }],
    ['an unknown type', '/verify', { type: 'constructor', token_hash: 'x' }],
    ['both forms', '/verify', { type: 'signup', token_hash: 'x', token: '1', email: 'a@example.com' }],
    ['a code without an address', '/verify', { type: 'signup', token: '123456' }],
    ['no address', '/otp', {}],
    ['half of a challenge', '/recover', { email: 'a@example.com', code_challenge: 'x'.repeat(43) }],
    ['an address that is none', '/recover', { email: 'a@' }],
    ['an unknown resend', '/resend', { type: 'toString', email: 'a@example.com' }],
  ])('%s is refused in words', async (_what, path, json) => {
    expect(await auth.ask(path, { json })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed' },
    });
  });
});

describe('the pause between two mails', () => {
  test('is no shelter for whoever signs up with somebody else’s address', async () => {
    const auth = await openAuthServer('PGlite', { settings: { emailConfirmation: true }, limited: true });
    try {
      const email = newAddress();
      await auth.signUp(email, { password: 'the stranger’s password' });
      // The owner comes within the minute, and finds the mail that the stranger caused.
      expect((await auth.signUp(email)).status).toBe(429);
      const [mail] = await auth.messagesTo(email);
      await auth.ask('/verify', { json: { type: 'signup', email, token: mail?.code } });
      expect((await auth.signIn(email, 'the stranger’s password')).status).toBe(400);
    } finally {
      await auth.close();
    }
  });

  test('is one of a minute for each recipient, whether or not there is an account, and whoever asks', async () => {
    const auth = await openAuthServer('PGlite', { settings: { emailConfirmation: true }, limited: true });
    try {
      const [taken, free] = [newAddress(), newAddress()];
      const ask = (path: string, json: object, address: string) =>
        auth.ask(path, { json, caller: { address } });
      expect((await ask('/signup', { email: taken, password: PASSWORD }, '192.0.2.1')).status).toBe(200);
      const paused = await ask('/recover', { email: taken }, '192.0.2.2');
      expect(paused).toMatchObject({ status: 429, body: { code: 'over_email_send_rate_limit' } });
      expect(Number(paused.headers.get('retry-after'))).toBeGreaterThan(50);
      expect((await ask('/recover', { email: free }, '192.0.2.1')).status).toBe(200);
      expect((await ask('/otp', { email: free }, '192.0.2.2')).status).toBe(429);
      expect((await ask('/signup', { email: free, password: PASSWORD }, '192.0.2.3')).status).toBe(429);
    } finally {
      await auth.close();
    }
  });
});
