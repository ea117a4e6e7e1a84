/** Operators in somebody else's stead: what they get, what they may, and when it ends. */
import { createClient } from '@supabase/supabase-js';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import { createTestApp, MODE, PASSWORD, type TestApp, type TestPerson } from '../../support/app.ts';

const IMPERSONATE = `mutation ($input: ImpersonateInput!) {
  impersonate(input: $input) {
    __typename
    ... on Impersonation { accessToken tokenType expiresIn expiresAt sessionId user { id } }
    ... on UserError { code message ... on ValidationError { issues { path } } ... on NotSupportedError { missing } }
  }
}`;

const on = { IMPERSONATION_ENABLED: 'on' };

async function scene(env: Record<string, string> = on) {
  const app = await createTestApp({ env });
  const operator = await app.signUpWith('operator', { permissions: ['users:impersonate'] });
  const ada = await app.signUp('ada');
  const impersonate = async (by: TestPerson, input: object) => {
    const { data, errors } = await by(IMPERSONATE, { input: { reason: 'Ticket 7', ...input } });
    return errors ? { denied: errors[0].extensions.code } : data.impersonate;
  };
  return { app, operator, ada, impersonate };
}

const asking = (app: TestApp, token: string) => (query: string, variables?: object) =>
  app.graphql(query, variables as Record<string, unknown>, { token });

