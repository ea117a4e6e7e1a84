import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signAccessToken } from '../../src/adapters/tokens/access-token.ts';
import { signProjectKey } from '../../src/adapters/tokens/project-key.ts';
import {
  type Ask,
  claimsOf,
  DATABASES,
  newAddress,
  openAuthServer,
  PASSWORD,
  type TestServer,
} from './support.ts';

const ARGON2 =
  '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$bGltZW5saW1lbmxpbWVubGltZW5saW1lbmxpbWVubGk';

describe.each(DATABASES)('/admin/users on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());

  const admin = (path: string, ask: Ask = {}) =>
    auth.ask(`/admin/users${path}`, { token: auth.serviceKey, ...ask });
  const create = (json: object) => admin('', { json });
  const update = (id: string, json: object) => admin(`/${id}`, { method: 'PUT', json });
  const remove = (id: string, json?: object) => admin(`/${id}`, { method: 'DELETE', json });
  const codeOf = async (answer: Promise<{ status: number; body: { code: string } }>) => {
    const { status, body } = await answer;
    return [status, body.code];
  };

  test('is for administrators alone', async () => {
    const person = await auth.newPerson();
    const anon = await signProjectKey(auth.keys, 'anon', auth.clock.now, 3600);
    const tokens = [undefined, 'not.a.token', anon, person.accessToken];
    const expected = [
      [401, 'no_authorization'],
      [403, 'bad_jwt'],
      [403, 'not_admin'],
      [403, 'not_admin'],
    ];
    const calls: [string, Ask][] = [
      ['', {}],
      ['', { json: { email: newAddress() } }],
      [`/${person.id}`, {}],
      [`/${person.id}`, { method: 'PUT', json: { role: 'service_role' } }],
      [`/${person.id}`, { method: 'DELETE' }],
    ];
    for (const [path, ask] of calls) {
      const answers = tokens.map((token) =>
        codeOf(auth.ask(`/admin/users${path}`, { ...ask, ...(token && { token }) })),
      );
      expect(await Promise.all(answers)).toEqual(expected);
    }
    expect((await admin(`/${person.id}`)).body.role).toBe('authenticated');
  });

  test("is closed to an administrator's person once their session is over", async () => {
    const { id, email } = await auth.newPerson();
    await update(id, { role: 'supabase_admin' });
    const { access_token } = (await auth.signIn(email)).body;
    expect((await auth.ask(`/admin/users/${id}`, { token: access_token })).status).toBe(200);
    await auth.ask('/logout', { method: 'POST', token: access_token });
    expect(await codeOf(auth.ask(`/admin/users/${id}`, { token: access_token }))).toEqual([
      403,
      'session_not_found',
    ]);
    const forged = await signAccessToken(auth.keys, { ...claimsOf(access_token), aud: 'elsewhere' });
    expect(await codeOf(auth.ask(`/admin/users/${id}`, { token: forged }))).toEqual([403, 'bad_jwt']);
  });

  test("is closed to an administrator's person once the role is taken from them", async () => {
    const { id, email } = await auth.newPerson();
    await update(id, { role: 'supabase_admin' });
    const { access_token } = (await auth.signIn(email)).body;
    await update(id, { role: 'authenticated' });
    const regain = auth.ask(`/admin/users/${id}`, {
      method: 'PUT',
      token: access_token,
      json: { role: 'service_role' },
    });
    expect(await codeOf(regain)).toEqual([403, 'not_admin']);
    const grant = { method: 'PUT', token: access_token, json: { app_metadata: { roles: ['admin'] } } };
    expect(await codeOf(auth.ask('/user', grant))).toEqual([403, 'not_admin']);
    expect((await admin(`/${id}`)).body.role).toBe('authenticated');
  });

  test('creates somebody with everything given', async () => {
    const [id, email] = [randomUUID(), newAddress('Ada')];
    const phone = `+49170${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`;
    const { status, body } = await create({
      id,
      email,
      phone,
      password: PASSWORD,
      email_confirm: true,
      phone_confirm: true,
      user_metadata: { display_name: 'Ada' },
      app_metadata: { roles: ['editor'] },
      role: 'staff',
      ban_duration: '1h30m',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      email: email.toLowerCase(),
      phone: phone.slice(1),
      role: 'staff',
      user_metadata: { display_name: 'Ada', email_verified: true },
      app_metadata: { provider: 'email', providers: ['email', 'phone'], roles: ['editor'] },
      banned_until: new Date(auth.clock.now().getTime() + 5_400_000).toISOString(),
      confirmed_at: auth.clock.now().toISOString(),
    });
    expect(body.identities.map((identity: { provider: string }) => identity.provider)).toEqual([
      'email',
      'phone',
    ]);
    const read = await admin(`/${id}`);
    expect(new Set(Object.keys(read.body))).toEqual(new Set(Object.keys(body)));
    expect(read.body).toMatchObject({ ...body, identities: expect.any(Array) });
    expect(await codeOf(auth.signIn(email))).toEqual([400, 'user_banned']);
  });

  test('creates somebody unconfirmed, without a password, unless told otherwise', async () => {
    const email = newAddress();
    const { body } = await create({ email });
    expect(body.email_confirmed_at).toBeUndefined();
    expect(body.user_metadata).toEqual({ email_verified: false });
    const [row] = await auth.rows('select * from auth.users where id = $1', [body.id]);
    expect(row).toMatchObject({
      encrypted_password: null,
      instance_id: '00000000-0000-0000-0000-000000000000',
      confirmation_token: '',
      phone: null,
    });
  });

  test('says what is taken', async () => {
    const phone = `1555${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`;
    const { body: taken } = await create({ email: newAddress(), phone });
    expect(await codeOf(create({ email: taken.email.toUpperCase() }))).toEqual([422, 'email_exists']);
    expect(await codeOf(create({ phone }))).toEqual([422, 'phone_exists']);
    expect(await codeOf(create({ id: taken.id, email: newAddress() }))).toEqual([422, 'user_already_exists']);
    const { body: other } = await create({ email: newAddress() });
    expect(await codeOf(update(other.id, { email: taken.email }))).toEqual([422, 'email_exists']);
    expect(await codeOf(update(other.id, { phone }))).toEqual([422, 'phone_exists']);
    expect((await admin(`/${other.id}`)).body).toMatchObject({
      email: other.email,
      identities: [{ email: other.email }],
    });
  });

  test.each([
    ['neither address nor number', {}, 400, 'validation_failed'],
    ['a bad address', { email: 'nobody' }, 400, 'validation_failed'],
    ['a bad number', { phone: '12-34' }, 400, 'validation_failed'],
    ['a bad id', { id: 'me', email: 'new@example.com' }, 400, 'validation_failed'],
    ['a weak password', { email: 'new@example.com', password: 'short' }, 422, 'weak_password'],
    [
      'password and hash',
      { email: 'new@example.com', password: PASSWORD, password_hash: ARGON2 },
      400,
      'validation_failed',
    ],
    [
      'a plain text for a hash',
      { email: 'new@example.com', password_hash: PASSWORD },
      400,
      'validation_failed',
    ],
    [
      'a hash at a cost beyond reason',
      { email: 'new@example.com', password_hash: ARGON2.replace('m=19456', 'm=99999999') },
      400,
      'validation_failed',
    ],
    ['a ban of a week', { email: 'new@example.com', ban_duration: '1w' }, 400, 'validation_failed'],
    [
      'a ban of a thousand years',
      { email: 'new@example.com', ban_duration: '8766000h' },
      400,
      'validation_failed',
    ],
    ['a negative ban', { email: 'new@example.com', ban_duration: '-1h' }, 400, 'validation_failed'],
    [
      'metadata nested without end',
      { email: 'new@example.com', user_metadata: nested(200) },
      400,
      'validation_failed',
    ],
  ])('refuses to create somebody with %s', async (_what, json, status, code) => {
    expect(await codeOf(create(json))).toEqual([status, code]);
    expect(await auth.rows("select 1 from auth.users where email = 'new@example.com'")).toEqual([]);
  });

  test('takes a hash that it can verify', async () => {
    expect((await create({ email: newAddress(), password_hash: ARGON2 })).status).toBe(200);
  });

  test('gets somebody in one statement', async () => {
    const { id } = await auth.newPerson();
    const statements = await auth.statementsDuring(() => admin(`/${id}`));
    expect(statements).toHaveLength(1);
  });

  test('tells an unknown id from none', async () => {
    for (const ask of [{}, { method: 'PUT', json: { role: 'x' } }, { method: 'DELETE' }]) {
      expect(await codeOf(admin(`/${randomUUID()}`, ask))).toEqual([404, 'user_not_found']);
      expect(await codeOf(admin('/me', ask))).toEqual([404, 'validation_failed']);
    }
  });

  test('updates what is given and merges metadata', async () => {
    const { body: user } = await create({
      email: newAddress(),
      app_metadata: { a: 1, b: 2 },
      user_metadata: { c: 3, d: 4 },
    });
    const email = newAddress('new');
    const { status, body } = await update(user.id, {
      email,
      email_confirm: true,
      app_metadata: { a: null, roles: ['editor'] },
      user_metadata: { c: { e: 5 } },
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      email,
      email_confirmed_at: auth.clock.now().toISOString(),
      user_metadata: { c: { e: 5 }, d: 4, email_verified: true },
      identities: [{ email, identity_data: { email, email_verified: true } }],
    });
    expect(body.app_metadata).toEqual({ provider: 'email', providers: ['email'], b: 2, roles: ['editor'] });
    expect(auth.changed).toContain(user.id);
  });

  test('gives an identity to whoever gets an address', async () => {
    const phone = `1666${String(Math.floor(Math.random() * 1e7)).padStart(7, '0')}`;
    const { body: user } = await create({ phone });
    const { body } = await update(user.id, { email: newAddress() });
    expect(body.app_metadata).toEqual({ provider: 'phone', providers: ['phone', 'email'] });
    expect(body.identities).toHaveLength(2);
  });

  test('ends all sessions with a new password, and only then', async () => {
    const person = await auth.newPerson();
    await update(person.id, { role: 'staff', password_hash: ARGON2 });
    expect((await auth.refresh(person.refreshToken)).status).toBe(200);
    await update(person.id, { password: 'another good password' });
    expect(auth.ended).toContain(person.sessionId);
    expect(await codeOf(auth.refresh(person.refreshToken))).toEqual([400, 'refresh_token_not_found']);
    expect((await auth.signIn(person.email, 'another good password')).status).toBe(200);
  });

  test('bans and lifts the ban', async () => {
    const { id, email, accessToken } = await auth.newPerson();
    await update(id, { ban_duration: '24h' });
    expect(await codeOf(auth.ask('/user', { token: accessToken }))).toEqual([403, 'user_banned']);
    const { body } = await update(id, { ban_duration: 'none' });
    expect(body.banned_until).toBeUndefined();
    expect((await auth.signIn(email)).status).toBe(200);
  });

  test('deletes somebody with everything that is theirs', async () => {
    const { id, email, sessionId, accessToken } = await auth.newPerson();
    const { status, body } = await remove(id.toUpperCase());
    expect([status, body]).toEqual([200, {}]);
    expect(auth.ended).toContain(sessionId);
    expect(auth.changed).toContain(id);
    for (const table of ['identities', 'sessions', 'mfa_factors', 'one_time_tokens']) {
      expect(await auth.rows(`select 1 from auth.${table} where user_id = $1`, [id])).toEqual([]);
    }
    expect(await codeOf(auth.ask('/user', { token: accessToken }))).toEqual([403, 'user_not_found']);
    expect((await auth.signUp(email)).status).toBe(200);
  });

  test('keeps of a softly deleted person no more than that somebody was', async () => {
    const { id, email, sessionId, accessToken } = await auth.newPerson({ data: { display_name: 'Ada' } });
    const { status } = await remove(id, { should_soft_delete: true });
    expect(status).toBe(200);
    const [row] = await auth.rows('select * from auth.users where id = $1', [id]);
    expect(row).toMatchObject({
      deleted_at: auth.clock.now(),
      email: expect.stringMatching(/^[\w-]{43}$/),
      phone: null,
      encrypted_password: null,
      raw_user_meta_data: {},
      raw_app_meta_data: {},
    });
    expect(await auth.rows('select 1 from auth.identities where user_id = $1', [id])).toEqual([]);
    expect(await auth.rows('select 1 from auth.sessions where user_id = $1', [id])).toEqual([]);
    expect(auth.ended).toContain(sessionId);
    expect((await admin(`/${id}`)).body.deleted_at).toBe(auth.clock.now().toISOString());
    expect(await codeOf(auth.ask('/user', { token: accessToken }))).toEqual([403, 'user_not_found']);
    expect(await codeOf(auth.signIn(email))).toEqual([400, 'invalid_credentials']);
    expect((await auth.signUp(email)).status).toBe(200);
  });
});

