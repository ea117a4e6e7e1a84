/** Phone numbers as a way in, as an unmodified supabase-js uses them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimsOf, DATABASES, newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

const phoneSettings = { enabled: true, autoconfirm: false, codeTtlSeconds: 60, codeLength: 6 };

let lastNumber = 41_790_000_000;
function newNumber(): string {
  lastNumber += 1;
  return String(lastNumber);
}

describe.each(DATABASES)('phone numbers on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind, {
      settings: { phone: phoneSettings, anonymousUsersEnabled: true, emailConfirmation: true },
    });
  });
  afterAll(() => auth.close());

  const codeTo = async (phone: string) => (await auth.messagesTo(phone))[0]?.code as string;
  /** By the code that went there last, unless another is given. */
  const verify = async (phone: string, type: 'sms' | 'phone_change' = 'sms', token?: string) =>
    auth.supabase().auth.verifyOtp({ phone, type, token: token ?? (await codeTo(phone)) });

  async function person() {
    const phone = newNumber();
    await auth.supabase().auth.signUp({ phone, password: PASSWORD });
    const { data } = await verify(phone);
    const client = auth.supabase();
    await client.auth.signInWithPassword({ phone, password: PASSWORD });
    return { client, phone, id: data.user!.id, accessToken: data.session!.access_token };
  }

  test('sign somebody up, when the code that went there is given', async () => {
    const phone = newNumber();
    const client = auth.supabase();
    const signedUp = await client.auth.signUp({
      phone: `+${phone}`,
      password: PASSWORD,
      options: { data: { n: 1 } },
    });
    expect(signedUp.error).toBeNull();
    expect(signedUp.data).toMatchObject({ session: null, user: { phone, email: '' } });
    const early = await auth.supabase().auth.signInWithPassword({ phone, password: PASSWORD });
    expect(early.error?.code).toBe('phone_not_confirmed');
    expect(await auth.messagesTo(phone)).toMatchObject([
      { channel: 'sms', template: 'phone-code', code: expect.stringMatching(/^\d{6}$/) },
    ]);

    const { data, error } = await verify(`+${phone}`, 'sms', await codeTo(phone));
    expect(error).toBeNull();
    expect(data.user).toMatchObject({
      phone,
      phone_confirmed_at: expect.any(String),
      user_metadata: { n: 1 },
    });
    expect(data.user?.identities).toMatchObject([{ provider: 'phone', identity_data: { phone } }]);
    expect(claimsOf(data.session!.access_token)).toMatchObject({
      phone,
      email: '',
      amr: [{ method: 'otp' }],
    });
    expect((await verify(phone, 'sms', await codeTo(phone))).error?.code).toBe('otp_expired');
    const again = await auth.supabase().auth.signInWithPassword({ phone: `+${phone}`, password: PASSWORD });
    expect(again.data.user?.id).toBe(data.user?.id);
    expect((await auth.supabase().auth.signInWithPassword({ phone, password: 'wrong' })).error?.code).toBe(
      'invalid_credentials',
    );
  });

  test('do not tell at the sign-up whether somebody has them', async () => {
    const { phone, id } = await person();
    const unconfirmed = newNumber();
    const signUp = (to: string, password = PASSWORD) =>
      auth.ask('/signup', { json: { phone: to, password } });
    await signUp(unconfirmed, 'the first password');
    const before = (await auth.messagesTo(phone)).length;
    const counts = [];
    const shapes = [];
    for (const to of [newNumber(), unconfirmed, phone]) {
      let answer: Awaited<ReturnType<typeof signUp>>;
      const statements = await auth.statementsDuring(async () => {
        answer = await signUp(to, 'another good password');
      });
      counts.push(statements.length);
      expect(answer!.body.id).not.toBe(id);
      shapes.push([answer!.status, Object.keys(answer!.body).sort()]);
    }
    expect(new Set(counts).size).toBe(1);
    expect(shapes[1]).toEqual(shapes[0]);
    expect(shapes[2]).toEqual(shapes[0]);
    // Whoever has it is left alone. Of two who sign up, one may be a stranger: neither password holds.
    expect(await auth.messagesTo(phone)).toHaveLength(before);
    expect((await auth.supabase().auth.signInWithPassword({ phone, password: PASSWORD })).error).toBeNull();
    expect((await verify(unconfirmed)).error).toBeNull();
    for (const password of ['the first password', 'another good password']) {
      const { error } = await auth.supabase().auth.signInWithPassword({ phone: unconfirmed, password });
      expect(error?.code).toBe('invalid_credentials');
    }
  });

  test('are confirmed at once where the operator says so', async () => {
    const { ask } = auth.withSettings({ phone: { ...phoneSettings, autoconfirm: true } });
    const phone = newNumber();
    const { body } = await ask('/signup', { json: { phone, password: PASSWORD } });
    expect(body.user).toMatchObject({ phone, phone_confirmed_at: expect.any(String) });
    expect((await ask('/signup', { json: { phone, password: PASSWORD } })).body.code).toBe(
      'user_already_exists',
    );
    expect((await ask('/settings')).body).toMatchObject({
      phone_autoconfirm: true,
      external: { phone: true },
    });
    const next = newNumber();
    const changed = await ask('/user', { method: 'PUT', token: body.access_token, json: { phone: next } });
    expect(changed.body).toMatchObject({ phone: next });
    expect(await auth.messagesTo(next)).toEqual([]);
  });

  test('are nothing where the operator has not turned them on', async () => {
    const { ask } = auth.withSettings({ phone: { ...phoneSettings, enabled: false } });
    const { accessToken } = await person();
    const phone = newNumber();
    const answers = [
      await ask('/signup', { json: { phone, password: PASSWORD } }),
      await ask('/token?grant_type=password', { json: { phone, password: PASSWORD } }),
      await ask('/user', { method: 'PUT', token: accessToken, json: { phone } }),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [400, 'phone_provider_disabled'],
      [422, 'phone_provider_disabled'],
      [400, 'phone_provider_disabled'],
    ]);
    expect((await ask('/settings')).body).toMatchObject({ external: { phone: false }, sms_provider: '' });
  });

  test('sign somebody in by a code, and make the account of somebody new', async () => {
    const phone = newNumber();
    const client = auth.supabase();
    const asked = await client.auth.signInWithOtp({ phone, options: { data: { n: 1 } } });
    expect(asked.error).toBeNull();
    const first = await verify(phone);
    expect(first.data.user).toMatchObject({ phone, user_metadata: { n: 1 } });
    await client.auth.signInWithOtp({ phone: `+${phone}` });
    expect((await verify(phone)).data.user?.id).toBe(first.data.user?.id);

    const unknown = newNumber();
    const options = { shouldCreateUser: false };
    expect((await client.auth.signInWithOtp({ phone: unknown, options })).error).toBeNull();
    expect(await auth.messagesTo(unknown)).toEqual([]);
    expect(await auth.rows('select id from auth.users where phone = $1', [unknown])).toEqual([]);
  });

  test('take the same statements to ask for a code, whoever has them', async () => {
    const { phone } = await person();
    const unconfirmed = newNumber();
    await auth.supabase().auth.signUp({ phone: unconfirmed, password: PASSWORD });
    const counts = [];
    for (const to of [phone, unconfirmed, newNumber()]) {
      const ask = () => auth.ask('/otp', { json: { phone: to, create_user: false } });
      const resend = () => auth.ask('/resend', { json: { type: 'sms', phone: to } });
      counts.push([(await auth.statementsDuring(ask)).length, (await auth.statementsDuring(resend)).length]);
      expect((await resend()).body).toEqual({});
    }
    expect(new Set(counts.map(String)).size).toBe(1);
  });

  test('are their owner’s, whatever a stranger has signed up with them before', async () => {
    const phone = newNumber();
    const stranger = { phone, password: 'the password of a stranger' };
    await auth.supabase().auth.signUp({ ...stranger, options: { data: { display_name: 'Eve' } } });
    await auth.supabase().auth.signInWithOtp({ phone });
    await auth.supabase().auth.signUp(stranger);
    const { data } = await verify(phone);
    expect(data.user?.phone).toBe(phone);
    const eve = await auth.supabase().auth.signInWithPassword(stranger);
    expect(eve.error?.code).toBe('invalid_credentials');
  });

  test('are not confirmed in a stranger’s account by whoever asks for a code to sign in with', async () => {
    const phone = newNumber();
    const password = 'the password of a stranger';
    const show = async (type: string) =>
      auth.ask('/verify', { json: { type, phone, token: await codeTo(phone) } });
    await auth.ask('/signup', { json: { phone, password, data: { display_name: 'Eve' } } });
    // The code of the sign-up is none to sign in with.
    expect(await show('magiclink')).toMatchObject({ status: 403, body: { code: 'otp_expired' } });
    await auth.ask('/otp', { json: { phone } });
    expect(await show('signup')).toMatchObject({ status: 403, body: { code: 'otp_expired' } });
    // As if a stranger had signed up between the two.
    await auth.rows(
      `update auth.users set encrypted_password = 'x', raw_user_meta_data = raw_user_meta_data || '{"display_name": "Eve"}'
       where phone = $1`,
      [phone],
    );
    const { status, body } = await show('sms');
    expect(status).toBe(200);
    expect(body.user.user_metadata).not.toHaveProperty('display_name');
    expect(await auth.rows('select encrypted_password from auth.users where phone = $1', [phone])).toEqual([
      { encrypted_password: null },
    ]);

    const own = newNumber();
    await auth.ask('/signup', { json: { phone: own, password } });
    const json = { type: 'signup', phone: own, token: await codeTo(own) };
    expect((await auth.ask('/verify', { json })).status).toBe(200);
    expect((await auth.supabase().auth.signInWithPassword({ phone: own, password })).error).toBeNull();
  });

  test('are sent no code again where a stranger wants the same number, and it is anybody’s guess whose it is', async () => {
    const [{ client: ada }, { client: eve }] = [await person(), await person()];
    const next = newNumber();
    await ada.auth.updateUser({ phone: next });
    await eve.auth.updateUser({ phone: next });
    const before = (await auth.messagesTo(next)).length;
    const again = await auth.supabase().auth.resend({ type: 'phone_change', phone: next });
    expect(again.error).toBeNull();
    expect(await auth.messagesTo(next)).toHaveLength(before);
    await ada.auth.updateUser({ phone: next });
    expect((await verify(next, 'phone_change')).data.user?.id).toBe((await ada.auth.getUser()).data.user?.id);
  });

  test('keep what an administrator gave them, when a stranger signs up with the number', async () => {
    const phone = newNumber();
    const user_metadata = { display_name: 'Ada' };
    const json = { phone, password: PASSWORD, user_metadata };
    const made = await auth.ask('/admin/users', { token: auth.serviceKey, json });
    await auth
      .supabase()
      .auth.signUp({ phone, password: 'a stranger’s own', options: { data: { display_name: 'Eve' } } });
    const [row] = await auth.rows(
      'select encrypted_password is not null as "hasPassword", raw_user_meta_data as profile from auth.users where id = $1',
      [made.body.id],
    );
    expect(row).toMatchObject({ hasPassword: true, profile: user_metadata });
  });

  test('keep the password and the profile that an administrator gave them, when a code is asked for', async () => {
    const phone = newNumber();
    const json = { phone, password: PASSWORD, user_metadata: { team: 'red' } };
    const made = await auth.ask('/admin/users', { token: auth.serviceKey, json });
    expect(made.body.id).toEqual(expect.any(String));
    await auth.supabase().auth.signInWithOtp({ phone });
    const { data } = await verify(phone);
    expect(data.user).toMatchObject({ id: made.body.id, user_metadata: { team: 'red' } });
    expect((await auth.supabase().auth.signInWithPassword({ phone, password: PASSWORD })).error).toBeNull();
  });

  test('are sent another code, in place of the one before', async () => {
    const phone = newNumber();
    await auth.supabase().auth.signUp({ phone, password: PASSWORD });
    const old = await codeTo(phone);
    expect((await auth.supabase().auth.resend({ type: 'sms', phone })).error).toBeNull();
    expect(await auth.messagesTo(phone)).toHaveLength(2);
    if (old !== (await codeTo(phone))) {
      expect((await verify(phone, 'sms', old)).error?.code).toBe('otp_expired');
    }
    expect((await verify(phone)).error).toBeNull();
    await auth.supabase().auth.resend({ type: 'sms', phone });
    expect(await auth.messagesTo(phone)).toHaveLength(2);

    const { client } = await person();
    const next = newNumber();
    await client.auth.updateUser({ phone: next });
    await auth.supabase().auth.resend({ type: 'phone_change', phone: next });
    expect((await verify(next, 'phone_change')).data.user?.phone).toBe(next);
  });

  test('are not found out by trying: ten wrong codes, and the right one is none either', async () => {
    const phone = newNumber();
    await auth.supabase().auth.signUp({ phone, password: PASSWORD });
    const right = await codeTo(phone);
    const wrong = right === '111111' ? '222222' : '111111';
    for (let count = 0; count < 10; count += 1) await verify(phone, 'sms', wrong);
    expect((await verify(phone, 'sms', right)).error?.code).toBe('otp_expired');
  });

  test('change when the new one confirms', async () => {
    const { client, phone, id } = await person();
    const next = newNumber();
    const asked = await client.auth.updateUser({ phone: `+${next}` });
    expect(asked.data.user).toMatchObject({ phone, new_phone: next });
    const wrong = await verify(next, 'sms', await codeTo(next));
    expect(wrong.error?.code).toBe('otp_expired');
    const { data } = await verify(next, 'phone_change');
    expect(data.session?.user).toMatchObject({ id, phone: next });
    expect(data.session?.user.new_phone).toBeUndefined();
    // The code went to where whoever has the session said, and so shows nothing of who they are.
    expect(claimsOf(data.session!.access_token).amr).toMatchObject([{ method: 'email_change' }]);
    expect(auth.changed).toContain(id);
    const old = await auth.supabase().auth.signInWithPassword({ phone, password: PASSWORD });
    expect(old.error?.code).toBe('invalid_credentials');
    expect((await client.auth.updateUser({ phone: (await person()).phone })).error).toMatchObject({
      status: 422,
      code: 'phone_exists',
    });
  });

  test('come to somebody with an address, who hears of it by mail', async () => {
    const email = newAddress();
    await auth
      .supabase(auth.serviceKey)
      .auth.admin.createUser({ email, password: PASSWORD, email_confirm: true });
    const client = auth.supabase();
    await client.auth.signInWithPassword({ email, password: PASSWORD });
    const phone = newNumber();
    await client.auth.updateUser({ phone });
    expect((await verify(phone, 'phone_change')).data.user).toMatchObject({ email, phone });
    expect((await auth.messagesTo(email))[0]).toMatchObject({
      template: 'phone-changed',
      data: { newPhone: phone },
    });
    expect((await auth.supabase().auth.signInWithPassword({ phone, password: PASSWORD })).error).toBeNull();
  });

  test('make a full account of an anonymous person', async () => {
    const client = auth.supabase();
    const { data } = await client.auth.signInAnonymously();
    const phone = newNumber();
    expect((await client.auth.updateUser({ phone })).data.user?.is_anonymous).toBe(true);
    expect((await verify(phone, 'phone_change')).data.user).toMatchObject({
      id: data.user?.id,
      phone,
      is_anonymous: false,
    });
  });

  test('count a code once, however many give it at once, and for a minute', async () => {
    const phone = newNumber();
    await auth.supabase().auth.signUp({ phone, password: PASSWORD });
    const token = await codeTo(phone);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => auth.ask('/verify', { json: { type: 'sms', phone, token } })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const late = newNumber();
    await auth.supabase().auth.signUp({ phone: late, password: PASSWORD });
    auth.clock.advance(61);
    expect((await verify(late)).error?.code).toBe('otp_expired');
  });

  test.each([
    ['/signup', { password: PASSWORD }],
    ['/otp', {}],
  ])('are their owner’s, also where %s comes too early for a code of its own', async (path, more) => {
    const limited = await openAuthServer(kind, { settings: { phone: phoneSettings }, limited: true });
    try {
      const phone = newNumber();
      const password = 'the password of a stranger';
      await limited.ask('/signup', { json: { phone, password } });
      expect((await limited.ask(path, { json: { phone, ...more } })).status).toBe(429);
      const [text] = await limited.messagesTo(phone);
      expect((await limited.ask('/verify', { json: { type: 'sms', phone, token: text?.code } })).status).toBe(
        200,
      );
      const eve = await limited.ask('/token?grant_type=password', { json: { phone, password } });
      expect(eve.body.code).toBe('invalid_credentials');
    } finally {
      await limited.close();
    }
  });

  test('are sent one message a minute, whether or not somebody has them', async () => {
    const limited = await openAuthServer(kind, { settings: { phone: phoneSettings }, limited: true });
    try {
      const phone = newNumber();
      const signUp = () => limited.ask('/signup', { json: { phone, password: PASSWORD } });
      expect((await signUp()).status).toBe(200);
      expect(await signUp()).toMatchObject({ status: 429, body: { code: 'over_sms_send_rate_limit' } });
      expect(await limited.messagesTo(phone)).toHaveLength(1);
    } finally {
      await limited.close();
    }
  });

  test('are what wrong passwords are counted under, at the sign-in and where the present one is asked for', async () => {
    const settings = { phone: { ...phoneSettings, autoconfirm: true }, manualLinking: true };
    const limited = await openAuthServer(kind, { settings, limited: true });
    try {
      const phone = newNumber();
      const { body } = await limited.ask('/signup', { json: { phone, password: PASSWORD } });
      for (let attempt = 0; attempt < 10; attempt += 1) {
        const json = { phone, password: 'wrong' };
        const { status } = await limited.ask('/token?grant_type=password', { json });
        expect(status).toBe(400);
      }
      const put = (json: object) => limited.ask('/user', { method: 'PUT', token: body.access_token, json });
      for (const json of [
        { password: 'another good password', current_password: 'wrong' },
        // "The same" would tell as much.
        { password: PASSWORD },
      ]) {
        expect(await put(json)).toMatchObject({ status: 429, body: { code: 'over_request_rate_limit' } });
      }
    } finally {
      await limited.close();
    }
  });
});
