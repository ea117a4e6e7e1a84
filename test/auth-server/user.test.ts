import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signAccessToken } from '../../src/adapters/tokens/access-token.ts';
import { claimsOf, DATABASES, newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

const NEW_PASSWORD = 'another good password';

describe.each(DATABASES)('/user on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());

  const put = (token: string, json: object) => auth.ask('/user', { method: 'PUT', token, json });
  const addFactor = (userId: string, status: string) =>
    auth.rows(
      `insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret)
       values ($1, $2, 'phone app', 'totp', $3, $4, $4, 'JBSWY3DPEHPK3PXP')`,
      [randomUUID(), userId, status, auth.clock.now()],
    );

  test('costs one statement, with identities and factors, and no secret in it', async () => {
    const { id, email, accessToken } = await auth.newPerson();
    await addFactor(id, 'unverified');
    const statements = await auth.statementsDuring(async () => {
      const { status, headers, body } = await auth.ask('/user', { token: accessToken });
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(body).toMatchObject({ id, email, identities: [{ provider: 'email' }] });
      expect(body.factors).toEqual([
        expect.objectContaining({ status: 'unverified', factor_type: 'totp', friendly_name: 'phone app' }),
      ]);
      expect(body.factors[0].created_at).toBe(auth.clock.now().toISOString());
      expect(JSON.stringify(body)).not.toContain('JBSWY3DPEHPK3PXP');
      expect(JSON.stringify(body)).not.toContain('argon2');
    });
    expect(statements).toHaveLength(1);
  });

  test('tells each wrong caller what is wrong', async () => {
    const person = await auth.newPerson();
    const claims = claimsOf(person.accessToken);
    const forged = (changes: object) => signAccessToken(auth.keys, { ...claims, ...changes });
    const refusals = async (headers: Record<string, string>) => {
      const { status, body } = await auth.ask('/user', { headers });
      return [status, body.code];
    };
    const bearer = async (token: string | Promise<string>) =>
      refusals({ authorization: `Bearer ${await token}` });

    expect(await refusals({})).toEqual([401, 'no_authorization']);
    expect(await refusals({ authorization: 'Basic YTpi' })).toEqual([401, 'no_authorization']);
    expect(await bearer('not.a.token')).toEqual([403, 'bad_jwt']);
    expect(await bearer(`${person.accessToken}x`)).toEqual([403, 'bad_jwt']);
    expect(await bearer(forged({ exp: claims.iat - 1 }))).toEqual([403, 'bad_jwt']);
    expect(await bearer(auth.serviceKey)).toEqual([403, 'bad_jwt']);
    expect(await bearer(forged({ sub: randomUUID() }))).toEqual([403, 'user_not_found']);
    expect(await bearer(forged({ session_id: randomUUID() }))).toEqual([403, 'session_not_found']);
    expect(await bearer(forged({ session_id: undefined }))).toEqual([403, 'session_not_found']);
    const other = await auth.newPerson();
    expect(await bearer(forged({ session_id: other.sessionId }))).toEqual([403, 'session_not_found']);
    await auth.ask(`/admin/users/${person.id}`, {
      method: 'PUT',
      token: auth.serviceKey,
      json: { ban_duration: '1h' },
    });
    expect(await bearer(person.accessToken)).toEqual([403, 'user_banned']);
  });

  test('merges what people write about themselves, and null takes a key away', async () => {
    const { id, email, accessToken } = await auth.newPerson({ data: { a: 1, b: { c: 2, d: 3 }, e: 'x' } });
    auth.clock.advance(1);
    const { status, body } = await put(accessToken, { data: { b: { c: 4 }, e: null, f: [null, 1] } });
    expect(status).toBe(200);
    expect(body.user_metadata).toEqual({
      a: 1,
      b: { c: 4 },
      f: [null, 1],
      sub: id,
      email,
      email_verified: true,
      phone_verified: false,
    });
    expect(body.updated_at).toBe(auth.clock.now().toISOString());
    expect(auth.changed).toContain(id);
    expect((await auth.ask('/user', { token: accessToken })).body.user_metadata).toEqual(body.user_metadata);
  });

  test('writes metadata, and that they changed, in a statement each beside the check of the token', async () => {
    const { accessToken } = await auth.newPerson();
    const statements = await auth.statementsDuring(() => put(accessToken, { data: { a: 1 } }));
    expect(statements).toHaveLength(3);
  });

  test('refuses metadata that grows too large, and lets what is too large become smaller', async () => {
    const { id, accessToken } = await auth.newPerson();
    const { status, body } = await put(accessToken, { data: { a: 'x'.repeat(9000) } });
    expect([status, body.code]).toEqual([400, 'validation_failed']);
    expect((await auth.ask('/user', { token: accessToken })).body.user_metadata.a).toBeUndefined();
    await auth.rows('update auth.users set raw_user_meta_data = $2 where id = $1', [
      id,
      { a: 'x'.repeat(20_000), b: 'x'.repeat(20_000) },
    ]);
    expect((await put(accessToken, { data: { c: 1 } })).status).toBe(400);
    expect((await put(accessToken, { data: { a: null } })).status).toBe(200);
  });

  test('lets nobody write their own grants', async () => {
    const { id, accessToken } = await auth.newPerson();
    const { status, body } = await put(accessToken, { app_metadata: { roles: ['admin'] }, data: { a: 1 } });
    expect([status, body.code]).toEqual([403, 'not_admin']);
    const [row] = await auth.rows(
      'select raw_app_meta_data, raw_user_meta_data from auth.users where id = $1',
      [id],
    );
    expect(row?.raw_app_meta_data).toEqual({ provider: 'email', providers: ['email'] });
    expect(row?.raw_user_meta_data).not.toHaveProperty('a');
  });

  test('changes the password, ends the other sessions and keeps this one', async () => {
    const person = await auth.newPerson();
    const other = claimsOf((await auth.signIn(person.email)).body.access_token).session_id;
    const { status } = await put(person.accessToken, { password: NEW_PASSWORD, current_password: PASSWORD });
    expect(status).toBe(200);
    expect(await auth.rows('select id from auth.sessions where user_id = $1', [person.id])).toEqual([
      { id: person.sessionId },
    ]);
    expect(auth.ended).toContain(other);
    expect(auth.ended).not.toContain(person.sessionId);
    expect((await auth.signIn(person.email)).body.code).toBe('invalid_credentials');
    expect((await auth.signIn(person.email, NEW_PASSWORD)).status).toBe(200);
    expect((await auth.refresh(person.refreshToken)).status).toBe(200);
  });

  test.each([
    ['the same one', { password: PASSWORD }, 422, 'same_password'],
    ['a weak one', { password: 'short' }, 422, 'weak_password'],
    ['an empty one', { password: '' }, 422, 'weak_password'],
    [
      'a wrong current one',
      { password: NEW_PASSWORD, current_password: 'nope' },
      400,
      'current_password_invalid',
    ],
    [
      'a wrong current one beside other things',
      { data: { a: 1 }, current_password: 'nope' },
      400,
      'current_password_invalid',
    ],
  ])('refuses %s as a password and ends no session', async (_what, json, status, code) => {
    const person = await auth.newPerson();
    await auth.signIn(person.email);
    const answer = await put(person.accessToken, json);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await auth.rows('select 1 from auth.sessions where user_id = $1', [person.id])).toHaveLength(2);
    expect((await auth.signIn(person.email)).status).toBe(200);
  });

  test('refuses the old address and the new one as a password, when both change', async () => {
    const person = await auth.newPerson();
    const email = newAddress();
    for (const password of [person.email, email]) {
      const { status, body } = await put(person.accessToken, { email, password });
      expect([status, body.code]).toEqual([422, 'weak_password']);
    }
  });

  test('says that a new password is weak only to whoever knows the current one', async () => {
    const { accessToken } = await auth.newPerson();
    const trying = async (current_password: string) =>
      (await put(accessToken, { password: 'short', current_password })).body.code;
    expect(await trying('nope')).toBe('current_password_invalid');
    expect(await trying(PASSWORD)).toBe('weak_password');
  });

  test('lets one of two simultaneous password changes win', async () => {
    const person = await auth.newPerson();
    const answers = await Promise.all([
      put(person.accessToken, { password: 'the first new password', current_password: PASSWORD }),
      put(person.accessToken, { password: 'the second new password', current_password: PASSWORD }),
    ]);
    const codes = answers.map(({ status, body }) => [status, body.code]);
    expect(codes).toContainEqual([200, undefined]);
    expect(codes.filter(([status]) => status !== 200)).toHaveLength(1);
    expect(codes.some(([, code]) => code === 'conflict' || code === 'current_password_invalid')).toBe(true);
  });

  test('changes the address at once, everywhere it is written', async () => {
    const { id, accessToken } = await auth.newPerson();
    const email = newAddress('New');
    const { status, body } = await put(accessToken, { email });
    expect(status).toBe(200);
    expect(body).toMatchObject({ email: email.toLowerCase(), user_metadata: { email: email.toLowerCase() } });
    expect(body.identities).toMatchObject([
      {
        id,
        email: email.toLowerCase(),
        identity_data: { sub: id, email: email.toLowerCase(), email_verified: true },
      },
    ]);
    expect(body.email_confirmed_at).toBeDefined();
    expect((await auth.signIn(email)).status).toBe(200);
  });

  test('refuses an address that somebody has', async () => {
    const [one, other] = [await auth.newPerson(), await auth.newPerson()];
    const { status, body } = await put(one.accessToken, { email: other.email, data: { a: 1 } });
    expect([status, body.code]).toEqual([422, 'email_exists']);
    const { body: unchanged } = await auth.ask('/user', { token: one.accessToken });
    expect(unchanged.email).toBe(one.email);
    expect(unchanged.identities[0].email).toBe(one.email);
    expect(unchanged.user_metadata.a).toBeUndefined();
  });

  test('wants the second factor of whoever set one up', async () => {
    const { id, accessToken } = await auth.newPerson();
    await addFactor(id, 'verified');
    const { status, body } = await put(accessToken, { password: NEW_PASSWORD });
    expect([status, body.code]).toEqual([401, 'insufficient_aal']);
    expect((await put(accessToken, { data: { a: 1 } })).status).toBe(200);
  });

  test('leaves people of an identity provider to it', async () => {
    const { id, accessToken } = await auth.newPerson();
    await auth.rows('update auth.users set is_sso_user = true where id = $1', [id]);
    expect((await put(accessToken, { email: newAddress() })).body.code).toBe('user_sso_managed');
  });

  test('takes no phone number', async () => {
    const { accessToken } = await auth.newPerson();
    const { status, body } = await put(accessToken, { phone: '+491701234567' });
    expect([status, body.code]).toEqual([400, 'phone_provider_disabled']);
  });
});
