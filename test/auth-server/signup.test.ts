import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  claimsOf,
  DATABASES,
  ISSUER,
  newAddress,
  openAuthServer,
  PASSWORD,
  type TestServer,
} from './support.ts';

describe.each(DATABASES)('POST /signup on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());

  const countOf = async (email: string) =>
    (await auth.rows('select 1 from auth.users where email = $1', [email])).length;

  test('answers a session and somebody who is confirmed', async () => {
    const email = newAddress('Ada');
    const { status, headers, body } = await auth.signUp(email, {
      data: { display_name: 'Ada', nested: { a: [1] }, gone: null },
    });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('sb-auth-user-id')).toBe(body.user.id);
    expect(body).toMatchObject({ token_type: 'bearer', expires_in: 900 });
    expect(body.user).toMatchObject({
      aud: 'authenticated',
      role: 'authenticated',
      email: email.toLowerCase(),
      phone: '',
      app_metadata: { provider: 'email', providers: ['email'] },
      user_metadata: {
        display_name: 'Ada',
        nested: { a: [1] },
        sub: body.user.id,
        email: email.toLowerCase(),
        email_verified: true,
        phone_verified: false,
      },
      is_anonymous: false,
    });
    expect(body.user.user_metadata).not.toHaveProperty('gone');
    expect(body.user.identities).toEqual([
      expect.objectContaining({
        id: body.user.id,
        user_id: body.user.id,
        provider: 'email',
        email: email.toLowerCase(),
        identity_data: {
          sub: body.user.id,
          email: email.toLowerCase(),
          email_verified: true,
          phone_verified: false,
        },
      }),
    ]);
    const claims = claimsOf(body.access_token);
    expect(claims).toMatchObject({
      iss: ISSUER,
      sub: body.user.id,
      aud: 'authenticated',
      email: email.toLowerCase(),
      phone: '',
      role: 'authenticated',
      aal: 'aal1',
      amr: [{ method: 'password', timestamp: claims.iat }],
      is_anonymous: false,
    });
    expect(claims.exp - claims.iat).toBe(900);
    expect(body.expires_at).toBe(claims.exp);
  });

  test('writes rows that Supabase Auth can read', async () => {
    const { id, email, sessionId } = await auth.newPerson();
    const [user] = await auth.rows('select * from auth.users where id = $1', [id]);
    expect(user).toMatchObject({
      instance_id: '00000000-0000-0000-0000-000000000000',
      aud: 'authenticated',
      role: 'authenticated',
      email,
      phone: null,
      encrypted_password: expect.stringMatching(/^\$argon2id\$/),
      confirmation_token: '',
      recovery_token: '',
      email_change_token_new: '',
      email_change: '',
      email_change_token_current: '',
      phone_change: '',
      phone_change_token: '',
      reauthentication_token: '',
      email_change_confirm_status: 0,
      is_sso_user: false,
      is_anonymous: false,
      created_at: auth.clock.now(),
      updated_at: auth.clock.now(),
      email_confirmed_at: auth.clock.now(),
      confirmed_at: auth.clock.now(),
      last_sign_in_at: auth.clock.now(),
      deleted_at: null,
    });
    const identities = await auth.rows('select * from auth.identities where user_id = $1', [id]);
    expect(identities).toMatchObject([
      {
        provider_id: id,
        provider: 'email',
        email,
        created_at: auth.clock.now(),
        updated_at: auth.clock.now(),
      },
    ]);
    const [session] = await auth.rows('select * from auth.sessions where id = $1', [sessionId]);
    expect(session).toMatchObject({
      user_id: id,
      aal: 'aal1',
      ip: expect.stringMatching(/^192\.0\.2\.7(\/32)?$/),
      user_agent: 'test/1',
      refresh_token_hmac_key: expect.stringMatching(/^[\w-]{43}$/),
      refresh_token_counter: 0,
      refreshed_at: null,
      not_after: null,
      created_at: auth.clock.now(),
    });
    const amr = await auth.rows('select * from auth.mfa_amr_claims where session_id = $1', [sessionId]);
    expect(amr).toMatchObject([{ authentication_method: 'password', updated_at: auth.clock.now() }]);
    expect(await auth.rows('select 1 from auth.refresh_tokens where session_id = $1', [sessionId])).toEqual(
      [],
    );
  });

  test('says that an address is taken, whatever its case, and leaves its owner alone', async () => {
    const { email } = await auth.newPerson();
    const { status, body } = await auth.signUp(email.toUpperCase(), { password: 'another good password' });
    expect([status, body.code]).toEqual([422, 'user_already_exists']);
    expect((await auth.signIn(email)).status).toBe(200);
  });

  test('lets exactly one of many sign-ups for one address win', async () => {
    const email = newAddress();
    const answers = await Promise.all(Array.from({ length: 8 }, () => auth.signUp(email)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(422)]);
    expect(await countOf(email)).toBe(1);
    const orphans = await auth.rows(
      'select 1 from auth.identities where email = $1 union all select 1 from auth.sessions join auth.users on users.id = user_id where email = $1',
      [email],
    );
    expect(orphans).toHaveLength(2);
  });

  test.each([
    ['too short', 'short', ['length']],
    ['everybody’s', 'password123', ['pwned']],
  ])('refuses a password that is %s, with the reason', async (_what, password, reasons) => {
    const email = newAddress();
    const { status, headers, body } = await auth.signUp(email, { password });
    expect([status, body.code]).toEqual([422, 'weak_password']);
    expect(body.weak_password).toEqual({ reasons });
    expect(headers.get('x-sb-error-code')).toBe('weak_password');
    expect(await countOf(email)).toBe(0);
  });

  test.each([
    ['no sign', 'nobody'],
    ['a full-width @', 'ada＠example.com'],
    ['a Kelvin sign', '\u212Aelvin@example.com'],
    ['a line break', 'ada@example.com\nbcc: all@example.com'],
    ['a space', 'a da@example.com'],
    ['two dots', 'a..da@example.com'],
    ['one label', 'ada@localhost'],
    ['an international domain', 'ada@exämple.com'],
    [
      '300 characters',
      `${'a'.repeat(60)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.com`,
    ],
  ])('refuses an address with %s', async (_what, email) => {
    const { status, body } = await auth.signUp(email);
    expect([status, body.code]).toEqual([400, 'validation_failed']);
  });

  test('trims an address', async () => {
    const email = newAddress();
    expect((await auth.signUp(`  ${email} `)).body.user.email).toBe(email);
  });

  test.each([
    ['nobody named', {}, 422, 'anonymous_provider_disabled'],
    ['a phone number', { phone: '491701234567', password: PASSWORD }, 400, 'phone_provider_disabled'],
    ['no password', { email: 'ada@example.com' }, 400, 'validation_failed'],
    [
      'a password of another type',
      { email: 'ada@example.com', password: 12345678 },
      400,
      'validation_failed',
    ],
    [
      'metadata that is a list',
      { email: 'ada@example.com', password: PASSWORD, data: [] },
      400,
      'validation_failed',
    ],
    [
      'too much metadata',
      { email: 'ada@example.com', password: PASSWORD, data: { a: 'x'.repeat(9000) } },
      400,
      'validation_failed',
    ],
    [
      'a NUL byte',
      { email: 'ada@example.com', password: PASSWORD, data: { a: { 'b\0': 1 } } },
      400,
      'validation_failed',
    ],
    [
      'a lone surrogate',
      { email: 'ada@example.com', password: `${PASSWORD}\ud800` },
      400,
      'validation_failed',
    ],
  ])('refuses a sign-up with %s and writes nothing', async (_what, json, status, code) => {
    const answer = await auth.ask('/signup', { json });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await countOf('ada@example.com')).toBe(0);
  });

  test('takes no sign-ups where they are closed', async () => {
    const { status, body } = await auth.withSettings({ signupEnabled: false }).signUp(newAddress());
    expect([status, body.code]).toEqual([422, 'signup_disabled']);
  });
});

