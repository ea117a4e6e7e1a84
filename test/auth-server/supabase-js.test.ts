/** An unmodified supabase-js client, whose requests end here. */
import { randomUUID } from 'node:crypto';
import { hash as argon2Hash } from '@node-rs/argon2';
import { hash as bcryptHash } from '@node-rs/bcrypt';
import { AuthWeakPasswordError } from '@supabase/supabase-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DATABASES, FIREBASE, newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

describe.each(DATABASES)('supabase-js on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());

  async function signedUp() {
    const client = auth.supabase();
    const email = newAddress();
    const { data, error } = await client.auth.signUp({
      email,
      password: PASSWORD,
      options: { data: { n: 1 } },
    });
    expect(error).toBeNull();
    return { client, email, id: data.user?.id as string, session: data.session! };
  }

  test('signs up, reads and updates its user, refreshes and signs out', async () => {
    const { client, email, session } = await signedUp();
    expect(session.user).toMatchObject({ email, user_metadata: { n: 1 } });
    expect((await client.auth.getUser()).data.user?.email).toBe(email);
    const updated = await client.auth.updateUser({ data: { display_name: 'Ada' } });
    expect(updated.data.user?.user_metadata).toMatchObject({ n: 1, display_name: 'Ada' });

    const refreshed = await client.auth.refreshSession();
    expect(refreshed.error).toBeNull();
    expect(refreshed.data.session?.refresh_token).not.toBe(session.refresh_token);
    expect(refreshed.data.user?.user_metadata).toMatchObject({ display_name: 'Ada' });
    const claims = await client.auth.getClaims();
    expect(claims.data?.claims.user_metadata).toMatchObject({ display_name: 'Ada' });

    expect((await client.auth.signOut()).error).toBeNull();
    expect((await client.auth.getUser()).data.user).toBeNull();
    expect((await client.auth.getUser(session.access_token)).error?.name).toBe('AuthSessionMissingError');
  });

  test('signs in, and learns why not', async () => {
    const { email } = await signedUp();
    const client = auth.supabase();
    const wrong = await client.auth.signInWithPassword({ email, password: 'wrong' });
    expect(wrong.error).toMatchObject({ status: 400, code: 'invalid_credentials', name: 'AuthApiError' });
    const right = await client.auth.signInWithPassword({ email, password: PASSWORD });
    expect(right.data.user?.email).toBe(email);
    expect((await client.auth.getUserIdentities()).data?.identities).toHaveLength(1);
    expect((await client.auth.mfa.listFactors()).data?.all).toEqual([]);
  });

  test('learns of a weak password, and of what is not offered', async () => {
    const client = auth.supabase();
    const weak = await client.auth.signUp({ email: newAddress(), password: 'short' });
    expect(weak.error).toBeInstanceOf(AuthWeakPasswordError);
    expect((weak.error as AuthWeakPasswordError).reasons).toEqual(['length']);
    expect((await client.auth.signInAnonymously()).error?.code).toBe('anonymous_provider_disabled');
    const phone = await client.auth.signInWithPassword({ phone: '491701234567', password: PASSWORD });
    expect(phone.error?.code).toBe('phone_provider_disabled');
  });

  test('changes its password with the current one', async () => {
    const { client, email } = await signedUp();
    const wrong = await client.auth.updateUser({
      password: 'another good password',
      current_password: 'wrong',
    });
    expect(wrong.error?.code).toBe('current_password_invalid');
    const right = await client.auth.updateUser({
      password: 'another good password',
      current_password: PASSWORD,
    });
    expect(right.error).toBeNull();
    const again = await auth.supabase().auth.signInWithPassword({ email, password: 'another good password' });
    expect(again.error).toBeNull();
  });

  test.each(['local', 'others', 'global'] as const)('signs out with scope %s', async (scope) => {
    const { client, email, session } = await signedUp();
    const other = auth.supabase();
    const elsewhere = (await other.auth.signInWithPassword({ email, password: PASSWORD })).data.session!;
    expect((await client.auth.signOut({ scope })).error).toBeNull();
    const [here, there] = await Promise.all(
      [session, elsewhere].map(async ({ refresh_token }) => {
        const { error } = await auth.supabase().auth.refreshSession({ refresh_token });
        return error?.code ?? 'alive';
      }),
    );
    expect({ here, there }).toEqual({
      here: scope === 'others' ? 'alive' : 'refresh_token_not_found',
      there: scope === 'local' ? 'alive' : 'refresh_token_not_found',
    });
  });

  test('takes a session over, and is told when a token was stolen', async () => {
    const { session } = await signedUp();
    const client = auth.supabase();
    expect((await client.auth.setSession(session)).data.user?.id).toBe(session.user.id);
    let { refresh_token } = session;
    for (let times = 0; times < 2; times += 1) {
      refresh_token = (await auth.supabase().auth.refreshSession({ refresh_token })).data.session!
        .refresh_token;
    }
    const replay = await auth.supabase().auth.refreshSession({ refresh_token: session.refresh_token });
    expect(replay.error?.code).toBe('refresh_token_already_used');
    expect((await auth.supabase().auth.refreshSession({ refresh_token })).error?.code).toBe(
      'refresh_token_not_found',
    );
  });

  describe('as an administrator', () => {
    const admin = () => auth.supabase(auth.serviceKey).auth.admin;

    test('creates, gets, updates, bans and deletes', async () => {
      const [id, email] = [randomUUID(), newAddress()];
      const created = await admin().createUser({
        id,
        email,
        password: PASSWORD,
        email_confirm: true,
        user_metadata: { display_name: 'Ada' },
        app_metadata: { tier: 'pro' },
      });
      expect(created.data.user).toMatchObject({ id, email, app_metadata: { tier: 'pro' } });
      expect((await admin().createUser({ email })).error).toMatchObject({
        status: 422,
        code: 'email_exists',
      });

      const updated = await admin().updateUserById(id, {
        ban_duration: '24h',
        app_metadata: { roles: ['admin'] },
      });
      expect(updated.data.user?.app_metadata).toMatchObject({ tier: 'pro', roles: ['admin'] });
      const banned = await auth.supabase().auth.signInWithPassword({ email, password: PASSWORD });
      expect(banned.error?.code).toBe('user_banned');
      await admin().updateUserById(id, { ban_duration: 'none' });
      const signedIn = await auth.supabase().auth.signInWithPassword({ email, password: PASSWORD });
      expect(signedIn.error).toBeNull();
      expect((await admin().getUserById(id)).data.user?.last_sign_in_at).toBeDefined();

      expect((await admin().signOut(signedIn.data.session!.access_token, 'global')).error).toBeNull();
      expect((await admin().deleteUser(id, true)).error).toBeNull();
      expect((await admin().getUserById(id)).data.user?.email).not.toContain('@');
      expect((await admin().deleteUser(id)).error).toBeNull();
      expect((await admin().getUserById(id)).error).toMatchObject({ status: 404, code: 'user_not_found' });
    });

    test.each([
      ['bcrypt', PASSWORD, () => bcryptHash(PASSWORD, 4)],
      ['Argon2', PASSWORD, () => argon2Hash(PASSWORD)],
      ['Firebase', FIREBASE.password, async () => FIREBASE.hash],
    ])('moves somebody here with their %s hash', async (_scheme, password, makeHash) => {
      const email = newAddress();
      const { error } = await admin().createUser({
        email,
        email_confirm: true,
        password_hash: await makeHash(),
      });
      expect(error).toBeNull();
      const signedIn = await auth.supabase().auth.signInWithPassword({ email, password });
      expect(signedIn.data.user?.email).toBe(email);
    });

    test('turns pages', async () => {
      for (let count = 0; count < 3; count += 1) await admin().createUser({ email: newAddress() });
      const { data, error } = await admin().listUsers({ page: 1, perPage: 2 });
      expect(error).toBeNull();
      expect(data.users).toHaveLength(2);
      expect(data).toMatchObject({ nextPage: 2, aud: 'authenticated' });
      const [counted] = await auth.rows('select count(*) as total from auth.users');
      expect('total' in data && data.total).toBe(counted?.total);
      expect((await admin().listUsers()).data.users.length).toBe(counted?.total);
    });

    test('is nobody without the secret key', async () => {
      const { client } = await signedUp();
      expect((await client.auth.admin.listUsers()).error?.code).toBe('bad_jwt');
    });
  });
});
