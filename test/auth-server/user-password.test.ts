import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HashingBusyError } from '../../src/adapters/passwords/password-hasher.ts';
import { signAccessToken } from '../../src/adapters/tokens/access-token.ts';
import { claimsOf, DATABASES, newAddress, openAuthServer, PASSWORD, type TestServer } from './support.ts';

const NEW_PASSWORD = 'another good password';

describe.each(DATABASES)('/user where the current password is required, on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind, { settings: { requireCurrentPassword: true } });
  });
  afterAll(() => auth.close());

  const put = (token: string, json: object) => auth.ask('/user', { method: 'PUT', token, json });
  const codeOf = async (answer: ReturnType<typeof put>) => {
    const { status, body } = await answer;
    return [status, body.code];
  };
  const REQUIRED = [400, 'current_password_required'];

  test('takes neither a new password nor a new address from a borrowed token', async () => {
    const { id, email, accessToken } = await auth.newPerson();
    expect(await codeOf(put(accessToken, { password: NEW_PASSWORD }))).toEqual(REQUIRED);
    expect(await codeOf(put(accessToken, { password: NEW_PASSWORD, current_password: '' }))).toEqual(
      REQUIRED,
    );
    expect(await codeOf(put(accessToken, { email: newAddress() }))).toEqual(REQUIRED);
    expect(await codeOf(put(accessToken, { email: newAddress(), current_password: 'nope' }))).toEqual([
      400,
      'current_password_invalid',
    ]);
    expect(await auth.rows('select email from auth.users where id = $1', [id])).toEqual([{ email }]);
    expect((await auth.signIn(email)).status).toBe(200);
  });

  test('takes both together with the current password', async () => {
    const { accessToken } = await auth.newPerson();
    const email = newAddress();
    const json = { email, password: NEW_PASSWORD, current_password: PASSWORD };
    expect((await put(accessToken, json)).status).toBe(200);
    expect((await auth.signIn(email, NEW_PASSWORD)).status).toBe(200);
  });

  test('tells the owner by mail of a new password, whoever set it, at the address from before', async () => {
    const { id, email, accessToken } = await auth.newPerson();
    const templates = async () => (await auth.messagesTo(email)).map(({ template }) => template);
    await put(accessToken, { password: 'weak', current_password: PASSWORD });
    expect(await templates()).toEqual([]);
    await put(accessToken, { password: NEW_PASSWORD, current_password: PASSWORD, email: newAddress() });
    expect(await templates()).toContain('password-changed');
    const { data } = await auth
      .supabase(auth.serviceKey)
      .auth.admin.updateUserById(id, { password: PASSWORD });
    const told = await auth.messagesTo(data.user?.email ?? '');
    expect(told.map(({ template }) => template)).toContain('password-changed');
  });

  test('takes everything else, and the address one already has, without', async () => {
    const { email, accessToken } = await auth.newPerson();
    expect((await put(accessToken, { email, data: { a: 1 } })).status).toBe(200);
  });

  test.each(['otp', 'magiclink', 'recovery'])('asks nobody who came by %s', async (method) => {
    const { accessToken } = await auth.newPerson();
    const claims = claimsOf(accessToken);
    const token = await signAccessToken(auth.keys, {
      ...claims,
      amr: [{ method, timestamp: claims.iat }, ...claims.amr],
    });
    expect((await put(token, { password: NEW_PASSWORD })).status).toBe(200);
  });

  test('asks nobody who has none', async () => {
    const { id, accessToken } = await auth.newPerson();
    await auth.rows('update auth.users set encrypted_password = null where id = $1', [id]);
    expect((await put(accessToken, { password: NEW_PASSWORD })).status).toBe(200);
  });
});