describe.each(DATABASES)('GET /admin/users on %s', (kind) => {
  let auth: TestServer;
  const names = ['ann', 'bob', 'cat', 'dan', 'eve'];
  const ids: string[] = [];
  beforeAll(async () => {
    auth = await openAuthServer(kind);
    for (const name of names) {
      const { body } = await auth.ask('/admin/users', {
        token: auth.serviceKey,
        json: { email: `${name}_1@example.com`, user_metadata: { full_name: `Full ${name} 100%` } },
      });
      ids.push(body.id);
      auth.clock.advance(1);
    }
  });
  afterAll(() => auth.close());

  const list = (query: string) => auth.ask(`/admin/users${query}`, { token: auth.serviceKey });
  const namesOf = (body: { users: { email: string }[] }) => body.users.map(({ email }) => email.slice(0, 3));

  test('answers the newest first, without identities', async () => {
    const { status, headers, body } = await list('');
    expect(status).toBe(200);
    expect(body.aud).toBe('authenticated');
    expect(namesOf(body)).toEqual([...names].reverse());
    expect(body.users.every((user: { identities: unknown }) => user.identities === null)).toBe(true);
    expect(JSON.stringify(body)).not.toContain('encrypted_password');
    expect(headers.get('x-total-count')).toBe('5');
  });

  test('turns pages', async () => {
    const second = await list('?page=2&per_page=2&sort=email%20asc');
    expect(namesOf(second.body)).toEqual(['cat', 'dan']);
    expect(second.headers.get('link')).toBe(
      '</auth/v1/admin/users?page=3&per_page=2&sort=email+asc>; rel="next", </auth/v1/admin/users?page=3&per_page=2&sort=email+asc>; rel="last"',
    );
    const last = await list('?page=3&per_page=2&sort=email%20asc');
    expect(namesOf(last.body)).toEqual(['eve']);
    expect(last.headers.get('link')).toBe(
      '</auth/v1/admin/users?page=3&per_page=2&sort=email+asc>; rel="last"',
    );
    const beyond = await list('?page=9&per_page=2');
    expect([beyond.body.users, beyond.headers.get('x-total-count')]).toEqual([[], '5']);
    expect((await list('?page=&per_page=')).body.users).toHaveLength(5);
  });

  test.each([
    ['an address', 'BOB_1@', ['bob']],
    ['a name', 'full cat', ['cat']],
    ['a sign that means more in SQL', '100%', ['eve', 'dan', 'cat', 'bob', 'ann']],
    ['a sign that would match any', 'ann%example', []],
    ['a sign that would match one', 'ann_1_example', []],
    ['a backslash', '\\', []],
    ['a quote', "' or true --", []],
  ])('finds people by %s', async (_what, filter, expected) => {
    const { headers, body } = await list(`?filter=${encodeURIComponent(filter)}`);
    expect(namesOf(body)).toEqual(expected);
    expect(headers.get('x-total-count')).toBe(String(expected.length));
  });

  test('finds people by id', async () => {
    expect(namesOf((await list(`?filter=${ids[1]?.toUpperCase()}`)).body)).toEqual(['bob']);
  });

  test.each([
    'page=0',
    'page=-1',
    'page=x',
    'page=1e99',
    'page=1.5',
    'per_page=1001',
    'sort=encrypted_password',
    'sort=email;drop',
    'sort=email%20asc%20x',
    'filter=%00',
  ])('refuses %s', async (query) => {
    const { status, body } = await list(`?${query}`);
    expect([status, body.code]).toEqual([400, 'validation_failed']);
  });
});

function nested(depth: number): object {
  let value: object = {};
  for (let level = 0; level < depth; level += 1) value = { value };
  return value;
}
