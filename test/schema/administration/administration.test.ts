/** What operators do to others: changing, banning, deleting, putting out, one by one and many at once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createTestApp,
  type GraphQLAnswer,
  PASSWORD,
  SEES_ROWS,
  type TestApp,
  type TestPerson,
} from '../../support/app.ts';
import { codeOf } from '../../support/authenticator.ts';
import { createPasskeyAuthenticator } from '../../support/passkey-authenticator.ts';

const NOBODY = '00000000-0000-4000-8000-000000000000';

const RESULTS: Record<string, string> = {
  deleteUser: '... on UserDeleted { userId mode }',
  revokeUserSessions: '... on UserSessionsRevoked { userId sessionsRevoked }',
  sendPasswordReset: '... on CodeSent { email }',
  resetMfa: '... on MfaReset { user { id } factorsRemoved passkeysRemoved sessionsEnded }',
  generateLink: '... on ActionLink { tokenHash }',
  enrollTotp: '... on TotpEnrolment { factorId secret }',
  finishPasskeyRegistration: '... on Passkey { id }',
};
const USER = '... on User { id email phone displayName metadata roles permissions tier }';

const VERIFY_TOTP = `mutation ($input: VerifyTotpInput!) {
  verifyTotp(input: $input) { ... on AuthSession { accessToken refreshToken user { id email } } }
}`;

type Ask = (query: string, variables?: Record<string, unknown>) => Promise<GraphQLAnswer>;

/** The result, or the code of the top-level error. */
async function act(ask: Ask, field: string, input: object) {
  const type = `${field[0]!.toUpperCase()}${field.slice(1)}Input`;
  const { data, errors } = await ask(
    `mutation ($input: ${type}!) { ${field}(input: $input) {
      __typename ${RESULTS[field] ?? USER}
      ... on UserError { code ... on ValidationError { issues { path code } } }
    } }`,
    { input },
  );
  return errors ? { denied: errors[0].extensions.code, reason: errors[0].extensions.reason } : data[field];
}

async function actOnMany(ask: Ask, field: string, input: object, selection: string) {
  const name = `${field[0]!.toUpperCase()}${field.slice(1)}`;
  const { data, errors } = await ask(
    `mutation ($input: ${name}Input!) { ${field}(input: $input) {
      ... on ${name}Items { items { userId result { __typename ${selection} ... on UserError { code } } } }
      ... on UserError { code }
    } }`,
    { input },
  );
  return errors ? { denied: errors[0].extensions.code } : data[field];
}

