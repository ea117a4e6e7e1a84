/** What happens between the reading of a row and the token made of it: the token must not outlive it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/adapters/postgres/database.ts';
import { createChangeLog } from '../../src/identity/changes.ts';
import { type Answer, claimsOf, DATABASES, interrupted, openAuthServer, type TestServer } from './support.ts';

const WRITE = /update auth\.(?:users|sessions|refresh_tokens)/;

describe.each(DATABASES)('a change between the reading of the row and the token, on %s', (kind) => {
  let auth: TestServer;
  beforeAll(async () => {
    auth = await openAuthServer(kind);
  });
  afterAll(() => auth.close());

  type Person = Awaited<ReturnType<TestServer['newPerson']>>;

  const change = (id: string, json: object) =>
    auth.ask(`/admin/users/${id}`, { method: 'PUT', token: auth.serviceKey, json });

  async function newEditor(): Promise<Person> {
    const person = await auth.newPerson();
    await change(person.id, { app_metadata: { roles: ['editor'] } });
    return person;
  }

  /** As Supabase Auth leaves it: the session has no key, the token is a row. */
  async function versionOneTokenOf({ id, sessionId }: Person): Promise<string> {
    const token = sessionId.replaceAll('-', '').slice(0, 12);
    await auth.rows('update auth.sessions set refresh_token_hmac_key = null where id = $1', [sessionId]);
    await auth.rows(
      `insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, session_id)
       values ('00000000-0000-0000-0000-000000000000', $1, $2, false, $4, $4, $3)`,
      [token, id, sessionId, auth.clock.now()],
    );
    return token;
  }

  const GRANTS: [string, (person: Person) => Promise<(database: Database) => Promise<Answer>>][] = [
    [
      'a sign-in',
      async ({ email }) =>
        (database) =>
          auth.withNeeds({ database }).signIn(email),
    ],
    [
      'a refresh',
      async ({ refreshToken }) =>
        (database) =>
          auth.withNeeds({ database }).refresh(refreshToken),
    ],
    [
      'a refresh of version 1',
      async (person) => {
        const token = await versionOneTokenOf(person);
        return (database) => auth.withNeeds({ database }).refresh(token);
      },
    ],
  ];

  /** The answer of a grant that takes a while, half-way through which something happens to the person. */
  async function grantDuring(
    prepare: (typeof GRANTS)[number][1],
    person: Person,
    happens: () => Promise<unknown>,
  ) {
    const grant = await prepare(person);
    return grant(
      interrupted(auth.database, WRITE, async () => {
        auth.clock.advance(5);
        await happens();
        auth.clock.advance(5);
      }),
    );
  }

  test.each(GRANTS)('%s carries a demotion, and is older than it', async (_what, prepare) => {
    const person = await newEditor();
    const log = createChangeLog(auth.clock.now, 900);
    auth.clock.advance(60);
    const { status, body } = await grantDuring(prepare, person, async () => {
      await change(person.id, { app_metadata: { roles: null }, user_metadata: { display_name: 'Ada' } });
      log.userChanged(person.id);
    });
    expect(status).toBe(200);
    const { iat, exp, app_metadata, user_metadata } = claimsOf(body.access_token);
    expect(app_metadata).not.toHaveProperty('roles');
    expect(user_metadata.display_name).toBe('Ada');
    expect(body.user.app_metadata).not.toHaveProperty('roles');
    expect(log.isStale(person.id, iat)).toBe(true);
    expect([exp - iat, body.expires_at, body.expires_in]).toEqual([900, exp, 890]);
  });

  test.each(GRANTS)('%s refuses whoever was banned', async (_what, prepare) => {
    const person = await auth.newPerson();
    const { status, body } = await grantDuring(prepare, person, () =>
      change(person.id, { ban_duration: '1h' }),
    );
    expect([status, body.code]).toEqual([400, 'user_banned']);
  });

  test.each(GRANTS)('%s refuses whoever was deleted', async (_what, prepare) => {
    for (const should_soft_delete of [true, false]) {
      const person = await auth.newPerson();
      const { status, body } = await grantDuring(prepare, person, () =>
        auth.ask(`/admin/users/${person.id}`, {
          method: 'DELETE',
          token: auth.serviceKey,
          json: { should_soft_delete },
        }),
      );
      expect(status).toBe(400);
      expect(['invalid_credentials', 'refresh_token_not_found']).toContain(body.code);
    }
  });

  test('a refresh whose token is used again and again meanwhile gives up', async () => {
    const { refreshToken, sessionId } = await auth.newPerson();
    const never: Database = {
      ...auth.database,
      query: async <Row extends object>(sql: string, parameters?: readonly unknown[]) =>
        WRITE.test(sql) ? [] : auth.database.query<Row>(sql, parameters),
    };
    const { status, body } = await auth.withNeeds({ database: never }).refresh(refreshToken);
    expect([status, body.code]).toEqual([409, 'conflict']);
    const [session] = await auth.rows('select refresh_token_counter from auth.sessions where id = $1', [
      sessionId,
    ]);
    expect(session?.refresh_token_counter).toBe(0);
  });

  test('a session that never counted is refreshed', async () => {
    const { refreshToken, sessionId } = await auth.newPerson();
    await auth.rows('update auth.sessions set refresh_token_counter = null where id = $1', [sessionId]);
    const { status, headers } = await auth.refresh(refreshToken);
    expect(status).toBe(200);
    expect(headers.get('sb-auth-refresh-token-rotated')).toBe('true');
  });
});