describe.skipIf(MODE === 'supabase')('impersonate', () => {
  test('gives a short token of the person’s that says who acts, and no way to another one', async () => {
    const { app, operator, ada, impersonate } = await scene();
    const lastSignInAt = (await app.admin.getUserById(ada.id)).data.user?.last_sign_in_at;
    app.clock.advance(10);
    const begun = await impersonate(operator, { userId: ada.id });
    expect(begun).toMatchObject({
      __typename: 'Impersonation',
      tokenType: 'bearer',
      expiresIn: 900,
      user: { id: ada.id },
    });
    const claims = decodeJwt(begun.accessToken);
    expect(claims).toMatchObject({
      sub: ada.id,
      session_id: begun.sessionId,
      aal: 'aal1',
      amr: [{ method: 'impersonation' }],
      act: { sub: operator.id, session_id: operator.sessionId },
    });
    expect(claims.exp! - claims.iat!).toBe(900);
    const ask = asking(app, begun.accessToken);
    expect((await ask('{ me { id } viewer { kind user { id } actor { id } } }')).data).toEqual({
      me: { id: ada.id },
      viewer: { kind: 'PERSON', user: { id: ada.id }, actor: { id: operator.id } },
    });
    expect((await ada('{ viewer { actor { id } } }')).data.viewer.actor).toBeNull();
    const rows = await app.database.query(
      `select user_id, actor_id, reason, tag, refresh_token_hmac_key as key
       from limen.impersonations join auth.sessions on sessions.id = session_id where sessions.user_id = user_id`
        .replace('user_id, actor_id', 'impersonations.user_id, actor_id')
        .replace('sessions.user_id = user_id', 'sessions.user_id = impersonations.user_id'),
    );
    expect(rows).toEqual([
      { user_id: ada.id, actor_id: operator.id, reason: 'Ticket 7', tag: 'impersonation', key: null },
    ]);
    expect((await app.admin.getUserById(ada.id)).data.user?.last_sign_in_at).toBe(lastSignInAt);
    app.clock.advance(900);
    expect((await ask('{ me { id } }')).status).toBe(401);
  });

  test('reads what the person reads, changes their profile, and nothing else', async () => {
    const { app, operator, ada, impersonate } = await scene({ ...on, EXTERNAL_PHONE_ENABLED: 'on' });
    await app.admin.updateUserById(ada.id, { app_metadata: { permissions: ['users:read'] } });
    await app.admin.updateUserById(operator.id, {
      app_metadata: { permissions: ['users:impersonate', 'users:read'] },
    });
    const { accessToken } = await impersonate(operator, { userId: ada.id });
    const ask = asking(app, accessToken);
    expect((await ask('{ me { createdAt factors { id } identities { id } } }')).errors).toBeUndefined();
    const renamed = await ask(
      'mutation { updateProfile(input: { displayName: "A." }) { ... on User { displayName } } }',
    );
    expect(renamed.data.updateProfile).toEqual({ displayName: 'A.' });
    for (const mutation of [
      'updatePreferences(input: { preferences: { theme: "dark" } })',
      'completeOnboarding(input: { industry: "Engines" })',
    ]) {
      const { data } = await ask(`mutation { changed: ${mutation} { __typename } }`);
      expect(data.changed).toEqual({ __typename: 'User' });
    }
    const mutations = [
      'exportMyData',
      'deleteAccount(input: {})',
      'cancelAccountDeletion',
      `revokeSession(input: { id: "${ada.sessionId}" })`,
      `changePassword(input: { currentPassword: "${PASSWORD}", newPassword: "${PASSWORD}!" })`,
      'changeEmail(input: { email: "mine@example.com" })',
      'changePhone(input: { phone: "+41 79 555 00 11" })',
      'requestReauthentication',
      'enrollTotp(input: { name: "mine" })',
      'startPasskeyRegistration',
      'linkIdentity(input: { provider: "google", codeChallenge: "x" })',
      'unlinkIdentity(input: { identityId: "x" })',
      `impersonate(input: { userId: "${operator.id}", reason: "x" })`,
      `setUserRoles(input: { userId: "${ada.id}", roles: ["admin"] })`,
      'login(input: { email: "x@x", password: "x" })',
    ];
    for (const mutation of mutations) {
      const { errors } = await ask(`mutation { ${mutation} { __typename } }`);
      expect([mutation, errors?.[0].extensions]).toEqual([
        mutation,
        expect.objectContaining({ code: 'FORBIDDEN', reason: 'IMPERSONATED' }),
      ]);
    }
    // What the person may do to others takes the operator's own token.
    expect((await ask(`{ user(id: "${operator.id}") { id } }`)).errors?.[0].extensions.code).toBe(
      'FORBIDDEN',
    );
  });

  test('is one of the person’s sessions while it lasts, which says no more than what it is, and which they may end', async () => {
    const { app, operator, ada, impersonate } = await scene();
    const list = async (person = ada) => {
      const query =
        '{ sessions { ... on SessionList { sessions { id isImpersonation address userAgent isCurrent } } } }';
      return (await person(query)).data.sessions.sessions;
    };
    const { sessionId } = await impersonate(operator, { userId: ada.id });
    expect(await list()).toEqual(
      expect.arrayContaining([
        { id: sessionId, isImpersonation: true, address: null, userAgent: null, isCurrent: false },
        expect.objectContaining({ id: ada.sessionId, isImpersonation: false, address: '127.0.0.1' }),
      ]),
    );
    app.clock.advance(900);
    const again = await app.logIn(ada.email);
    const ids = (await list(again)).map(({ id }: { id: string }) => id);
    expect(ids.sort()).toEqual([ada.sessionId, again.sessionId].sort());
    const second = await impersonate(await app.logIn(operator.email), { userId: ada.id });
    await again(`mutation { revokeSession(input: { id: "${second.sessionId}" }) { __typename } }`);
    expect((await asking(app, second.accessToken)('{ me { id } }')).status).toBe(401);
  });

  test('over the protocol likewise: supabase-js reads, and changes the profile alone', async () => {
    const { app, operator, ada, impersonate } = await scene({ ...on, SECURITY_MANUAL_LINKING_ENABLED: 'on' });
    const { accessToken } = await impersonate(operator, { userId: ada.id });
    const call = async (method: string, path: string, body?: object) => {
      const response = await app.atAuthServer(
        new Request(`http://limen.test/auth/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${accessToken}`, 'x-supabase-api-version': '2024-01-01' },
          ...(body && { body: JSON.stringify(body) }),
        }),
      );
      const text = await response.text();
      return `${response.status} ${text ? (JSON.parse(text).code ?? '') : ''}`.trim();
    };
    expect(await call('GET', '/user')).toBe('200');
    expect(await call('PUT', '/user', { data: { display_name: 'A.' } })).toBe('200');
    const [change] = await app.database.query(
      `select actor_id, impersonator_id from limen.audit_events where user_id = $1 order by sequence desc limit 1`,
      [ada.id],
    );
    expect(change).toEqual({ actor_id: ada.id, impersonator_id: operator.id });
    const factor = '00000000-0000-4000-8000-000000000000';
    for (const [method, path, body] of [
      ['PUT', '/user', { password: `${PASSWORD}!` }],
      ['PUT', '/user', { email: 'mine@example.com', data: {} }],
      ['PUT', '/user', { phone: '41795550011' }],
      ['PUT', '/user', { nonce: '123456' }],
      ['PUT', '/user', { app_metadata: {} }],
      ['GET', '/reauthenticate'],
      ['POST', '/factors', { factor_type: 'totp' }],
      ['DELETE', `/factors/${factor}`],
      ['POST', `/factors/${factor}/challenge`],
      ['POST', '/factors/recovery-codes', {}],
      ['POST', '/passkeys/registration/options'],
      ['GET', '/passkeys'],
      ['DELETE', `/passkeys/${factor}`],
      ['GET', '/user/identities/authorize?provider=google'],
      ['DELETE', `/user/identities/${factor}`],
      ['POST', '/logout?scope=global'],
      ['POST', '/logout?scope=others'],
      ['GET', '/admin/users'],
    ] as const) {
      const refusal = path === '/admin/users' ? '403 not_admin' : '403 impersonated';
      expect(`${method} ${path} ${await call(method, path, body)}`).toBe(`${method} ${path} ${refusal}`);
    }
    // To whoever comes by the socket there is no such path, whatever key they hold.
    const body = JSON.stringify({ user_id: ada.id, reason: 'x', passkeys: true, code: '123456' });
    for (const path of [
      'impersonations',
      'proof',
      'factors/verify',
      `admin/users/${ada.id}/logout`,
      `admin/users/${ada.id}/reset_mfa`,
    ]) {
      for (const token of [app.serviceKey, operator.accessToken]) {
        const headers = { authorization: `Bearer ${token}` };
        const request = new Request(`http://limen.test/auth/v1/${path}`, { method: 'POST', headers, body });
        expect((await app.atAuthServer(request)).status).toBe(404);
      }
    }
    expect(await call('POST', '/logout?scope=local')).toBe('204');
    expect(await call('GET', '/user')).toBe('403 session_not_found');
    const recorded = await app.database.query<{ action: string; outcome: string }>(
      `select distinct action, outcome from limen.audit_events
       where user_id = $1 and actor_id = $1::text and impersonator_id = $2`,
      [ada.id, operator.id],
    );
    const names = recorded.map(({ action, outcome }) => `${action} ${outcome}`);
    expect(names).toEqual(
      expect.arrayContaining(['user.updated success', 'user.updated failure', 'session.ended success']),
    );
    expect((await ada('{ me { id } }')).data.me.id).toBe(ada.id);
    const own = createClient('http://limen.test', 'none', {
      global: { fetch: (input, init) => app.atAuthServer(new Request(input, init)) },
    });
    expect((await own.auth.getUser(ada.accessToken)).data.user?.id).toBe(ada.id);
  });

  test('is refused for administrators, for whoever holds more, for oneself, for nobody, and without a reason', async () => {
    const { app, operator, ada, impersonate } = await scene();
    const root = await app.signUpWith('root', { roles: ['admin'] });
    const other = await app.signUpWith('other', { roles: ['admin'] });
    const payer = await app.signUpWith('payer', { permissions: ['invoices:pay'] });
    const staff = await app.signUpWith('staff', { roles: ['staff'] });
    const database = await app.signUp('database');
    await app.admin.updateUserById(database.id, { role: 'supabase_admin' } as object);
    for (const { id: userId } of [root, payer, staff, database]) {
      expect(await impersonate(operator, { userId })).toMatchObject({ code: 'OUTRANKED' });
    }
    for (const { id: userId } of [other, database]) {
      expect(await impersonate(root, { userId })).toMatchObject({ code: 'OUTRANKED' });
    }
    expect(await impersonate(root, { userId: root.id })).toMatchObject({ code: 'OWN_ACCOUNT' });
    expect(await impersonate(root, { userId: payer.id })).toMatchObject({ __typename: 'Impersonation' });
    expect(await impersonate(operator, { userId: 'nonsense' })).toMatchObject({ code: 'USER_NOT_FOUND' });
    for (const reason of ['', ' ', '\u0000', 'x'.repeat(501)]) {
      expect(await impersonate(operator, { userId: ada.id, reason })).toMatchObject({
        issues: [{ path: ['reason'] }],
      });
    }
    await app.admin.updateUserById(ada.id, { ban_duration: '1h' });
    expect(await impersonate(operator, { userId: ada.id })).toMatchObject({ code: 'ACCOUNT_BANNED' });
    expect(await impersonate(staff, { userId: payer.id })).toEqual({ denied: 'FORBIDDEN' });
    const { errors } = await app.graphql(
      IMPERSONATE,
      { input: { userId: ada.id, reason: 'x' } },
      { token: app.serviceKey },
    );
    expect(errors?.[0].extensions.code).toBe('FORBIDDEN');
    expect(await app.database.query('select 1 from limen.impersonations')).toHaveLength(1);
  });

  test('ends with the operator: signed out, banned, without the permission, or gone', async () => {
    const { app, ada, impersonate } = await scene();
    const endings: [string, (operator: TestPerson) => Promise<unknown>][] = [
      ['signed out', (operator) => operator('mutation { logout { __typename } }')],
      [
        'signed out everywhere',
        (operator) => operator('mutation { logout(input: { scope: GLOBAL }) { __typename } }'),
      ],
      ['banned', ({ id }) => app.admin.updateUserById(id, { ban_duration: '1h' })],
      ['demoted', ({ id }) => app.admin.updateUserById(id, { app_metadata: { permissions: [] } })],
      ['deleted', ({ id }) => app.admin.deleteUser(id)],
      ['outranked', () => app.admin.updateUserById(ada.id, { app_metadata: { roles: ['admin'] } })],
    ];
    for (const [name, end] of endings) {
      const operator = await app.signUpWith('operator', { permissions: ['users:impersonate'] });
      const { accessToken } = await impersonate(operator, { userId: ada.id });
      const ask = asking(app, accessToken);
      expect(`${name} ${(await ask('{ me { id } }')).status}`).toBe(`${name} 200`);
      // A change that takes nothing from them does not end it.
      await app.admin.updateUserById(operator.id, { user_metadata: { display_name: 'O.' } });
      expect(`${name} ${(await ask('{ me { id } }')).status}`).toBe(`${name} 200`);
      await end(operator);
      expect(`${name} ${(await ask('{ me { id } }')).status}`).toBe(`${name} 401`);
    }
  });

  test('ends with the person, by its own logout, and leaves the person’s sessions as they are', async () => {
    const { app, operator, ada, impersonate } = await scene({
      ...on,
      SESSIONS_SINGLE_PER_USER: 'on',
      IMPERSONATION_TTL: '2m',
    });
    const first = await impersonate(operator, { userId: ada.id });
    expect(first.expiresIn).toBe(120);
    const { data } = await app.graphql(
      'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { __typename } }',
      { input: { refreshToken: ada.refreshToken } },
    );
    expect(data.refreshSession.__typename).toBe('AuthSession');
    await asking(app, first.accessToken)('mutation { logout { __typename } }');
    expect((await asking(app, first.accessToken)('{ me { id } }')).status).toBe(401);
    expect((await ada('{ me { id } }')).status).toBe(200);
    const second = await impersonate(operator, { userId: ada.id });
    const everywhere = await asking(
      app,
      second.accessToken,
    )('mutation { logout(input: { scope: GLOBAL }) { __typename } }');
    expect(everywhere.errors?.[0].extensions.reason).toBe('IMPERSONATED');
    await ada('mutation { logout(input: { scope: GLOBAL }) { __typename } }');
    expect((await asking(app, second.accessToken)('{ me { id } }')).status).toBe(401);
  });

  test('is off unless the configuration says otherwise', async () => {
    const { operator, ada, impersonate } = await scene({});
    for (const userId of [ada.id, '00000000-0000-4000-8000-000000000000'])
      expect(await impersonate(operator, { userId })).toMatchObject({
        code: 'NOT_ENABLED',
        message: expect.stringContaining('IMPERSONATION_ENABLED=on'),
      });
  });
});

test.runIf(MODE === 'supabase')('impersonate is not to be had where others sign the tokens', async () => {
  const { operator, ada, impersonate } = await scene({});
  for (const userId of [ada.id, '00000000-0000-4000-8000-000000000000'])
    expect(await impersonate(operator, { userId })).toMatchObject({
      code: 'NOT_SUPPORTED',
      missing: 'IMPERSONATION',
    });
});
