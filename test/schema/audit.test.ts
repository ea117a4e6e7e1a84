import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { signProjectKey } from '../../src/adapters/tokens/project-key.ts';
import { createTestApp, MODE, PASSWORD, SEES_ROWS, type TestApp } from '../support/app.ts';

const EVENTS = `query ($filter: AuditEventFilter, $first: Int, $after: String) {
  auditEvents(filter: $filter, first: $first, after: $after) {
    nodes { id source at action outcome code actor { kind id } impersonatorId sessionId address userAgent requestId userId details }
    pageInfo { hasNextPage endCursor }
  }
}`;
const MINE = '{ myActivity { nodes { action outcome code by sessionId address userAgent details } } }';
const LOG_IN = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
const BROWSER = { 'user-agent': 'Browser/1', 'x-request-id': 'request-of-login' };

async function operator(app: TestApp) {
  const ask = await app.signUpWith('root', { permissions: ['audit:read'] });
  const page = async (filter: object, more: object = {}) =>
    (await ask(EVENTS, { filter, ...more })).data.auditEvents;
  return { ask, page, nodes: async (filter: object) => (await page(filter)).nodes };
}

describe('auditEvents', () => {
  test('tells who did what, to whom, from where, and how it ended', async () => {
    const app = await createTestApp();
    const { nodes } = await operator(app);
    const ada = await app.signUp('ada');
    await app.graphql(LOG_IN, { input: { email: ada.email, password: PASSWORD } }, { headers: BROWSER });
    const [login] = await nodes({ requestId: 'request-of-login' });
    expect(login).toMatchObject({
      source: 'LIMEN',
      action: 'user.signed_in',
      outcome: 'SUCCESS',
      code: null,
      actor: { kind: 'PERSON', id: ada.id },
      impersonatorId: null,
      address: '127.0.0.1',
      userAgent: 'Browser/1',
      requestId: 'request-of-login',
      userId: ada.id,
    });
    expect(Math.abs(Date.parse(login.at) - Date.now())).toBeLessThan(60_000);
    const ofAda = (await nodes({ userId: ada.id })).map(({ action }: { action: string }) => action);
    expect(ofAda).toEqual(
      MODE === 'supabase'
        ? ['user.signed_in', 'user.signed_up']
        : ['user.signed_in', 'user.signed_in', 'user.signed_up'],
    );
  });

  test('names the administrator and not the key that the call went out with', async () => {
    const app = await createTestApp();
    const { nodes } = await operator(app);
    const [admin, ada] = [await app.signUpWith('admin', { roles: ['admin'] }), await app.signUp('ada')];
    await admin('mutation ($input: SetUserRolesInput!) { setUserRoles(input: $input) { __typename } }', {
      input: { userId: ada.id, roles: ['reader'] },
    });
    expect(await nodes({ action: 'user.grants_changed', actorId: admin.id })).toMatchObject([
      {
        actor: { kind: 'PERSON', id: admin.id },
        sessionId: admin.sessionId,
        userId: ada.id,
        outcome: 'SUCCESS',
      },
    ]);
  });

  test('holds refusals and denials, and nothing that was typed', async () => {
    const app = await createTestApp();
    const { ask, nodes } = await operator(app);
    const ada = await app.signUp('ada');
    const typed = 'a password that nobody has';
    for (const email of [ada.email, `${randomUUID()}@example.com`])
      await app.graphql(LOG_IN, { input: { email, password: typed } });
    await ada(`{ user(id: "${randomUUID()}") { id } }`);
    await ada('mutation { logout(input: { scope: LOCAL }) { __typename } }');
    const failures = await nodes({ outcome: 'FAILURE' });
    expect(failures).toMatchObject([
      { action: 'user.signed_in', userId: null, actor: null },
      // Who has an address is known where passwords are checked, and not in front of Supabase.
      { action: 'user.signed_in', userId: MODE === 'supabase' ? null : ada.id, actor: null },
    ]);
    expect(await nodes({ outcome: 'DENIED' })).toMatchObject([
      { action: 'access.denied', code: 'FORBIDDEN', userId: ada.id, details: { field: 'user' } },
    ]);
    expect(await nodes({ action: 'session.ended' })).toMatchObject([
      { userId: ada.id, sessionId: ada.sessionId },
    ]);
    const rows = await app.ownDatabase.query('select * from limen.audit_events');
    const text = JSON.stringify(rows);
    for (const secret of [typed, PASSWORD, ada.accessToken, ada.refreshToken, ada.email, 'argon2'])
      expect(text).not.toContain(secret);
    expect((await ask(MINE)).errors).toBeUndefined();
  });

  test('tells of each of many as if it had been done alone, refusals too', async () => {
    const app = await createTestApp();
    const { nodes } = await operator(app);
    const admin = await app.signUpWith('admin', { roles: ['admin'] });
    const ada = await app.signUp('ada');
    const support = await app.signUpWith('support', { permissions: ['users:write'] });
    const ban = (userIds: string[]) =>
      support('mutation ($input: BanUsersInput!) { banUsers(input: $input) { __typename } }', {
        input: { userIds },
      });
    await ban([admin.id]);
    const refusal = { action: 'user.banned', outcome: 'FAILURE', code: 'OUTRANKED', userId: admin.id };
    expect((await nodes({ actorId: support.id })).slice(0, 2)).toMatchObject([
      refusal,
      { action: 'user.signed_in' },
    ]);
    await ban([ada.id, admin.id]);
    expect((await nodes({ actorId: support.id })).slice(0, 2)).toMatchObject([
      refusal,
      { action: 'user.banned', outcome: 'SUCCESS', userId: ada.id },
    ]);
  });

  test('a wrong password costs a stranger and an address that nobody has the same', async () => {
    const app = await createTestApp();
    const { email } = await app.signUp('ada');
    const logIn = (address: string) => () =>
      app.graphql(LOG_IN, { input: { email: address, password: 'wrong password' } });
    const known = await app.statementsDuring(logIn(email));
    const unknown = await app.statementsDuring(logIn(`${randomUUID()}@example.com`));
    expect(unknown).toEqual(known);
  });

  test('pages by keyset, each event once, in the order of time', async () => {
    const app = await createTestApp();
    const { page } = await operator(app);
    const ada = await app.signUp('ada');
    await app.ownDatabase.query(
      `insert into limen.audit_events (action, outcome, user_id) select 'user.updated', 'success', $1 from generate_series(1, 25)`,
      [ada.id],
    );
    const filter = { action: 'user.updated', userId: ada.id };
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const { nodes, pageInfo } = await page(filter, { first: 10, after });
      seen.push(...nodes.map(({ id }: { id: string }) => id));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : undefined;
    } while (after);
    expect([seen.length, new Set(seen).size]).toEqual([25, 25]);
    const statements = await app.statementsDuring(() => page(filter, { first: 10 }));
    expect(statements.filter((sql) => sql.includes('limen.audit_events'))).toHaveLength(1);
  });

  test.each([
    ['a cursor of nothing', { after: 'x' }],
    ['a cursor with a number that is none', { after: cursorOf([1e300, 1]) }],
    ['a cursor with a text', { after: cursorOf(['x', 'y']) }],
    ['an id that is none', { filter: { userId: 'x' } }],
    ['a NUL', { filter: { action: '\0' } }],
    ['half a character', { filter: { requestId: '\ud800' } }],
    ['a text without end', { filter: { actorId: 'x'.repeat(201) } }],
    ['no page', { first: 0 }],
  ])('answers %s with what is wrong', async (_name, variables) => {
    const app = await createTestApp();
    const { ask } = await operator(app);
    expect((await ask(EVENTS, variables)).errors?.[0].extensions.code).toBe('VALIDATION_FAILED');
  });

  test('takes any time that a Date can hold', async () => {
    const app = await createTestApp();
    const { nodes } = await operator(app);
    expect(await nodes({ since: '2001-01-01T00:00:00Z', until: '2001-01-02T00:00:00Z' })).toEqual([]);
    expect(
      (await nodes({ since: '2001-01-01T00:00:00Z', until: '9999-01-01T00:00:00Z' })).length,
    ).toBeGreaterThan(0);
  });
});

