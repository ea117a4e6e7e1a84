import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeRefreshToken, encodeRefreshToken } from '../../src/auth-server/sessions/refresh-token.ts';
import { claimsOf, DATABASES, openAuthServer, type TestServer } from './support.ts';

const DAY = 86_400;

describe.each(DATABASES)('POST /token?grant_type=refresh_token on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());

  const hasSession = async (id: string) =>
    (await auth.rows('select 1 from auth.sessions where id = $1', [id])).length === 1;

  test('answers the next token of the same session, with the person as they are now', async () => {
    const person = await auth.newPerson();
    await auth.ask(`/admin/users/${person.id}`, {
      method: 'PUT',
      token: auth.serviceKey,
      json: { app_metadata: { roles: ['editor'] }, user_metadata: { display_name: 'Ada' } },
    });
    auth.clock.advance(60);
    const { status, headers, body } = await auth.refresh(person.refreshToken);
    expect(status).toBe(200);
    expect(headers.get('sb-auth-refresh-token-rotated')).toBe('true');
    expect(headers.get('sb-auth-refresh-token-counter')).toBe('1');
    expect(body.refresh_token).not.toBe(person.refreshToken);
    expect(claimsOf(body.access_token)).toMatchObject({
      session_id: person.sessionId,
      aal: 'aal1',
      amr: [{ method: 'password' }],
      app_metadata: { provider: 'email', roles: ['editor'] },
      user_metadata: { display_name: 'Ada' },
      iat: Math.floor(auth.clock.now().getTime() / 1000),
    });
    const [session] = await auth.rows('select * from auth.sessions where id = $1', [person.sessionId]);
    expect(session).toMatchObject({ refresh_token_counter: 1, refreshed_at: auth.clock.now() });
    expect((await auth.refresh(body.refresh_token)).body.refresh_token).not.toBe(body.refresh_token);
  });

  test('costs one statement to read and one to write', async () => {
    const { refreshToken } = await auth.newPerson();
    expect(await auth.statementsDuring(() => auth.refresh(refreshToken))).toHaveLength(2);
  });

  test('leaves one living line after fifty simultaneous refreshes', async () => {
    const { refreshToken, sessionId } = await auth.newPerson();
    const answers = await Promise.all(Array.from({ length: 50 }, () => auth.refresh(refreshToken)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const next = new Set(answers.map(({ body }) => body.refresh_token));
    expect(next.size).toBe(1);
    const rotated = answers.filter(({ headers }) => headers.has('sb-auth-refresh-token-rotated'));
    expect(rotated).toHaveLength(1);
    const [session] = await auth.rows('select refresh_token_counter from auth.sessions where id = $1', [
      sessionId,
    ]);
    expect(session?.refresh_token_counter).toBe(1);
    expect((await auth.refresh([...next][0])).status).toBe(200);
  });

  test('answers the current token again to whoever lost the answer', async () => {
    const { refreshToken } = await auth.newPerson();
    const first = await auth.refresh(refreshToken);
    auth.clock.advance(DAY);
    const again = await auth.refresh(refreshToken);
    expect(again.status).toBe(200);
    expect(again.headers.get('sb-auth-refresh-token-reuse')).toBe('true');
    expect(again.body.refresh_token).toBe(first.body.refresh_token);
  });

  test('ends the session when an older token comes back', async () => {
    const { refreshToken, sessionId, accessToken } = await auth.newPerson();
    const second = (await auth.refresh(refreshToken)).body.refresh_token;
    const third = (await auth.refresh(second)).body.refresh_token;
    const { status, body } = await auth.refresh(refreshToken);
    expect([status, body.code]).toEqual([400, 'refresh_token_already_used']);
    expect(await hasSession(sessionId)).toBe(false);
    expect(auth.ended).toContain(sessionId);
    expect((await auth.refresh(third)).body.code).toBe('refresh_token_not_found');
    expect((await auth.ask('/user', { token: accessToken })).body.code).toBe('session_not_found');
  });

  test('refuses forged tokens without touching the session', async () => {
    const { refreshToken, sessionId } = await auth.newPerson();
    const stranger = Buffer.alloc(32, 7).toString('base64url');
    const bytes = Buffer.from(refreshToken, 'base64url');
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    const [session] = await auth.rows('select refresh_token_hmac_key from auth.sessions where id = $1', [
      sessionId,
    ]);
    const fromTheFuture = encodeRefreshToken(sessionId, 5, session?.refresh_token_hmac_key as string);
    const codes = await Promise.all(
      [
        encodeRefreshToken(sessionId, 0, stranger),
        encodeRefreshToken(sessionId, 5, stranger),
        encodeRefreshToken(randomUUID(), 0, stranger),
        fromTheFuture,
        bytes.toString('base64url'),
        `${refreshToken}=`,
        'x',
        'ABCDEFGHIJKL',
        'abcdefghij23',
      ].map(async (token) => {
        const { status, body } = await auth.refresh(token);
        return [status, body.code];
      }),
    );
    expect(codes).toEqual([
      ...Array(4).fill([400, 'refresh_token_not_found']),
      ...Array(4).fill([400, 'validation_failed']),
      [400, 'refresh_token_not_found'],
    ]);
    expect((await auth.refresh(refreshToken)).status).toBe(200);
  });

  test('cannot check a session whose key is encrypted or missing', async () => {
    const { refreshToken, sessionId } = await auth.newPerson();
    for (const key of ['{"key_id":"x","alg":"aes-gcm-hkdf"}', '', null]) {
      await auth.rows('update auth.sessions set refresh_token_hmac_key = $2 where id = $1', [sessionId, key]);
      expect((await auth.refresh(refreshToken)).body.code).toBe('refresh_token_not_found');
    }
  });

  test('ends a session that nobody refreshed for too long', async () => {
    const { refreshToken, sessionId } = await auth.newPerson();
    auth.clock.advance(6 * DAY);
    const { refresh_token } = (await auth.refresh(refreshToken)).body;
    auth.clock.advance(6 * DAY);
    const next = await auth.refresh(refresh_token);
    expect(next.status).toBe(200);
    auth.clock.advance(7 * DAY + 1);
    const { status, body } = await auth.refresh(next.body.refresh_token);
    expect([status, body.code]).toEqual([400, 'session_expired']);
    expect(await hasSession(sessionId)).toBe(false);
    expect(auth.ended).toContain(sessionId);
  });

  test('ends a session past its own end', async () => {
    const { refreshToken, sessionId } = await auth.newPerson();
    await auth.rows('update auth.sessions set not_after = $2 where id = $1', [sessionId, auth.clock.now()]);
    expect((await auth.refresh(refreshToken)).body.code).toBe('session_expired');
    expect(await hasSession(sessionId)).toBe(false);
  });

  test('refuses the banned, who may go on once the ban is over', async () => {
    const { id, refreshToken } = await auth.newPerson();
    const ban = (ban_duration: string) =>
      auth.ask(`/admin/users/${id}`, { method: 'PUT', token: auth.serviceKey, json: { ban_duration } });
    await ban('24h');
    const { status, body } = await auth.refresh(refreshToken);
    expect([status, body.code]).toEqual([400, 'user_banned']);
    await ban('none');
    expect((await auth.refresh(refreshToken)).status).toBe(200);
  });

  test('refuses whoever was deleted', async () => {
    const { id, refreshToken } = await auth.newPerson();
    await auth.ask(`/admin/users/${id}`, { method: 'DELETE', token: auth.serviceKey });
    expect((await auth.refresh(refreshToken)).body.code).toBe('refresh_token_not_found');
  });

  test('carries a second factor and every method, the newest first', async () => {
    const { refreshToken, sessionId } = await auth.newPerson();
    auth.clock.advance(5);
    await auth.rows("update auth.sessions set aal = 'aal2' where id = $1", [sessionId]);
    await auth.rows(
      `insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
       values ($1, $2, $3, $3, 'totp')`,
      [randomUUID(), sessionId, auth.clock.now()],
    );
    const claims = claimsOf((await auth.refresh(refreshToken)).body.access_token);
    expect(claims.aal).toBe('aal2');
    expect(claims.amr.map(({ method }: { method: string }) => method)).toEqual(['totp', 'password']);
    expect(claims.amr[0].timestamp).toBe(Math.floor(auth.clock.now().getTime() / 1000));
  });

  test('wants a token', async () => {
    for (const json of [{}, { refresh_token: '' }, { refresh_token: 5 }, { refresh_token: null }]) {
      const { status, body } = await auth.ask('/token?grant_type=refresh_token', { json });
      expect([status, body.code]).toEqual([400, 'validation_failed']);
    }
  });
});

describe.each(DATABASES)('a refresh token of version 1 on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());

  let count = 0;
  /** As Supabase Auth leaves it: the session has no key, the token is a row. */
  async function movedSession() {
    const person = await auth.newPerson();
    const token = `moved${String(count++).padStart(7, '0')}`;
    await auth.rows(
      'update auth.sessions set refresh_token_hmac_key = null, refresh_token_counter = null where id = $1',
      [person.sessionId],
    );
    await auth.rows(
      `insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, session_id)
       values ('00000000-0000-0000-0000-000000000000', $1, $2, false, $4, $4, $3)`,
      [token, person.id, person.sessionId, auth.clock.now()],
    );
    return { ...person, token };
  }
  const tokensOf = (sessionId: string) =>
    auth.rows(
      'select token, parent, revoked, user_id from auth.refresh_tokens where session_id = $1 order by id',
      [sessionId],
    );

  test('goes on as a line of rows', async () => {
    const { id, sessionId, token } = await movedSession();
    const { status, headers, body } = await auth.refresh(token);
    expect(status).toBe(200);
    expect(body.refresh_token).toMatch(/^[a-z2-7]{12}$/);
    expect(headers.get('sb-auth-refresh-token-prefix')).toBe(body.refresh_token.slice(0, 5));
    expect(claimsOf(body.access_token).session_id).toBe(sessionId);
    expect(await tokensOf(sessionId)).toEqual([
      { token, parent: null, revoked: true, user_id: id },
      { token: body.refresh_token, parent: token, revoked: false, user_id: id },
    ]);
    expect((await auth.refresh(body.refresh_token)).status).toBe(200);
  });

  test('costs one statement to read and one to write', async () => {
    const { token } = await movedSession();
    expect(await auth.statementsDuring(() => auth.refresh(token))).toHaveLength(2);
  });

  test('leaves one living line after fifty simultaneous refreshes', async () => {
    const { sessionId, token } = await movedSession();
    const answers = await Promise.all(Array.from({ length: 50 }, () => auth.refresh(token)));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    expect(await tokensOf(sessionId)).toHaveLength(2);
  });

  test('answers the active token to its parent, at any time', async () => {
    const { token } = await movedSession();
    const { refresh_token } = (await auth.refresh(token)).body;
    auth.clock.advance(DAY);
    const again = await auth.refresh(token);
    expect([again.status, again.body.refresh_token]).toEqual([200, refresh_token]);
  });

  test('answers the active token to an older one within ten seconds', async () => {
    const { token } = await movedSession();
    const second = (await auth.refresh(token)).body.refresh_token;
    auth.clock.advance(5);
    const third = (await auth.refresh(second)).body.refresh_token;
    auth.clock.advance(5);
    expect((await auth.refresh(token)).body.refresh_token).toBe(third);
  });

  test('uses up the whole line when an older one comes back later', async () => {
    const { sessionId, token } = await movedSession();
    const second = (await auth.refresh(token)).body.refresh_token;
    const third = (await auth.refresh(second)).body.refresh_token;
    auth.clock.advance(11);
    const { status, body } = await auth.refresh(token);
    expect([status, body.code]).toEqual([400, 'refresh_token_already_used']);
    expect((await tokensOf(sessionId)).every(({ revoked }) => revoked)).toBe(true);
    for (const used of [third, second, token]) {
      expect((await auth.refresh(used)).body.code).toBe('refresh_token_already_used');
    }
  });

  test('is refused once its session is over', async () => {
    const { sessionId, token, accessToken } = await movedSession();
    await auth.ask('/logout?scope=local', { method: 'POST', token: accessToken });
    expect((await auth.refresh(token)).body.code).toBe('refresh_token_not_found');
    expect(await tokensOf(sessionId)).toEqual([]);
  });

  test('is refused after too long', async () => {
    const { token } = await movedSession();
    auth.clock.advance(8 * DAY);
    expect((await auth.refresh(token)).body.code).toBe('session_expired');
  });
});

describe('a refresh token of version 2', () => {
  const id = '0197f1f4-3f5e-7abc-8def-0123456789ab';
  const key = Buffer.from('k'.repeat(32)).toString('base64url');

  test.each([0, 1, 127, 128, 300, 16_384, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER])(
    'holds the session and the counter %d',
    (counter) => {
      expect(decodeRefreshToken(encodeRefreshToken(id, counter, key))).toMatchObject({
        sessionId: id,
        counter,
      });
    },
  );

  test('is spelt as the protocol says', () => {
    const bytes = Buffer.from(encodeRefreshToken(id, 300, key), 'base64url');
    expect(bytes.subarray(0, 19).toString('hex')).toBe(`00${id.replaceAll('-', '')}ac02`);
    expect(bytes).toHaveLength(19 + 16 + 4);
  });
});