describe('operators', () => {
  let app: TestApp;
  let admin: TestPerson;
  /** Holds everything but the role `admin`, and `invoices:pay` beside. */
  let support: TestPerson;
  let service: Ask;
  beforeAll(async () => {
    app = await createTestApp({ keep: true });
    admin = await app.signUpWith('root', { roles: ['admin'] });
    const permissions = [
      'users:read',
      'users:write',
      'users:delete',
      'sessions:write',
      'roles:write',
      'invoices:pay',
    ];
    support = await app.signUpWith('support', { roles: ['staff'], permissions });
    service = (query, variables) => app.graphql(query, variables, { token: app.serviceKey });
  });
  afterAll(() => app.close());

  const kindOf = async (person: TestPerson) =>
    (await person('{ viewer { kind } }')).data?.viewer.kind ?? 'REFUSED';
  const rowOf = async (id: string) => (await app.admin.getUserById(id)).data.user;

  describe('change somebody', () => {
    test('addresses, profile and metadata hold at once, and the former address is told', async () => {
      const ada = await app.signUp('ada');
      const email = `new-${ada.id.slice(0, 8)}@example.com`;
      const result = await act(support, 'updateUser', {
        userId: ada.id,
        email: email.toUpperCase(),
        phone: '+41 79 555 00 11',
        confirmed: true,
        profile: { displayName: 'Ada L.', metadata: { desk: 7 } },
        appMetadata: { customerNumber: 'C-1' },
      });
      expect(result).toMatchObject({ id: ada.id, email, phone: '41795550011', displayName: 'Ada L.' });
      expect((await ada('{ me { email displayName metadata } }')).data.me).toMatchObject({
        email,
        displayName: 'Ada L.',
        metadata: { desk: 7 },
      });
      const row = await rowOf(ada.id);
      expect(row?.app_metadata).toMatchObject({ customerNumber: 'C-1', provider: 'email' });
      expect(row?.phone_confirmed_at).toBeTruthy();
      expect((await app.messagesTo(ada.email)).map(({ template }) => template)).toContain('email-changed');
      await act(support, 'updateUser', { userId: ada.id, appMetadata: { customerNumber: null } });
      expect((await rowOf(ada.id))?.app_metadata).not.toHaveProperty('customerNumber');
      expect((await app.logIn(email)).id).toBe(ada.id);
    });

    test('refuses every malformed field at once, grants among the metadata, and addresses that are taken', async () => {
      const [ada, grace] = [await app.signUp('ada'), await app.signUp('grace')];
      const { issues } = await act(admin, 'updateUser', {
        userId: ada.id,
        email: 'nonsense',
        phone: '0',
        profile: { locale: 'x'.repeat(200) },
        appMetadata: {
          roles: ['admin'],
          role: 'admin',
          permissions: [],
          tier: 'pro',
          provider: 'x',
          a: '\u0000',
        },
      });
      expect(issues.map(({ path }: { path: string[] }) => path.join('.'))).toEqual([
        'email',
        'phone',
        'profile.locale',
        'appMetadata.roles',
        'appMetadata.role',
        'appMetadata.permissions',
        'appMetadata.tier',
        'appMetadata.provider',
        'appMetadata',
      ]);
      const large = { appMetadata: { x: 'x'.repeat(5000) } };
      expect(await act(admin, 'updateUser', { userId: ada.id, ...large })).toMatchObject({
        code: 'METADATA_TOO_LARGE',
      });
      expect(await act(admin, 'updateUser', { userId: ada.id, email: grace.email })).toMatchObject({
        code: 'EMAIL_TAKEN',
      });
      expect((await rowOf(ada.id))?.email).toBe(ada.email);
    });

    test('makes an account with its grants in one step, which signs in', async () => {
      const email = 'created@example.com';
      const created = await act(support, 'createUser', {
        email,
        password: PASSWORD,
        profile: { displayName: 'New' },
        appMetadata: { customerNumber: 'C-2' },
        roles: ['staff'],
        permissions: ['invoices:pay'],
        tier: 'pro',
      });
      expect(created).toMatchObject({
        __typename: 'User',
        displayName: 'New',
        roles: ['staff'],
        permissions: ['invoices:pay'],
        tier: 'pro',
      });
      expect((await app.logIn(email)).id).toBe(created.id);
      expect(await act(support, 'createUser', { email })).toMatchObject({ code: 'EMAIL_TAKEN' });
      expect(await act(support, 'createUser', { email: 'x@example.com', password: '1' })).toMatchObject({
        code: 'WEAK_PASSWORD',
      });
      expect(await act(support, 'createUser', { roles: ['staff'] })).toMatchObject({
        code: 'VALIDATION_FAILED',
      });
      expect(await act(service, 'createUser', { phone: '+41 79 555 00 12', roles: ['admin'] })).toMatchObject(
        {
          phone: '41795550012',
          roles: ['admin'],
        },
      );
    });
  });

  describe('who holds less', () => {
    test('does nothing to an administrator, nor to anybody who holds what they lack', async () => {
      const boss = await app.signUpWith('boss', { roles: ['admin'] });
      const author = await app.signUpWith('author', { roles: ['author'] });
      const payer = await app.signUpWith('payer', { permissions: ['invoices:void'] });
      const database = await app.signUp('database');
      await app.admin.updateUserById(database.id, { role: 'service_role' } as object);
      for (const target of [boss, author, payer, database]) {
        const userId = target.id;
        const attempts: [string, object][] = [
          ['updateUser', { email: 'mine@example.com' }],
          ['setUserRoles', { roles: [] }],
          ['setUserPermissions', { permissions: [] }],
          ['setUserTier', { tier: 'pro' }],
          ['banUser', {}],
          ['unbanUser', {}],
          ['deleteUser', { mode: 'HARD' }],
          ['revokeUserSessions', {}],
          ['sendPasswordReset', {}],
          ['resetMfa', {}],
        ];
        for (const [field, input] of attempts) {
          const { code } = await act(support, field, { userId, ...input });
          expect(`${field} ${code}`).toBe(`${field} OUTRANKED`);
        }
        for (const type of ['MAGIC_LINK', 'RECOVERY', 'INVITE', 'EMAIL_CHANGE_NEW']) {
          const newEmail = type === 'EMAIL_CHANGE_NEW' ? { newEmail: 'mine@example.com' } : {};
          const result = await act(support, 'generateLink', { type, email: target.email, ...newEmail });
          expect(result).toEqual({ __typename: 'OutrankedError', code: 'OUTRANKED' });
        }
        expect(await act(support, 'inviteUser', { email: target.email })).toMatchObject({
          code: 'OUTRANKED',
        });
        const row = await rowOf(userId);
        expect(row).toMatchObject({ email: target.email });
        expect(row?.new_email).toBeUndefined();
        expect(row?.banned_until).toBeUndefined();
      }
      expect(
        (await act(support, 'generateLink', { type: 'MAGIC_LINK', email: (await app.signUp('x')).email }))
          .__typename,
      ).toBe('ActionLink');
    });

    test('gives nothing they lack: neither to others nor to themselves', async () => {
      const ada = await app.signUp('ada');
      for (const userId of [ada.id, support.id]) {
        for (const [field, input] of [
          ['setUserRoles', { roles: ['staff', 'admin'] }],
          ['setUserRoles', { roles: ['author'] }],
          ['setUserPermissions', { permissions: ['users:impersonate'] }],
        ] as const) {
          expect(await act(support, field, { userId, ...input })).toMatchObject({ code: 'OUTRANKED' });
        }
      }
      expect(await act(support, 'createUser', { email: 'y@example.com', roles: ['admin'] })).toMatchObject({
        code: 'OUTRANKED',
      });
      expect(await act(support, 'setUserRoles', { userId: ada.id, roles: ['staff'] })).toMatchObject({
        roles: ['staff'],
      });
      const writer = await app.signUpWith('writer', { roles: ['staff'], permissions: ['users:write'] });
      expect(await act(writer, 'createUser', { email: 'y@example.com', roles: ['staff'] })).toMatchObject({
        code: 'OUTRANKED',
      });
      expect(await act(writer, 'setUserRoles', { userId: ada.id, roles: [] })).toMatchObject({
        denied: 'FORBIDDEN',
      });
      expect(await act(writer, 'deleteUser', { userId: ada.id, mode: 'SOFT' })).toMatchObject({
        denied: 'FORBIDDEN',
      });
      expect(await act(service, 'setUserRoles', { userId: ada.id, roles: ['anything'] })).toMatchObject({
        roles: ['anything'],
      });
    });

    test('loses the right with the token they already have, and while they wait for their turn', async () => {
      const ada = await app.signUp('ada');
      const helper = await app.signUpWith('helper', { permissions: ['users:write'] });
      expect((await act(helper, 'banUser', { userId: ada.id })).__typename).toBe('User');
      const turn = Promise.withResolvers<void>();
      const before = app.ownDatabase.exclusively('roles', () => turn.promise);
      const waiting = act(helper, 'unbanUser', { userId: ada.id });
      await new Promise((resolve) => setTimeout(resolve, 50));
      await app.admin.updateUserById(helper.id, { app_metadata: { permissions: [] } });
      turn.resolve();
      await before;
      expect(await waiting).toMatchObject({ denied: 'FORBIDDEN' });
      expect(await kindOf(ada)).toBe('REFUSED');
    });
  });

  test('do to themselves nothing that would lock them out, or get round what they must show', async () => {
    for (const [field, input] of [
      ['updateUser', { email: 'other@example.com' }],
      ['banUser', {}],
      ['unbanUser', {}],
      ['deleteUser', { mode: 'SOFT' }],
      ['revokeUserSessions', {}],
      ['sendPasswordReset', {}],
      ['resetMfa', {}],
    ] as const) {
      for (const operator of [admin, support]) {
        const { code } = await act(operator, field, { userId: operator.id, ...input });
        expect(`${field} ${code}`).toBe(`${field} OWN_ACCOUNT`);
      }
    }
    for (const operator of [admin, support]) {
      const link = { type: 'RECOVERY', email: operator.email };
      expect(await act(operator, 'generateLink', link)).toMatchObject({ code: 'OWN_ACCOUNT' });
    }
    expect(await act(support, 'setUserTier', { userId: support.id, tier: 'pro' })).toMatchObject({
      code: 'OWN_ACCOUNT',
    });
    expect(await act(admin, 'setUserTier', { userId: admin.id, tier: 'pro' })).toMatchObject({ tier: 'pro' });
    expect(await kindOf(admin)).toBe('PERSON');
  });

  test('answer an id that nobody has, or no UUID, or of somebody deleted, as that', async () => {
    const gone = await app.signUp('gone');
    await act(admin, 'deleteUser', { userId: gone.id, mode: 'SOFT' });
    for (const userId of [NOBODY, 'nonsense', "' or 1=1", '\u0000', gone.id]) {
      for (const [field, input] of [
        ['updateUser', { profile: { locale: 'de' } }],
        ['setUserRoles', { roles: ['x'] }],
        ['setUserTier', { tier: null }],
        ['banUser', {}],
        ['deleteUser', { mode: 'SOFT' }],
        ['revokeUserSessions', {}],
        ['resetMfa', {}],
      ] as const) {
        const { code } = await act(admin, field, { userId, ...input });
        expect(`${field} ${code}`).toBe(`${field} USER_NOT_FOUND`);
      }
    }
    expect(await act(admin, 'deleteUser', { userId: gone.id, mode: 'HARD' })).toMatchObject({ mode: 'HARD' });
  });

  describe('ban and delete', () => {
    test('a ban holds for the token there is, until its time; then the session goes on', async () => {
      const ada = await app.signUp('ada');
      expect(await act(support, 'banUser', { userId: ada.id, until: '2001-01-01T00:00:00Z' })).toMatchObject({
        issues: [{ path: ['until'], code: 'IN_THE_PAST' }],
      });
      expect(await act(support, 'banUser', { userId: ada.id, reason: ' ' })).toMatchObject({
        issues: [{ path: ['reason'] }],
      });
      const until = new Date(app.clock.now().getTime() + 60_000);
      await act(support, 'banUser', { userId: ada.id, until: until.toISOString(), reason: 'Spam' });
      expect(await kindOf(ada)).toBe('REFUSED');
      expect(Math.abs(Date.parse((await rowOf(ada.id))!.banned_until!) - until.getTime())).toBeLessThan(2000);
      await act(support, 'banUser', { userId: ada.id });
      expect(Date.parse((await rowOf(ada.id))!.banned_until!)).toBeGreaterThan(
        Date.now() + 99 * 365 * 86_400_000,
      );
      await act(support, 'unbanUser', { userId: ada.id });
      expect(await kindOf(ada)).toBe('PERSON');
      await act(support, 'unbanUser', { userId: ada.id });
      expect(await kindOf(ada)).toBe('PERSON');
    });

    test('a deletion holds for the token there is; softly, the id stays and nothing else', async () => {
      const [ada, grace] = [await app.signUp('ada'), await app.signUp('grace')];
      expect(await act(support, 'deleteUser', { userId: ada.id, mode: 'SOFT' })).toEqual({
        __typename: 'UserDeleted',
        userId: ada.id,
        mode: 'SOFT',
      });
      await act(support, 'deleteUser', { userId: grace.id, mode: 'HARD' });
      expect([await kindOf(ada), await kindOf(grace)]).toEqual(['REFUSED', 'REFUSED']);
      const rows = await app.database.query<{ id: string; email: string }>(
        'select id, email from auth.users where id = any($1)',
        [[ada.id, grace.id]],
      );
      expect(rows).toEqual([{ id: ada.id, email: expect.not.stringContaining('@') }]);
    });

    test('never take the last administrator, not even two at once from two sides', async () => {
      const [one, two] = [
        await app.signUpWith('one', { roles: ['admin'] }),
        await app.signUpWith('two', { roles: ['admin'] }),
      ];
      // Nobody else has the role for the while.
      const others = await app.database.query<{ id: string }>(
        `update auth.users set banned_until = 'infinity'
         where raw_app_meta_data::text like '%"admin"%' and id <> all($1) returning id`,
        [[one.id, two.id]],
      );
      const outcomes = await Promise.all([
        act(one, 'banUser', { userId: two.id }),
        act(two, 'deleteUser', { userId: one.id, mode: 'HARD' }),
      ]);
      const names = outcomes.map(({ __typename, denied, code }) => denied ?? code ?? __typename);
      expect(names.filter((name) => ['User', 'UserDeleted'].includes(name))).toHaveLength(1);
      const [left] = await app.database.query<{ id: string }>(
        `select id from auth.users where id = any($1) and deleted_at is null and banned_until is null`,
        [[one.id, two.id]],
      );
      for (const [field, input] of [
        ['banUser', {}],
        ['deleteUser', { mode: 'HARD' }],
        ['setUserRoles', { roles: [] }],
      ] as const) {
        expect(await act(service, field, { userId: left!.id, ...input })).toMatchObject({
          code: 'LAST_ADMIN',
        });
      }
      await app.database.query('update auth.users set banned_until = null where id = any($1)', [
        others.map(({ id }) => id),
      ]);
    });
  });

  describe('help somebody in, and put somebody out', () => {
    test('all sessions end at once, where the server can', async () => {
      const ada = await app.signUp('ada');
      const phone = await app.logIn(ada.email);
      const result = await act(support, 'revokeUserSessions', { userId: ada.id });
      if (!SEES_ROWS) {
        expect(result).toMatchObject({ code: 'NOT_SUPPORTED' });
        return;
      }
      expect(result).toEqual({ __typename: 'UserSessionsRevoked', userId: ada.id, sessionsRevoked: 2 });
      expect([await kindOf(ada), await kindOf(phone)]).toEqual(['REFUSED', 'REFUSED']);
      expect(await act(support, 'revokeUserSessions', { userId: ada.id })).toMatchObject({
        sessionsRevoked: 0,
      });
    });

    test('a reset is mailed to the person, and shown to nobody', async () => {
      const ada = await app.signUp('ada');
      const result = await act(support, 'sendPasswordReset', { userId: ada.id });
      expect(result).toEqual({ __typename: 'CodeSent', email: ada.email });
      const mails = await app.messagesTo(ada.email);
      expect(mails.map(({ template }) => template)).toContain('recovery');
      const { id } = await act(admin, 'createUser', { phone: '+41 79 555 00 13' });
      expect(await act(support, 'sendPasswordReset', { userId: id })).toMatchObject({
        issues: [{ path: ['userId'], code: 'NOT_ACCEPTED' }],
      });
    });
  });

  test('a lost second factor goes with its codes, the sessions it raised and, if asked, the passkeys', async () => {
    const before = await app.signUp('ada');
    const enrolled = await act(before, 'enrollTotp', { name: 'lost' });
    const { data } = await before(VERIFY_TOTP, {
      input: { factorId: enrolled.factorId, code: codeOf(enrolled.secret, app.clock.now()) },
    });
    const ada = app.person(data.verifyTotp);
    expect((await ada('mutation { generateRecoveryCodes { __typename } }')).errors).toBeUndefined();
    await act(ada, 'enrollTotp', { name: 'begun' });
    const { challengeId, options } = (
      await ada(
        'mutation { startPasskeyRegistration { ... on PasskeyRegistrationChallenge { challengeId options } } }',
      )
    ).data.startPasskeyRegistration;
    const credential = createPasskeyAuthenticator('http://localhost:8001').create(options);
    await act(ada, 'finishPasskeyRegistration', { challengeId, credential });
    const left = async () =>
      (
        await app.database.query<{ factors: number; passkeys: number; codes: number; steps: number }>(
          `select (select count(*)::int from auth.mfa_factors where user_id = $1) as factors,
           (select count(*)::int from auth.webauthn_credentials where user_id = $1) as passkeys,
           (select count(*)::int from limen.recovery_code_sets where user_id = $1) as codes,
           (select count(*)::int from limen.totp_steps where factor_id = $2) as steps`,
          [ada.id, enrolled.factorId],
        )
      )[0];
    expect(await left()).toEqual({ factors: 2, passkeys: 1, codes: 1, steps: 1 });
    const sessionsEnded = SEES_ROWS ? 1 : null;
    expect(await act(support, 'resetMfa', { userId: ada.id })).toEqual({
      __typename: 'MfaReset',
      user: { id: ada.id },
      factorsRemoved: 3,
      passkeysRemoved: 0,
      sessionsEnded,
    });
    expect(await left()).toEqual({ factors: 0, passkeys: 1, codes: 0, steps: 0 });
    const level = (await ada('{ viewer { assuranceLevel } }')).data?.viewer.assuranceLevel ?? 'REFUSED';
    expect(level).toBe(SEES_ROWS ? 'REFUSED' : 'AAL1');
    const templates = (await app.messagesTo(ada.email)).map(({ template }) => template);
    expect(templates.filter((template) => template === 'factor-removed').length).toBeGreaterThan(0);
    const again = await app.logIn(ada.email);
    expect(await act(support, 'resetMfa', { userId: ada.id, removePasskeys: true })).toMatchObject({
      factorsRemoved: 0,
      passkeysRemoved: 1,
    });
    expect(await left()).toMatchObject({ passkeys: 0 });
    expect((await app.messagesTo(ada.email)).map(({ template }) => template)).toContain('passkey-removed');
    expect(await kindOf(again)).toBe(SEES_ROWS ? 'REFUSED' : 'PERSON');
  });

  describe('many at once', () => {
    test('each has a result of their own, in order, and one failure loses none', async () => {
      const [ada, grace] = [await app.signUp('ada'), await app.signUp('grace')];
      const userIds = [ada.id, admin.id, NOBODY, support.id, grace.id, ada.id];
      const banned = await actOnMany(support, 'banUsers', { userIds, reason: 'Spam' }, '... on User { id }');
      expect(banned.items).toEqual([
        { userId: ada.id, result: { __typename: 'User', id: ada.id } },
        { userId: admin.id, result: { __typename: 'OutrankedError', code: 'OUTRANKED' } },
        { userId: NOBODY, result: { __typename: 'UserNotFoundError', code: 'USER_NOT_FOUND' } },
        { userId: support.id, result: { __typename: 'OwnAccountError', code: 'OWN_ACCOUNT' } },
        { userId: grace.id, result: { __typename: 'User', id: grace.id } },
      ]);
      expect([await kindOf(ada), await kindOf(grace), await kindOf(admin)]).toEqual([
        'REFUSED',
        'REFUSED',
        'PERSON',
      ]);
      const both = { userIds: [ada.id, grace.id] };
      const typesOf = ({ items }: { items: { result: { __typename: string } }[] }) =>
        items.map(({ result }) => result.__typename);
      expect(typesOf(await actOnMany(support, 'unbanUsers', both, ''))).toEqual(['User', 'User']);
      const tiers = await actOnMany(
        support,
        'setUsersTier',
        { ...both, tier: 'pro' },
        '... on User { tier }',
      );
      expect(typesOf(tiers)).toEqual(['User', 'User']);
      expect((await ada('{ me { tier } }')).data.me.tier).toBe('pro');
      expect(typesOf(await actOnMany(support, 'revokeUsersSessions', both, ''))).toEqual(
        Array(2).fill(SEES_ROWS ? 'UserSessionsRevoked' : 'NotSupportedError'),
      );
      expect(typesOf(await actOnMany(support, 'deleteUsers', { ...both, mode: 'HARD' }, ''))).toEqual([
        'UserDeleted',
        'UserDeleted',
      ]);
      const many = { userIds: Array.from({ length: 101 }, () => NOBODY) };
      expect(await actOnMany(support, 'unbanUsers', many, '')).toEqual({ code: 'VALIDATION_FAILED' });
    });
  });

  test('cost a handful of statements', async () => {
    const ada = await app.signUp('ada');
    const statements = await app.statementsDuring(() =>
      act(support, 'setUserTier', { userId: ada.id, tier: 'pro' }),
    );
    expect(statements.length).toBeLessThanOrEqual(12);
  });
});