describe('attempts that come over the socket', () => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer('PGlite', { limited: true });
  });
  afterAll(() => auth.close());

  let addresses = 0;
  const newClient = () => ({ address: `203.0.113.${addresses++}` });
  /** The codes of as many answers. */
  async function answers(count: number, ask: (index: number) => ReturnType<TestServer['ask']>) {
    const codes: string[] = [];
    for (let index = 0; index < count; index++) codes.push((await ask(index)).body.code);
    return codes;
  }
  const put = (token: string, json: object, caller: { address: string }) =>
    auth.ask('/user', { method: 'PUT', token, json, caller });

  async function newPerson() {
    const email = newAddress();
    const { body } = await auth.ask('/signup', { json: { email, password: PASSWORD }, caller: newClient() });
    return { email, accessToken: body.access_token as string };
  }

  test('limits who tries as new passwords what may be the current one', async () => {
    const { accessToken, email } = await newPerson();
    const caller = newClient();
    const codes = await answers(11, () => put(accessToken, { password: PASSWORD }, caller));
    expect(codes).toEqual([...Array(10).fill('same_password'), 'over_request_rate_limit']);
    // The same count as at the sign-in, and none of anybody else's.
    const signIn = { json: { email, password: PASSWORD } };
    expect((await auth.ask('/token?grant_type=password', { ...signIn, caller })).status).toBe(429);
    expect((await auth.ask('/token?grant_type=password', { ...signIn, caller: newClient() })).status).toBe(
      200,
    );
  });

  test('counts a change once, and forgets it when the current password was right', async () => {
    const { accessToken } = await newPerson();
    const caller = newClient();
    const json = { password: PASSWORD, current_password: PASSWORD };
    expect(await answers(12, () => put(accessToken, json, caller))).toEqual(Array(12).fill('same_password'));
    const wrong = { password: NEW_PASSWORD, current_password: 'nope' };
    const codes = await answers(11, () => put(accessToken, wrong, caller));
    expect(codes).toEqual([...Array(10).fill('current_password_invalid'), 'over_request_rate_limit']);
  });

  test('limits who asks which addresses are taken', async () => {
    const [{ accessToken }, { email }] = [await newPerson(), await newPerson()];
    const caller = newClient();
    const codes = await answers(31, () => put(accessToken, { email }, caller));
    expect(codes).toEqual([...Array(30).fill('email_exists'), 'over_request_rate_limit']);
    expect((await put(accessToken, { data: { a: 1 } }, caller)).status).toBe(200);
  });

  test.each<[string, (person: { email: string; accessToken: string }) => [string, object]]>([
    ['a sign-in', ({ email }) => ['/token?grant_type=password', { json: { email, password: PASSWORD } }]],
    [
      'a new password',
      ({ accessToken: token }) => ['/user', { method: 'PUT', token, json: { password: NEW_PASSWORD } }],
    ],
    [
      'a check of the current password',
      ({ accessToken: token }) => ['/user', { method: 'PUT', token, json: { current_password: PASSWORD } }],
    ],
    ['a sign-up', () => ['/signup', { json: { email: newAddress(), password: PASSWORD } }]],
  ])('gives %s back that the server was too busy for', async (_what, request) => {
    const busy = async () => {
      throw new HashingBusyError(3);
    };
    const server = auth.withNeeds({ passwords: { hash: busy, verify: busy, understands: () => true } });
    const [path, ask] = request(await newPerson());
    const caller = newClient();
    const waits = [];
    for (let tries = 0; tries < 200; tries++)
      waits.push((await server.ask(path, { ...ask, caller })).headers.get('retry-after'));
    expect(new Set(waits)).toEqual(new Set(['3']));
    expect((await auth.ask(path, { ...ask, caller })).status).toBe(200);
  });

  test('lets nobody guess on by keeping the server busy', async () => {
    const { email } = await newPerson();
    const caller = newClient();
    const busy = async () => {
      throw new HashingBusyError(3);
    };
    const server = auth.withNeeds({ passwords: { hash: busy, verify: busy, understands: () => true } });
    const guess = { json: { email, password: 'not the password' }, caller };
    const codes = [];
    for (let tries = 0; tries < 11; tries++) {
      await server.ask('/token?grant_type=password', guess);
      codes.push((await auth.ask('/token?grant_type=password', guess)).body.code);
    }
    expect(codes).toEqual([...Array(10).fill('invalid_credentials'), 'over_request_rate_limit']);
  });
});