describe("Supabase's own log", () => {
  test('is read where it is asked for, and only then', async () => {
    const app = await createTestApp();
    const { nodes, ask } = await operator(app);
    const ada = await app.signUp('ada');
    await app.database.query(
      `insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address) values
         ('00000000-0000-0000-0000-000000000000', $1, $2, now(), '192.0.2.7')`,
      [
        randomUUID(),
        {
          action: 'login',
          actor_id: ada.id,
          actor_username: ada.email,
          log_type: 'account',
          traits: { provider: 'email' },
        },
      ],
    );
    const filter = { source: 'SUPABASE', userId: ada.id };
    if (SEES_ROWS)
      expect(await nodes(filter)).toMatchObject([
        {
          source: 'SUPABASE',
          action: 'login',
          outcome: null,
          address: '192.0.2.7',
          userId: ada.id,
          details: { provider: 'email' },
        },
      ]);
    else expect((await ask(EVENTS, { filter })).errors?.[0].extensions.code).toBe('NOT_SUPPORTED');
    const statements = await app.statementsDuring(() => ask(EVENTS, {}));
    expect(statements.join()).not.toContain('audit_log_entries');
  });
});

describe('myActivity', () => {
  test("shows what happened to one's own account, and of an administrator no more than that it was one", async () => {
    const app = await createTestApp();
    const [admin, ada, grace] = [
      await app.signUpWith('admin', { roles: ['admin'] }),
      await app.signUp('ada'),
      await app.signUp('grace'),
    ];
    await grace('mutation { updateProfile(input: { locale: "en" }) { __typename } }');
    await admin('mutation ($input: SetUserRolesInput!) { setUserRoles(input: $input) { __typename } }', {
      input: { userId: ada.id, roles: ['reader'] },
    });
    const { data } = await ada(MINE);
    expect(data.myActivity.nodes[0]).toMatchObject({
      action: 'user.grants_changed',
      by: 'ADMINISTRATOR',
      sessionId: null,
      address: null,
      userAgent: null,
    });
    expect(data.myActivity.nodes.at(-1)).toMatchObject({
      action: 'user.signed_up',
      by: 'SELF',
      address: '127.0.0.1',
    });
    expect(JSON.stringify(data)).not.toContain(admin.id);
    expect(JSON.stringify(data)).not.toContain('user.updated');
  });

  test('cannot be written to by what somebody else is refused', async () => {
    const app = await createTestApp();
    const [ada, mallory] = [await app.signUp('ada'), await app.signUp('mallory')];
    const before = (await ada(MINE)).data.myActivity.nodes;
    await mallory('mutation ($input: BanUserInput!) { banUser(input: $input) { __typename } }', {
      input: { userId: ada.id },
    });
    const path = `http://limen.test/auth/v1/admin/users/${ada.id}`;
    const { keys } = app.app;
    const anonymous = keys ? [await signProjectKey(keys, 'anon', app.clock.now, 3600)] : [];
    for (const token of [mallory.accessToken, ...anonymous])
      await app.atAuthServer(
        new Request(path, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } }),
      );
    expect((await ada(MINE)).data.myActivity.nodes).toEqual(before);
  });

  test('shows whoever signs in as them, and where, whatever other token they send along', async () => {
    const app = await createTestApp();
    const [ada, mallory] = [await app.signUp('ada'), await app.signUp('mallory')];
    await mallory(LOG_IN, { input: { email: ada.email, password: PASSWORD } });
    if (MODE !== 'supabase')
      await mallory(LOG_IN, { input: { email: ada.email, password: 'wrong password' } });
    for (const event of (await ada(MINE)).data.myActivity.nodes) {
      expect(event.address).toBe('127.0.0.1');
      expect(event.by).toBe(event.outcome === 'SUCCESS' ? 'SELF' : 'UNKNOWN');
    }
    expect((await ada(MINE)).data.myActivity.nodes).toHaveLength(MODE === 'supabase' ? 2 : 4);
  });
});

function cursorOf(keyset: unknown[]): string {
  return Buffer.from(JSON.stringify(keyset)).toString('base64url');
}
