import { hash } from '@node-rs/bcrypt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  claimsOf,
  DATABASES,
  FIREBASE,
  newAddress,
  openAuthServer,
  PASSWORD,
  type TestServer,
} from './support.ts';

const bcryptHash = (password: string) => hash(password, 4);

describe.each(DATABASES)('POST /token?grant_type=password on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());

  const createUser = async (json: object) => {
    const email = newAddress();
    const { body } = await auth.ask('/admin/users', {
      token: auth.serviceKey,
      json: { email, email_confirm: true, ...json },
    });
    return { email, id: body.id as string };
  };
  const hashOf = async (id: string) =>
    (await auth.rows('select encrypted_password from auth.users where id = $1', [id]))[0]?.encrypted_password;

  test('answers a new session, and notes when', async () => {
    const { email, id, sessionId } = await auth.newPerson({ data: { display_name: 'Ada' } });
    auth.clock.advance(60);
    const { status, headers, body } = await auth.signIn(` ${email.toUpperCase()}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'bearer', expires_in: 900, user: { id, email } });
    expect(body.user.last_sign_in_at).toBe(auth.clock.now().toISOString());
    expect(body.user.identities).toHaveLength(1);
    expect(body.weak_password).toBeUndefined();
    const claims = claimsOf(body.access_token);
    expect(claims.session_id).not.toBe(sessionId);
    expect(headers.get('sb-auth-session-id')).toBe(claims.session_id);
    expect(claims.user_metadata.display_name).toBe('Ada');
    const [row] = await auth.rows('select last_sign_in_at from auth.users where id = $1', [id]);
    expect(row?.last_sign_in_at).toEqual(auth.clock.now());
  });

  test('costs one statement to read and one to write', async () => {
    const { email } = await auth.newPerson();
    const statements = await auth.statementsDuring(() => auth.signIn(email));
    expect(statements).toHaveLength(2);
  });

  test('answers nobody, no password, a wrong one and a deleted person alike', async () => {
    const { email } = await auth.newPerson();
    const passwordless = await createUser({});
    const deleted = await createUser({ password: PASSWORD });
    await auth.rows('update auth.users set deleted_at = now() where id = $1', [deleted.id]);
    const answers = await Promise.all([
      auth.signIn(email, 'not the password'),
      auth.signIn(newAddress()),
      auth.signIn(passwordless.email, ''),
      auth.signIn(deleted.email),
    ]);
    for (const { status, body } of answers) {
      expect([status, body]).toEqual([
        400,
        { code: 'invalid_credentials', message: 'Invalid login credentials' },
      ]);
    }
  });

  test('tells of a ban only to whoever knows the password', async () => {
    const { email } = await createUser({ password: PASSWORD, ban_duration: '1h' });
    expect((await auth.signIn(email, 'not the password')).body.code).toBe('invalid_credentials');
    const { status, body } = await auth.signIn(email);
    expect([status, body.code]).toEqual([400, 'user_banned']);
    auth.clock.advance(3601);
    expect((await auth.signIn(email)).status).toBe(200);
  });

  test.each([
    ['bcrypt', PASSWORD, () => bcryptHash(PASSWORD)],
    ['Firebase', FIREBASE.password, async () => FIREBASE.hash],
  ])('takes a %s hash from elsewhere and makes it a stronger one', async (_scheme, password, makeHash) => {
    const { email, id } = await createUser({ password_hash: await makeHash() });
    expect((await auth.signIn(email, 'not the password')).body.code).toBe('invalid_credentials');
    expect((await auth.signIn(email, password)).status).toBe(200);
    expect(await hashOf(id)).toMatch(/^\$argon2id\$/);
    expect((await auth.signIn(email, password)).status).toBe(200);
  });

  test('lets simultaneous sign-ins through while the hash is made stronger', async () => {
    const { email, id } = await createUser({ password_hash: await bcryptHash(PASSWORD) });
    const answers = await Promise.all([1, 2, 3].map(() => auth.signIn(email)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await hashOf(id)).toMatch(/^\$argon2id\$/);
  });

  test('reports a weak password, which still works', async () => {
    const { email } = await createUser({ password_hash: await bcryptHash('password123') });
    const { status, body } = await auth.signIn(email, 'password123');
    expect(status).toBe(200);
    expect(body.weak_password).toEqual({ message: expect.any(String), reasons: ['pwned'] });
  });

  test('looks past people whom an identity provider vouches for', async () => {
    const { email, id } = await createUser({ password: PASSWORD });
    await auth.rows('update auth.users set is_sso_user = true where id = $1', [id]);
    expect((await auth.signIn(email)).body.code).toBe('invalid_credentials');
  });

  test('stores no address that is none', async () => {
    const { email, id } = await auth.newPerson();
    await auth.ask('/token?grant_type=password', {
      json: { email, password: PASSWORD },
      caller: { address: 'unknown', userAgent: null },
    });
    const rows = await auth.rows('select 1 from auth.sessions where user_id = $1 and ip is null', [id]);
    expect(rows).toHaveLength(1);
  });

  test.each([
    ['no address', { password: PASSWORD }, 400, 'validation_failed'],
    ['no password', { email: 'ada@example.com' }, 400, 'validation_failed'],
    ['a phone number', { phone: '491701234567', password: PASSWORD }, 422, 'phone_provider_disabled'],
    [
      'an endless address',
      { email: `${'a'.repeat(5000)}@example.com`, password: PASSWORD },
      400,
      'validation_failed',
    ],
  ])('refuses %s', async (_what, json, status, code) => {
    const answer = await auth.ask('/token?grant_type=password', { json });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  test.each(['', '?grant_type=', '?grant_type=magic', '?grant_type=toString'])(
    'refuses other grants: %s',
    async (query) => {
      const { status, body } = await auth.ask(`/token${query}`, { json: {} });
      expect([status, body]).toEqual([400, { code: 'validation_failed', message: 'unsupported_grant_type' }]);
    },
  );
});
