/** People without an address, and how they become full ones. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimsOf, DATABASES, newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

describe.each(DATABASES)('anonymous people on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind, { settings: { anonymousUsersEnabled: true } });
  });
  afterAll(() => auth.close());

  async function anonymous(data: object = {}) {
    const client = auth.supabase();
    const { data: answer, error } = await client.auth.signInAnonymously({ options: { data } });
    expect(error).toBeNull();
    return { client, id: answer.user?.id as string, session: answer.session! };
  }

  test('sign in at once, and are known as anonymous in the row, the answer and the token', async () => {
    const { client, id, session } = await anonymous({ theme: 'dark' });
    expect(session.user).toMatchObject({
      id,
      is_anonymous: true,
      email: '',
      phone: '',
      app_metadata: {},
      user_metadata: { theme: 'dark' },
      identities: [],
    });
    expect(claimsOf(session.access_token)).toMatchObject({
      sub: id,
      is_anonymous: true,
      email: '',
      role: 'authenticated',
      amr: [{ method: 'anonymous' }],
    });
    expect((await client.auth.getUser()).data.user?.is_anonymous).toBe(true);
    expect((await client.auth.refreshSession()).data.user?.is_anonymous).toBe(true);
    const rows = await auth.rows(
      'select email, phone, is_anonymous, encrypted_password, instance_id, confirmation_token from auth.users where id = $1',
      [id],
    );
    expect(rows).toEqual([
      {
        email: null,
        phone: null,
        is_anonymous: true,
        encrypted_password: null,
        instance_id: '00000000-0000-0000-0000-000000000000',
        confirmation_token: '',
      },
    ]);
  });

  test('are refused where they are not allowed, and where nobody may sign up', async () => {
    const off = auth.withSettings({ anonymousUsersEnabled: false });
    expect(await off.ask('/signup', { json: {} })).toMatchObject({
      status: 422,
      body: { code: 'anonymous_provider_disabled' },
    });
    expect((await off.ask('/settings')).body.external.anonymous_users).toBe(false);
    expect((await auth.ask('/settings')).body.external.anonymous_users).toBe(true);
    const closed = auth.withSettings({ signupEnabled: false });
    expect((await closed.ask('/signup', { json: { data: {} } })).body.code).toBe('signup_disabled');
  });

  test('set no password before an address is theirs, and afterwards keep their id', async () => {
    const { client, id } = await anonymous();
    const early = await client.auth.updateUser({ password: PASSWORD });
    expect(early.error).toMatchObject({ status: 422, code: 'validation_failed' });
    const both = await client.auth.updateUser({ email: newAddress(), password: PASSWORD });
    expect(both.error).toMatchObject({ status: 422, code: 'validation_failed' });
    expect((await client.auth.updateUser({ data: { n: 1 } })).data.user?.is_anonymous).toBe(true);

    const email = newAddress();
    const changed = await client.auth.updateUser({ email });
    expect(changed.data.user).toMatchObject({ id, email, is_anonymous: false });
    expect(changed.data.user?.app_metadata).toMatchObject({ providers: ['email'] });
    expect((await client.auth.updateUser({ password: PASSWORD })).error).toBeNull();
    const again = await auth.supabase().auth.signInWithPassword({ email, password: PASSWORD });
    expect(again.data.user?.id).toBe(id);
    expect(claimsOf(again.data.session!.access_token).is_anonymous).toBe(false);
  });

  test('are stopped at thirty an hour from one address', async () => {
    const limited = await openAuthServer(kind, { settings: { anonymousUsersEnabled: true }, limited: true });
    try {
      const statuses = [];
      for (let count = 0; count < 32; count += 1) {
        statuses.push((await limited.ask('/signup', { json: {} })).status);
      }
      expect(statuses).toEqual([...Array(30).fill(200), 429, 429]);
    } finally {
      await limited.close();
    }
  });
});