describe.each(DATABASES)('POST /signup with confirmation on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind, { settings: { emailConfirmation: true } });
  });
  afterAll(() => auth.close());

  /** What may differ from one person to the next. */
  const shapeOf = (body: object, email: string) =>
    JSON.stringify(body)
      .replaceAll(email, 'EMAIL')
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID');

  test('answers free, taken and confirmed addresses alike, and changes nothing of the taken ones', async () => {
    const email = newAddress();
    const free = await auth.signUp(email);
    // With another password it would be disputed: email-code.test.ts shows what holds then.
    const taken = await auth.signUp(email);
    await auth.ask(`/admin/users/${free.body.id}`, {
      method: 'PUT',
      token: auth.serviceKey,
      json: { email_confirm: true },
    });
    const confirmed = await auth.signUp(email, { password: 'another good password' });

    expect([free.status, taken.status, confirmed.status]).toEqual([200, 200, 200]);
    expect(free.body).toMatchObject({ email, confirmation_sent_at: auth.clock.now().toISOString() });
    expect(free.body.access_token).toBeUndefined();
    expect(shapeOf(taken.body, email)).toBe(shapeOf(free.body, email));
    expect(shapeOf(confirmed.body, email)).toBe(shapeOf(free.body, email));
    expect(new Set([free.body.id, taken.body.id, confirmed.body.id]).size).toBe(3);
    const rows = await auth.rows('select id from auth.users where email = $1', [email]);
    expect(rows).toEqual([{ id: free.body.id }]);
    expect((await auth.signIn(email)).status).toBe(200);
  });

  test('starts no session, and none can be had before the address is confirmed', async () => {
    const email = newAddress();
    const { body } = await auth.signUp(email);
    expect(await auth.rows('select 1 from auth.sessions where user_id = $1', [body.id])).toEqual([]);
    const right = await auth.signIn(email);
    expect([right.status, right.body.code]).toEqual([400, 'email_not_confirmed']);
    const wrong = await auth.signIn(email, 'not the password');
    expect([wrong.status, wrong.body.code]).toEqual([400, 'invalid_credentials']);
  });
});
