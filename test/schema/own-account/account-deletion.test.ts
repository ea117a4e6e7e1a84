import { describe, expect, test } from 'vitest';
import { createTestApp, MODE, PASSWORD, type TestApp, type TestPerson } from '../../support/app.ts';
import { codeOf } from '../../support/authenticator.ts';

const DELETE = `mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { __typename
  ... on AccountDeleted { userId } ... on AccountDeletionScheduled { deletesAt }
  ... on UserError { code } ... on ValidationError { issues { path code } } } }`;
const CANCEL = 'mutation { cancelAccountDeletion { __typename ... on User { id deletionScheduledAt } } }';
const SCHEDULED = '{ me { deletionScheduledAt } }';

const remove = async (person: TestPerson, input: object = { currentPassword: PASSWORD }) =>
  (await person(DELETE, { input })).data?.deleteAccount;

/** Later than a session may be that shows by itself who it is. */
const LATER = 16 * 60;

async function isThere(app: TestApp, id: string): Promise<boolean> {
  return (await app.database.query('select 1 from auth.users where id = $1', [id])).length > 0;
}

/** Tables of Limen's own that name the person, in either database. */
async function tracesOf(app: TestApp, { id, email }: TestPerson): Promise<string[]> {
  const traces: string[] = [];
  for (const database of new Set([app.database, app.ownDatabase])) {
    const tables = await database.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('limen', 'auth')`,
    );
    for (const { name } of tables) {
      const rows = await database.query(
        `select 1 from ${name} as row where row::text like '%' || $1 || '%' or row::text like '%' || $2 || '%' limit 1`,
        [id, email],
      );
      if (rows.length > 0) traces.push(name);
    }
  }
  return traces;
}

/**
 * What outlives the person holds nothing but the id: what tells the other instances that they are gone, until no token of theirs can be in use,
 * and the audit log.
 */
const ONLY_THE_ID = ['limen.changes', 'limen.audit_events'];

const addressIsIn = async (app: TestApp, table: string, email: string) =>
  (
    await app.ownDatabase.query(`select 1 from ${table} as row where row::text like '%' || $1 || '%'`, [
      email,
    ])
  ).length > 0;

/** What is recorded of somebody, the oldest first, and whether by themselves. */
async function recordedOf(app: TestApp, id: string): Promise<[action: string, isOwn: boolean][]> {
  // A Supabase that is a Limen on the same tables records what it is asked for, too.
  const events = await app.ownDatabase.query<{ action: string; is_own: boolean }>(
    `select action, actor_id is not distinct from user_id::text as is_own from limen.audit_events
     where user_id = $1 and outcome = 'success' and action <> 'user.signed_in'
       and actor_id is distinct from 'service_role' order by sequence`,
    [id],
  );
  return events.map(({ action, is_own }) => [action, is_own]);
}

describe('deleteAccount', () => {
  test('with the password, deletes all there is of the person at once, and nobody else', async () => {
    const app = await createTestApp({ env: { MAIL_NOTICES: 'on' } });
    const [ada, grace] = [await app.signUp('ada'), await app.signUp('grace')];
    const phone = await app.logIn(ada.email);
    await app.database.query(
      'create table public.notes (owner uuid references auth.users (id) on delete cascade)',
    );
    try {
      await app.database.query('insert into public.notes values ($1), ($2)', [ada.id, grace.id]);
      await app.graphql(`mutation { requestSignInCode(input: { email: "${ada.email}" }) { __typename } }`);
      await ada('mutation { completeOnboarding(input: { emailConsent: true }) { __typename } }');
      expect(await remove(ada)).toEqual({ __typename: 'AccountDeleted', userId: ada.id });
      expect(await app.database.query('select owner from public.notes')).toEqual([{ owner: grace.id }]);
    } finally {
      await app.database.query('drop table public.notes');
    }
    for (const session of [ada, phone]) {
      expect((await session('{ me { id } }')).errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
    }
    expect((await grace('{ me { id } }')).data.me.id).toBe(grace.id);
    // The last mail goes out, and then nothing is left.
    if (MODE !== 'supabase') {
      expect((await app.messagesTo(ada.email)).map(({ template }) => template)).toEqual(['account-deleted']);
      await app.mail.workOff();
      await app.database.query('truncate limen.mailbox');
    }
    expect((await tracesOf(app, ada)).filter((table) => !ONLY_THE_ID.includes(table))).toEqual([]);
    for (const table of ONLY_THE_ID) expect(await addressIsIn(app, table, ada.email)).toBe(false);
    expect((await recordedOf(app, ada.id)).at(-1)).toEqual(['user.deleted', true]);
    const again = await app.graphql(
      `mutation { login(input: { email: "${ada.email}", password: "${PASSWORD}" }) { __typename } }`,
    );
    expect(again.data.login.__typename).toBe('InvalidCredentialsError');
  });

  test('refuses a wrong password, both proofs, a wrong code, and a session without either, and deletes nothing', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    expect(await remove(ada, { currentPassword: 'wrong' })).toMatchObject({ code: 'INVALID_CREDENTIALS' });
    expect(await remove(ada, { currentPassword: PASSWORD, nonce: '1' })).toMatchObject({
      issues: [{ code: 'CHOOSE_ONE' }],
    });
    for (const nonce of ['000000', '', 'a\u0000b', 'x'.repeat(10_000)]) {
      expect(await remove(ada, { nonce })).toMatchObject({ code: 'INVALID_CODE' });
    }
    app.clock.advance(LATER);
    const session = await app.graphql(
      `mutation { refreshSession(input: { refreshToken: "${ada.refreshToken}" }) { ... on AuthSession {
        accessToken refreshToken user { id email } } } }`,
    );
    const later = app.person(session.data.refreshSession);
    expect(await remove(later, {})).toMatchObject({ code: 'REAUTHENTICATION_REQUIRED' });
    expect(await isThere(app, ada.id)).toBe(true);
    // Somebody who has just signed in has shown who they are.
    expect(await remove(await app.logIn(ada.email), {})).toMatchObject({ __typename: 'AccountDeleted' });
    expect(await isThere(app, ada.id)).toBe(false);
  });

  test('takes a code by mail in place of the password, once', async () => {
    const app = await createTestApp({ env: { ACCOUNT_DELETION_GRACE_DAYS: '7' } });
    const ada = await app.signUp('ada');
    await ada('mutation { requestReauthentication { __typename } }');
    const [mail] = await app.messagesTo(ada.email);
    const nonce = mail!.code!;
    expect((await remove(ada, { nonce })).__typename).toBe('AccountDeletionScheduled');
    expect(await remove(ada, { nonce })).toMatchObject({ code: 'INVALID_CODE' });
  });

  test('asks a person with a second factor for it', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const { data } = await ada(
      'mutation { enrollTotp(input: {}) { ... on TotpEnrolment { factorId secret } } }',
    );
    const { factorId, secret } = data.enrollTotp;
    const verified = await ada(
      `mutation { verifyTotp(input: { factorId: "${factorId}", code: "${codeOf(secret, app.clock.now())}" }) {
        ... on AuthSession { accessToken refreshToken user { id email } } } }`,
    );
    // The token from before the factor, of a session that has shown it since.
    expect(await remove(ada)).toMatchObject({ code: 'AAL2_REQUIRED' });
    expect(await remove(app.person(verified.data.verifyTotp))).toMatchObject({ userId: ada.id });
  });

  test('lets somebody anonymous go with nothing but their session', async () => {
    const app = await createTestApp({ env: { EXTERNAL_ANONYMOUS_USERS_ENABLED: 'on' } });
    const { data } = await app.graphql(
      'mutation { signInAnonymously { ... on AuthSession { accessToken refreshToken user { id email } } } }',
    );
    const nobody = app.person(data.signInAnonymously);
    app.clock.advance(600);
    const second = await app.graphql(
      'mutation { signInAnonymously { ... on AuthSession { accessToken refreshToken user { id email } } } }',
    );
    const somebody = app.person(second.data.signInAnonymously);
    await app.admin.updateUserById(somebody.id, { email: 'somebody@example.com', email_confirm: true });
    // Whoever has an account to lose has shown nothing by having begun without one.
    expect(await remove(somebody, {})).toMatchObject({ code: 'REAUTHENTICATION_REQUIRED' });
    expect(await remove(nobody, {})).toEqual({ __typename: 'AccountDeleted', userId: nobody.id });
    expect([await isThere(app, nobody.id), await isThere(app, somebody.id)]).toEqual([false, true]);
  });

  test('keeps the last administrator, and of two who go at once one', async () => {
    const app = await createTestApp();
    const ada = await app.signUpWith('ada', { roles: ['admin'] });
    expect(await remove(ada)).toMatchObject({ code: 'LAST_ADMIN' });
    const grace = await app.signUpWith('grace', { role: 'admin' });
    const outcomes = await Promise.all([remove(ada), remove(grace)]);
    expect(outcomes.map(({ __typename }) => __typename).sort()).toEqual(['AccountDeleted', 'LastAdminError']);
    expect([await isThere(app, ada.id), await isThere(app, grace.id)].filter(Boolean)).toHaveLength(1);
  });

  test('asked fifty times at once, deletes once and answers nobody with a failure', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const answers = await Promise.all(Array.from({ length: 50 }, () => ada(DELETE, { input: {} })));
    const outcomes = answers.map(
      ({ data, errors }) => errors?.[0].extensions.code ?? data.deleteAccount.__typename,
    );
    expect(outcomes).toContain('AccountDeleted');
    expect(['AccountDeleted', 'UNAUTHENTICATED']).toEqual(expect.arrayContaining([...new Set(outcomes)]));
    if (MODE !== 'supabase') expect(await app.messagesTo(ada.email)).toHaveLength(1);
    expect(await app.ownDatabase.query('select 1 from limen.account_deletions')).toEqual([]);
  });
});

describe('with a grace period', () => {
  const start = () => createTestApp({ env: { ACCOUNT_DELETION_GRACE_DAYS: '30' } });

  test('the account stays until its day, every other session ends, and then it is deleted once', async () => {
    const app = await start();
    const ada = await app.signUp('ada');
    const phone = await app.logIn(ada.email);
    const { deletesAt } = await remove(ada);
    expect(Date.parse(deletesAt) - app.clock.now().getTime()).toBe(30 * 86_400_000);
    expect((await phone('{ me { id } }')).errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
    expect((await ada(SCHEDULED)).data.me.deletionScheduledAt).toBe(deletesAt);
    app.clock.advance(86_400);
    const later = await app.logIn(ada.email);
    expect((await remove(later)).deletesAt).toBe(deletesAt);
    if (MODE !== 'supabase') {
      const mails = (await app.messagesTo(ada.email)).map(({ template, data }) => [template, data]);
      expect(mails).toEqual([['account-deletion-scheduled', { deletesOn: deletesAt.slice(0, 10) }]]);
    }
    expect(await app.app.deletions.workOff()).toBe(0);
    app.clock.advance(30 * 86_400);
    const runs = await Promise.all(Array.from({ length: 10 }, () => app.app.deletions.workOff()));
    expect(runs.reduce((sum, count) => sum + count)).toBe(1);
    expect(await isThere(app, ada.id)).toBe(false);
    expect(await app.app.deletions.workOff()).toBe(0);
    const recorded = (await recordedOf(app, ada.id)).filter(([action]) => action.startsWith('user.del'));
    expect(recorded).toEqual([
      ['user.deletion_scheduled', true],
      ['user.deleted', false],
    ]);
  });

  test('it is called off by whoever signs in again, and nothing is deleted on the day', async () => {
    const app = await start();
    const ada = await app.signUp('ada');
    await remove(ada);
    const again = await app.logIn(ada.email);
    const { data } = await again(CANCEL);
    expect(data.cancelAccountDeletion).toEqual({
      __typename: 'User',
      id: ada.id,
      deletionScheduledAt: null,
    });
    expect((await again(CANCEL)).data.cancelAccountDeletion.__typename).toBe('User');
    const recorded = (await recordedOf(app, ada.id)).filter(([action]) => action.startsWith('user.del'));
    expect(recorded).toEqual([
      ['user.deletion_scheduled', true],
      ['user.deletion_cancelled', true],
    ]);
    if (MODE !== 'supabase') {
      expect((await app.messagesTo(ada.email)).map(({ template }) => template).sort()).toEqual([
        'account-deletion-cancelled',
        'account-deletion-scheduled',
      ]);
    }
    app.clock.advance(31 * 86_400);
    expect(await app.app.deletions.workOff()).toBe(0);
    expect(await isThere(app, ada.id)).toBe(true);
  });

  test('called off in the moment it is due, it either stays or goes, and no half of it', async () => {
    const app = await start();
    const ada = await app.signUp('ada');
    await remove(ada);
    app.clock.advance(31 * 86_400);
    const again = await app.logIn(ada.email);
    const [deleted] = await Promise.all([app.app.deletions.workOff(), again(CANCEL)]);
    expect(await isThere(app, ada.id)).toBe(deleted === 0);
    expect(await app.ownDatabase.query('select 1 from limen.account_deletions')).toEqual([]);
  });

  test('an account that went in another way, and the last administrator, are no trouble to the others', async () => {
    const app = await start();
    const boss = await app.signUpWith('boss', { roles: ['admin'] });
    const [ada, grace] = [await app.signUp('ada'), await app.signUp('grace')];
    await remove(ada);
    await remove(grace);
    await app.admin.deleteUser(grace.id);
    const second = await app.signUpWith('second', { roles: ['admin'] });
    await remove(boss);
    await app.admin.updateUserById(second.id, { app_metadata: { roles: [] } });
    app.clock.advance(31 * 86_400);
    expect(await app.app.deletions.workOff()).toBe(1);
    expect(await isThere(app, boss.id)).toBe(true);
    expect(await app.ownDatabase.query('select user_id from limen.account_deletions')).toEqual([
      { user_id: boss.id },
    ]);
    await app.admin.updateUserById(second.id, { app_metadata: { roles: ['admin'] } });
    app.clock.advance(86_401);
    expect(await app.app.deletions.workOff()).toBe(1);
    expect(await isThere(app, boss.id)).toBe(false);
  });
});

test.skipIf(MODE === 'supabase')('costs as many statements however much there is of the person', async () => {
  const app = await createTestApp();
  const counts = [];
  for (const sessions of [0, 5]) {
    const ada = await app.signUp('ada');
    for (let count = 0; count < sessions; count++) await app.logIn(ada.email);
    counts.push((await app.statementsDuring(() => ada(DELETE, { input: {} }))).length);
  }
  expect(counts).toEqual([9, 9]);
});

test('somebody who asks to have another’s address, and goes, takes none of that person’s mail along, nor is shown it', async () => {
  const app = await createTestApp({ env: { EMAIL_CONFIRMATION: 'on' } });
  const [ada, mallory] = [await confirmed(app, 'ada'), await confirmed(app, 'mallory')];
  await ada('mutation { requestReauthentication { __typename } }');
  const waiting = (await app.messagesTo(ada.email)).length;
  await mallory(
    `mutation { changeEmail(input: { email: "${ada.email}", currentPassword: "${PASSWORD}" }) { __typename } }`,
  );
  await mallory(
    `mutation { changeEmail(input: { email: "free@example.com", currentPassword: "${PASSWORD}" }) { __typename } }`,
  );
  const { data } = (await mallory('mutation { exportMyData { ... on PersonalData { data } } }')).data
    .exportMyData;
  expect(JSON.stringify(data)).not.toContain(ada.email);
  expect(await remove(mallory)).toMatchObject({ __typename: 'AccountDeleted' });
  expect(await app.messagesTo(ada.email)).toHaveLength(waiting);
});

async function confirmed(app: TestApp, name: string): Promise<TestPerson> {
  const email = `${name}-${app.clock.now().getTime()}@example.com`;
  await app.admin.createUser({ email, password: PASSWORD, email_confirm: true });
  return app.logIn(email);
}

test('an operator’s deletion, soft or hard, leaves as little in Limen’s own tables', async () => {
  const app = await createTestApp();
  for (const isSoft of [true, false]) {
    const ada = await app.signUp('ada');
    await ada('mutation { completeOnboarding(input: { emailConsent: true }) { __typename } }');
    await app.admin.deleteUser(ada.id, isSoft);
    const traces = (await tracesOf(app, ada)).filter(
      (name) => name.startsWith('limen.') && !ONLY_THE_ID.includes(name),
    );
    if (MODE !== 'supabase') expect(traces).toEqual([]);
  }
});
