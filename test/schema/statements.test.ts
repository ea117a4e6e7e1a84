/** What sensitive changes cost in SQL: that nobody makes them dearer unseen, and that no stranger tells by it who has an account. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createTestApp, type GraphQLAnswer, MODE, PASSWORD, type TestApp } from '../support/app.ts';

const newAddress = () => `${randomUUID()}@example.com`;

const inFrontOfSupabase = MODE === 'supabase';

/** How many statements an operation takes, and the type of its outcome. */
async function costOf(app: TestApp, work: () => Promise<GraphQLAnswer>) {
  let outcome: unknown;
  const statements = await app.statementsDuring(async () => {
    const { data, errors } = await work();
    expect(errors).toBeUndefined();
    outcome = Object.values(data as Record<string, { __typename: string }>)[0]?.__typename;
  });
  return { count: statements.length, outcome };
}

test('a change of address or number costs a few statements', async () => {
  const app = await createTestApp({ env: { EMAIL_CONFIRMATION: 'on', EXTERNAL_PHONE_ENABLED: 'on' } });
  const [mine, taken, number] = [newAddress(), newAddress(), '+41795550011'];
  for (const email of [mine, taken]) {
    await app.admin.createUser({ email, password: PASSWORD, email_confirm: true });
  }
  await app.admin.createUser({ phone: number, password: PASSWORD, phone_confirm: true });
  app.clock.advance(6);
  const ada = await app.logIn(mine);
  const change = (mutation: string, input: string) =>
    costOf(app, () => ada(`mutation { ${mutation}(input: { ${input} }) { __typename } }`));

  const costs = {
    toTaken: await change('changeEmail', `email: "${taken}"`),
    toFree: await change('changeEmail', `email: "${newAddress()}"`),
    toTakenNumber: await change('changePhone', `phone: "${number}"`),
    toFreeNumber: await change('changePhone', 'phone: "+41795550022"'),
  };
  // Whoever is signed in is told that an address is taken, see docs/addresses.md: so these need not be alike.
  expect(costs).toEqual({
    toTaken: { count: inFrontOfSupabase ? 5 : 4, outcome: 'EmailTakenError' },
    toFree: { count: inFrontOfSupabase ? 14 : 12, outcome: 'EmailChangeRequested' },
    toTakenNumber: { count: inFrontOfSupabase ? 6 : 5, outcome: 'PhoneTakenError' },
    toFreeNumber: { count: inFrontOfSupabase ? 10 : 8, outcome: 'PhoneChangeRequested' },
  });
});

test('a link, and what an operator does to somebody, costs a few statements', async () => {
  const app = await createTestApp({
    env: { EMAIL_CONFIRMATION: 'on', SECURITY_MANUAL_LINKING_ENABLED: 'on', ...PROVIDER },
  });
  const [root, known] = [newAddress(), newAddress()];
  const confirmed = { password: PASSWORD, email_confirm: true };
  await app.admin.createUser({ email: root, ...confirmed, app_metadata: { roles: ['admin'] } });
  const { data } = await app.admin.createUser({ email: known, ...confirmed });
  app.clock.advance(6);
  const admin = await app.logIn(root);
  const act = (mutation: string, input: string) =>
    costOf(app, () => admin(`mutation { ${mutation}(input: { ${input} }) { __typename } }`));
  const userId = data.user!.id;
  const challenge = 'a'.repeat(43);
  const costs = {
    inviteUser: await act('inviteUser', `email: "${newAddress()}"`),
    linkIdentity: await act('linkIdentity', `provider: "github", codeChallenge: "${challenge}"`),
    banUser: await act('banUser', `userId: "${userId}"`),
    deleteUser: await act('deleteUser', `userId: "${userId}", mode: HARD`),
  };
  // In front of Supabase it is also recorded, and told to the other instances, in Limen's own database.
  expect(costs).toEqual({
    // The first of an operator's looks whether they have a factor that they have not shown.
    inviteUser: { count: inFrontOfSupabase ? 9 : 7, outcome: 'User' },
    linkIdentity: { count: 2, outcome: 'ProviderRedirect' },
    banUser: { count: inFrontOfSupabase ? 7 : 5, outcome: 'User' },
    deleteUser: { count: inFrontOfSupabase ? 9 : 7, outcome: 'UserDeleted' },
  });
});

const PROVIDER = {
  EXTERNAL_GITHUB_ENABLED: 'on',
  EXTERNAL_GITHUB_CLIENT_ID: 'limen',
  EXTERNAL_GITHUB_SECRET: 'secret',
};

test('a refused credential costs the same, and is recorded alike, for somebody and for nobody', async () => {
  const app = await createTestApp({ env: { EMAIL_CONFIRMATION: 'on' } });
  const known = newAddress();
  await app.admin.createUser({ email: known, password: PASSWORD, email_confirm: true });
  const secret = 'a secret that was typed into the wrong field';
  const attempts: Record<string, (email: string) => string> = {
    login: (email) => `email: "${email}", password: "${secret}"`,
    signInWithCode: (email) => `email: "${email}", code: "123456"`,
    verifyEmail: (email) => `email: "${email}", code: "123456"`,
    resetPassword: (email) => `email: "${email}", code: "123456", newPassword: "${secret}"`,
    requestSignInCode: (email) => `email: "${email}"`,
    requestPasswordReset: (email) => `email: "${email}"`,
    resendVerification: (email) => `email: "${email}"`,
    signup: (email) => `email: "${email}", password: "${secret}"`,
  };
  const stranger = newAddress();
  for (const [mutation, inputFor] of Object.entries(attempts)) {
    const costs = [];
    const recorded = [];
    for (const email of [known, stranger]) {
      const query = `mutation { ${mutation}(input: { ${inputFor(email)} }) { __typename } }`;
      const before = await events(app);
      costs.push(await costOf(app, () => app.graphql(query)));
      const after = (await events(app)).slice(before.length);
      recorded.push(
        after.map(({ action, outcome, code, actor_kind }) => [action, outcome, code, actor_kind]),
      );
    }
    expect([mutation, costs[0]]).toEqual([mutation, costs[1]]);
    // Only an account that there was none of is more than what was tried.
    if (mutation !== 'signup') expect([mutation, recorded[0]]).toEqual([mutation, recorded[1]]);
  }
  const written = JSON.stringify(await events(app));
  for (const typed of [known, stranger, secret, '123456']) expect(written).not.toContain(typed);
});

/** All of a row that could hold what somebody typed. */
const events = (app: TestApp) =>
  app.ownDatabase.query<Record<'action' | 'outcome' | 'code' | 'actor_kind', string | null>>(
    `select action, outcome, code, actor_kind, actor_id, user_agent, details from limen.audit_events order by sequence`,
  );
