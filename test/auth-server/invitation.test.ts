/** Invitations and links by administrators, as an unmodified supabase-js asks for them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DATABASES, ISSUER, newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

describe.each(DATABASES)('administrators on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind, { settings: { emailConfirmation: true } });
  });
  afterAll(() => auth.close());

  const admin = () => auth.supabase(auth.serviceKey).auth.admin;
  const verify = (
    type: 'invite' | 'signup' | 'magiclink' | 'recovery' | 'email_change',
    token_hash: string,
  ) => auth.supabase().auth.verifyOtp({ type, token_hash });

  async function confirmed() {
    const email = newAddress();
    const { data } = await admin().createUser({ email, password: PASSWORD, email_confirm: true });
    return { email, id: data.user!.id };
  }

  test('invite somebody, who shows that the address is theirs and then sets a password', async () => {
    const email = newAddress();
    const redirectTo = 'https://evil.example.net/';
    const invited = await admin().inviteUserByEmail(email, { data: { display_name: 'Grace' }, redirectTo });
    expect(invited.error).toBeNull();
    expect(invited.data.user).toMatchObject({
      email,
      invited_at: expect.any(String),
      confirmation_sent_at: expect.any(String),
      user_metadata: { display_name: 'Grace' },
    });
    expect(invited.data.user?.email_confirmed_at).toBeUndefined();
    const [mail] = await auth.messagesTo(email);
    expect(mail).toMatchObject({ template: 'invite', data: { display_name: 'Grace' } });
    const link = new URL(mail!.link!);
    expect(`${link.origin}${link.pathname}`).toBe(`${ISSUER}/verify`);
    expect(link.searchParams.get('redirect_to')).not.toContain('evil');

    expect((await verify('signup', mail!.tokenHash!)).error?.code).toBe('otp_expired');
    const client = auth.supabase();
    const { data } = await client.auth.verifyOtp({ type: 'invite', token_hash: mail!.tokenHash! });
    expect(data.user).toMatchObject({ id: invited.data.user?.id, email_confirmed_at: expect.any(String) });
    expect((await client.auth.updateUser({ password: PASSWORD })).error).toBeNull();
    expect((await auth.signIn(email)).status).toBe(200);
    expect((await verify('invite', mail!.tokenHash!)).error?.code).toBe('otp_expired');
    expect((await admin().inviteUserByEmail(email)).error).toMatchObject({
      status: 422,
      code: 'email_exists',
    });
  });

  test('leave nothing to a stranger who signed up with the address first', async () => {
    const email = newAddress();
    await auth.signUp(email, { data: { display_name: 'Eve' } });
    const { data } = await admin().inviteUserByEmail(email, { data: { display_name: 'Grace' } });
    expect(data.user?.user_metadata).toMatchObject({ display_name: 'Grace' });
    await auth.signUp(email);
    await admin().inviteUserByEmail(email);
    const [mail] = await auth.messagesTo(email);
    expect((await verify('invite', mail!.tokenHash!)).error).toBeNull();
    expect((await auth.signIn(email)).body.code).toBe('invalid_credentials');
  });

  test('invite somebody whose invitation outlives what anybody can ask for', async () => {
    const email = newAddress();
    await admin().inviteUserByEmail(email, { data: { display_name: 'Grace' } });
    const [invitation] = await auth.messagesTo(email);
    const { body } = await auth.signUp(email, { data: { display_name: 'Eve' } });
    expect(body).toMatchObject({ email, user_metadata: { display_name: 'Eve' } });
    expect(body.invited_at).toBeUndefined();
    await auth.ask('/resend', { json: { type: 'signup', email } });
    await auth.ask('/otp', { json: { email, data: { display_name: 'Eve' } } });
    await auth.ask('/recover', { json: { email } });
    expect((await auth.messagesTo(email)).map(({ template }) => template)).toEqual([
      'recovery',
      'magic-link',
      // It says that there is an account, and how to get in.
      'account-exists',
      'invite',
    ]);
    const { data } = await verify('invite', invitation!.tokenHash!);
    expect(data.user).toMatchObject({ user_metadata: { display_name: 'Grace' } });
    expect((await auth.signIn(email)).body.code).toBe('invalid_credentials');
  });

  test.each(['recovery', 'magiclink'] as const)(
    'invite somebody who comes in by a %s of their own, should the invitation be lost',
    async (type) => {
      const email = newAddress();
      await admin().inviteUserByEmail(email, { data: { display_name: 'Grace' } });
      await auth.ask(type === 'recovery' ? '/recover' : '/otp', { json: { email } });
      const [mail] = await auth.messagesTo(email);
      const { data } = await verify(type, mail!.tokenHash!);
      expect(data.user).toMatchObject({
        email_confirmed_at: expect.any(String),
        user_metadata: { display_name: 'Grace' },
      });
    },
  );

  test('invite somebody whose number, which nobody has confirmed, is no way in', async () => {
    const { ask } = auth.withSettings({
      emailConfirmation: true,
      phone: { enabled: true, autoconfirm: false, codeTtlSeconds: 60, codeLength: 6 },
    });
    const [email, phone] = [newAddress(), '41790300001'];
    await admin().createUser({ email, phone });
    const { data } = await admin().inviteUserByEmail(email);
    await ask('/otp', { json: { phone } });
    await ask('/signup', { json: { phone, password: PASSWORD } });
    await ask('/resend', { json: { type: 'sms', phone } });
    expect(await auth.messagesTo(phone)).toEqual([]);
    const [mail] = await auth.messagesTo(email);
    expect((await verify('invite', mail!.tokenHash!)).data.user?.id).toBe(data.user?.id);
  });

  test('make a link that gives an account which a stranger has signed up to its owner, empty', async () => {
    for (const strangers of [
      (email: string) => auth.signUp(email, { data: { display_name: 'Eve' } }),
      (email: string) => auth.ask('/otp', { json: { email, data: { display_name: 'Eve' } } }),
    ]) {
      const email = newAddress();
      await strangers(email);
      const { data } = await admin().generateLink({ type: 'magiclink', email });
      const { data: verified } = await verify('magiclink', data.properties!.hashed_token);
      expect(verified.user?.user_metadata).not.toHaveProperty('display_name');
      expect((await auth.signIn(email)).body.code).toBe('invalid_credentials');
    }
  });

  test('invite where sign-ups are closed, and only with the secret key', async () => {
    const { ask } = auth.withSettings({ emailConfirmation: true, signupEnabled: false });
    const json = { email: newAddress() };
    expect((await ask('/invite', { token: auth.serviceKey, json })).status).toBe(200);
    const { email } = await confirmed();
    const token = (await auth.signIn(email)).body.access_token;
    for (const path of ['/invite', '/admin/generate_link']) {
      expect((await ask(path, { json })).status).toBe(401);
      expect((await ask(path, { token, json })).body.code).toBe('not_admin');
    }
  });

  test('make a link of every kind, which sends nothing and is good once, as what it is', async () => {
    const [ada, grace, edsger] = await Promise.all([confirmed(), confirmed(), confirmed()]);
    const [signedUp, invited, found] = [newAddress(), newAddress(), newAddress()];
    const links = [
      [{ type: 'signup', email: signedUp, password: PASSWORD }, 'signup'],
      [{ type: 'invite', email: invited }, 'invite'],
      [{ type: 'magiclink', email: ada.email }, 'magiclink'],
      [{ type: 'magiclink', email: found }, 'signup'],
      [{ type: 'recovery', email: grace.email }, 'recovery'],
    ] as const;
    for (const [params, type] of links) {
      const { data, error } = await admin().generateLink(params);
      expect(error).toBeNull();
      const { properties, user } = data;
      expect(user?.email).toBe(params.email);
      expect(properties).toMatchObject({
        verification_type: type,
        email_otp: expect.stringMatching(/^\d{6}$/),
      });
      const link = new URL(properties!.action_link);
      expect(`${link.origin}${link.pathname}`).toBe(`${ISSUER}/verify`);
      expect(Object.fromEntries(link.searchParams)).toEqual({
        token: properties!.hashed_token,
        type,
        redirect_to: properties!.redirect_to,
      });
      const other = type === 'recovery' ? 'magiclink' : 'recovery';
      expect((await verify(other, properties!.hashed_token)).error?.code).toBe('otp_expired');
      const { data: verified } = await verify(type, properties!.hashed_token);
      expect(verified.session?.user).toMatchObject({ id: user?.id, email_confirmed_at: expect.any(String) });
      expect((await verify(type, properties!.hashed_token)).error?.code).toBe('otp_expired');
      expect(await auth.messagesTo(params.email)).toEqual([]);
    }

    const newEmail = newAddress('new');
    const change = { email: edsger.email, newEmail };
    const current = await admin().generateLink({ type: 'email_change_current', ...change });
    const next = await admin().generateLink({ type: 'email_change_new', ...change });
    expect(next.data.user).toMatchObject({ id: edsger.id, new_email: newEmail });
    expect((await verify('email_change', current.data.properties!.hashed_token)).data.session).toBeNull();
    const done = await verify('email_change', next.data.properties!.hashed_token);
    expect(done.data.user).toMatchObject({ id: edsger.id, email: newEmail });
    expect(await auth.messagesTo(newEmail)).toEqual([]);
  });

  test('hand out a code that does what the link does', async () => {
    const { email, id } = await confirmed();
    const { data } = await admin().generateLink({ type: 'magiclink', email });
    const token = data.properties!.email_otp;
    const signedIn = await auth.supabase().auth.verifyOtp({ type: 'magiclink', email, token });
    expect(signedIn.data.user?.id).toBe(id);
    expect((await verify('magiclink', data.properties!.hashed_token)).error?.code).toBe('otp_expired');
  });

  test('are told what cannot be done', async () => {
    const [ada, grace] = [await confirmed(), await confirmed()];
    const codeOf = async (json: object) => {
      const { body } = await auth.ask('/admin/generate_link', { token: auth.serviceKey, json });
      return body.code;
    };
    expect(await codeOf({ type: 'recovery', email: newAddress() })).toBe('user_not_found');
    expect(await codeOf({ type: 'invite', email: ada.email })).toBe('email_exists');
    expect(await codeOf({ type: 'signup', email: ada.email, password: PASSWORD })).toBe('email_exists');
    expect(await codeOf({ type: 'signup', email: newAddress() })).toBe('validation_failed');
    expect(await codeOf({ type: 'signup', email: newAddress(), password: 'short' })).toBe('weak_password');
    const change = { type: 'email_change_new', email: ada.email };
    expect(await codeOf(change)).toBe('validation_failed');
    expect(await codeOf({ ...change, new_email: grace.email })).toBe('email_exists');
    expect(await codeOf({ type: 'reauthentication', email: ada.email })).toBe('validation_failed');
  });

  test('cannot make two people of one invitation: of fifty who open it at once one comes in', async () => {
    const email = newAddress();
    await admin().inviteUserByEmail(email);
    const [mail] = await auth.messagesTo(email);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        auth.ask('/verify', { json: { type: 'invite', token_hash: mail!.tokenHash } }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'otp_expired')).toHaveLength(49);
  });
});
