/** A change of address, as an unmodified supabase-js asks for it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DATABASES, newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

describe.each(DATABASES)('a change of address on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind, {
      settings: { emailConfirmation: true, anonymousUsersEnabled: true },
    });
  });
  afterAll(() => auth.close());

  async function person() {
    const email = newAddress();
    const admin = auth.supabase(auth.serviceKey).auth.admin;
    await admin.createUser({ email, password: PASSWORD, email_confirm: true });
    const client = auth.supabase();
    const { data } = await client.auth.signInWithPassword({ email, password: PASSWORD });
    return { client, email, id: data.user!.id, accessToken: data.session!.access_token };
  }

  /** Asks for a change, and answers what was sent for it. */
  async function asked() {
    const ada = await person();
    const newEmail = newAddress('new');
    const { data, error } = await ada.client.auth.updateUser({ email: newEmail });
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ email: ada.email, new_email: newEmail });
    const [present] = await auth.messagesTo(ada.email);
    const [next] = await auth.messagesTo(newEmail);
    return { ...ada, newEmail, present: present!, next: next! };
  }

  const verify = (token_hash: string) => auth.supabase().auth.verifyOtp({ type: 'email_change', token_hash });
  const emailOf = async (id: string) =>
    (
      await auth.rows(
        'select email, email_change, email_change_confirm_status as status from auth.users where id = $1',
        [id],
      )
    )[0];

  test.each(['present first', 'new first'] as const)('takes both addresses: %s', async (order) => {
    const { id, email, newEmail, present, next, accessToken } = await asked();
    expect(present).toMatchObject({
      template: 'email-change-current',
      userId: id,
      data: { newEmail, oldEmail: email },
    });
    expect(next).toMatchObject({
      template: 'email-change-new',
      userId: id,
      data: { newEmail, oldEmail: email },
    });
    expect(next.link).toContain('https://auth.example.com/auth/v1/verify?token=');
    expect(present.code).not.toBe(next.code);
    const [first, second] = order === 'present first' ? [present, next] : [next, present];

    const half = await verify(first.tokenHash!);
    expect(half.error).toBeNull();
    expect(half.data.session).toBeNull();
    expect(await emailOf(id)).toMatchObject({ email, email_change: newEmail, status: 1 });
    expect((await verify(first.tokenHash!)).error?.code).toBe('otp_expired');

    const whole = await verify(second.tokenHash!);
    expect(whole.data.session?.user).toMatchObject({ id, email: newEmail });
    expect(whole.data.session?.user.new_email).toBeUndefined();
    expect(whole.data.session?.user.identities?.[0]?.identity_data).toMatchObject({ email: newEmail });
    expect(await emailOf(id)).toEqual({ email: newEmail, email_change: '', status: 0 });
    expect(auth.changed).toContain(id);
    // Sessions go on, and the old address hears of it.
    expect((await auth.ask('/user', { token: accessToken })).body.email).toBe(newEmail);
    expect((await auth.messagesTo(email))[0]).toMatchObject({
      template: 'email-changed',
      link: null,
      data: { oldEmail: email, newEmail },
    });
    expect((await auth.signIn(email)).body.code).toBe('invalid_credentials');
    expect((await auth.signIn(newEmail)).status).toBe(200);
  });

  test('takes the codes instead of the links, each with the address it went to', async () => {
    const { id, email, newEmail, present, next } = await asked();
    const code = (address: string, token: string) =>
      auth.supabase().auth.verifyOtp({ type: 'email_change', email: address, token });
    expect((await code(newEmail, present.code!)).error?.code).toBe('otp_expired');
    expect((await code(newEmail.toUpperCase(), next.code!)).data.session).toBeNull();
    expect((await code(email, present.code!)).data.session?.user).toMatchObject({ id, email: newEmail });
  });

  test('asks the new address alone where the operator says so', async () => {
    const { id, accessToken } = await person();
    const other = auth.withSettings({ emailConfirmation: true, secureEmailChange: false });
    const newEmail = newAddress('new');
    await other.ask('/user', { method: 'PUT', token: accessToken, json: { email: newEmail } });
    const [next] = await auth.messagesTo(newEmail);
    const { status, body } = await other.ask('/verify', {
      json: { type: 'email_change', token_hash: next!.tokenHash },
    });
    expect({ status, user: body.user.id, email: body.user.email }).toEqual({
      status: 200,
      user: id,
      email: newEmail,
    });
  });

  test('makes a full account of an anonymous person, when the address is confirmed and not before', async () => {
    const client = auth.supabase();
    const { data } = await client.auth.signInAnonymously();
    const id = data.user!.id;
    const email = newAddress();
    const requested = await client.auth.updateUser({ email });
    expect(requested.data.user).toMatchObject({ is_anonymous: true, new_email: email, email: '' });
    expect((await client.auth.updateUser({ password: PASSWORD })).error?.code).toBe('validation_failed');
    const confirmed = await verify((await auth.messagesTo(email))[0]!.tokenHash!);
    expect(confirmed.data.user).toMatchObject({
      id,
      email,
      is_anonymous: false,
      email_confirmed_at: expect.any(String),
    });
    expect((await client.auth.updateUser({ password: PASSWORD })).error).toBeNull();
    expect((await auth.signIn(email)).body.user.id).toBe(id);
  });

  test.each([
    [
      'another change is asked for',
      (client: Client) => client.auth.updateUser({ email: newAddress('third') }),
    ],
    [
      'the password changes',
      (client: Client) => client.auth.updateUser({ password: 'another good password' }),
    ],
  ])('forgets what was sent when %s', async (_what, happens) => {
    const { id, email, client, present, next } = await asked();
    expect((await verify(present.tokenHash!)).error).toBeNull();
    expect((await happens(client)).error).toBeNull();
    expect((await verify(next.tokenHash!)).error?.code).toBe('otp_expired');
    expect(await emailOf(id)).toMatchObject({ email, status: 0 });
  });

  test('forgets what was sent when an administrator changes the address', async () => {
    const { id, present, next } = await asked();
    const email = newAddress('set');
    await auth.supabase(auth.serviceKey).auth.admin.updateUserById(id, { email, email_confirm: true });
    for (const { tokenHash } of [present, next]) {
      expect((await verify(tokenHash!)).error?.code).toBe('otp_expired');
    }
    expect(await emailOf(id)).toEqual({ email, email_change: '', status: 0 });
  });

  test('lets an hour pass, and no more', async () => {
    const { present } = await asked();
    auth.clock.advance(3601);
    expect((await verify(present.tokenHash!)).error?.code).toBe('otp_expired');
  });

  test('counts each half once, however many present it at once', async () => {
    const { id, newEmail, present, next } = await asked();
    const fifty = (token_hash: string) =>
      Promise.all(
        Array.from({ length: 50 }, () => auth.ask('/verify', { json: { type: 'email_change', token_hash } })),
      );
    // Both halves at the same moment: one of the hundred is the first, one the second.
    const answers = (await Promise.all([fifty(present.tokenHash!), fifty(next.tokenHash!)])).flat();
    expect(answers.filter(({ body }) => body.code === '200')).toHaveLength(1);
    expect(answers.filter(({ body }) => body.access_token)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'otp_expired')).toHaveLength(98);
    expect(await emailOf(id)).toMatchObject({ email: newEmail });
  });

  test('is mailed again to the address that asks for it, and what the other one agreed to stands', async () => {
    const { id, email, newEmail, present, next } = await asked();
    await verify(present.tokenHash!);
    const again = (to: string) => auth.supabase().auth.resend({ type: 'email_change', email: to });
    expect((await again(newEmail)).error).toBeNull();
    const [newest] = await auth.messagesTo(newEmail);
    expect(newest).toMatchObject({ template: 'email-change-new', data: { oldEmail: email, newEmail } });
    expect((await verify(next.tokenHash!)).error?.code).toBe('otp_expired');
    expect((await verify(newest!.tokenHash!)).data.user).toMatchObject({ id, email: newEmail });
    const stranger = newAddress('stranger');
    expect((await again(stranger)).error).toBeNull();
    expect(await auth.messagesTo(stranger)).toEqual([]);
  });

  test('goes on with a code where it was asked for with PKCE', async () => {
    const { client, email, id } = await person();
    const { data } = await client.auth.getSession();
    const verifier = 'v'.repeat(43);
    const newEmail = newAddress('new');
    await auth.ask('/user', {
      method: 'PUT',
      token: data.session!.access_token,
      json: { email: newEmail, code_challenge: verifier, code_challenge_method: 'plain' },
    });
    const open = async (link: string) => {
      const answer = await auth.ask('/verify', {
        raw: new URL(link).search.slice(1),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      return new URL(answer.headers.get('location')!);
    };
    const first = await open((await auth.messagesTo(email))[0]!.link!);
    expect(first.searchParams.get('message') ?? first.hash).toContain('Confirmation');
    const second = await open((await auth.messagesTo(newEmail))[0]!.link!);
    const { body } = await auth.ask('/token?grant_type=pkce', {
      json: { auth_code: second.searchParams.get('code'), code_verifier: verifier },
    });
    expect(body.user).toMatchObject({ id, email: newEmail });
  });

  test('is good for nothing else', async () => {
    const { email, newEmail, present, next } = await asked();
    for (const type of ['signup', 'magiclink', 'recovery', 'invite', 'email'] as const) {
      const link = await auth.ask('/verify', { json: { type, token_hash: next.tokenHash } });
      expect([type, link.body.code]).toEqual([type, 'otp_expired']);
      const code = await auth.ask('/verify', { json: { type, email, token: present.code } });
      expect([type, code.body.code]).toEqual([type, 'otp_expired']);
    }
    expect((await verify(next.tokenHash!)).error).toBeNull();
    expect((await auth.signIn(newEmail)).status).toBe(400);
  });

  test('says of a taken address that it is, and of one taken meanwhile too', async () => {
    const { client, email } = await person();
    const grace = await person();
    const taken = await client.auth.updateUser({ email: grace.email.toUpperCase() });
    expect(taken.error).toMatchObject({ status: 422, code: 'email_exists' });
    expect(await auth.messagesTo(grace.email)).toEqual([]);

    const { present, next, newEmail } = await asked();
    await verify(present.tokenHash!);
    const admin = auth.supabase(auth.serviceKey).auth.admin;
    await admin.createUser({ email: newEmail, email_confirm: true });
    expect((await verify(next.tokenHash!)).error?.code).toBe('email_exists');
    expect((await auth.signIn(email)).status).toBe(200);
  });

  test('waits a minute between two mails to one address, whoever asks, and between two changes of one person', async () => {
    const limited = await openAuthServer(kind, { settings: { emailConfirmation: true }, limited: true });
    try {
      const people = await Promise.all(
        [1, 2].map(async () => {
          const email = newAddress();
          const admin = limited.supabase(limited.serviceKey).auth.admin;
          await admin.createUser({ email, password: PASSWORD, email_confirm: true });
          return (await limited.signIn(email)).body.access_token as string;
        }),
      );
      const change = (who: number, email: string) =>
        limited.ask('/user', { method: 'PUT', token: people[who]!, json: { email } });
      const wanted = newAddress();
      expect((await change(0, wanted)).status).toBe(200);
      const again = await change(1, wanted);
      expect(again).toMatchObject({ status: 429, body: { code: 'over_email_send_rate_limit' } });
      expect(Number(again.headers.get('retry-after'))).toBeGreaterThan(50);
      expect((await change(0, newAddress())).body.code).toBe('over_email_send_rate_limit');
    } finally {
      await limited.close();
    }
  });
});

type Client = ReturnType<TestServer['supabase']>;
