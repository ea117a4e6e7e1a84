import { describe, expect, test } from 'vitest';
import { createTestApp, MODE } from '../../support/app.ts';

const COMPLETE = `mutation ($input: CompleteOnboardingInput!) { completeOnboarding(input: $input) { __typename
  ... on User { displayName onboarding { completed completedAt industry jobTitle emailConsent emailConsentAt } }
  ... on UserError { code } ... on ValidationError { issues { path code } } } }`;
const MINE = '{ me { onboarding { completed completedAt industry jobTitle emailConsent emailConsentAt } } }';

describe('completeOnboarding', () => {
  test('writes all of it at once, every device sees it with the token it has, and the times are the server’s', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const phone = await app.logIn(ada.email);
    const before = (await phone(MINE)).data.me.onboarding;
    expect(before).toMatchObject({ completed: false, completedAt: null, emailConsentAt: null });
    const input = { industry: 'Engines', jobTitle: 'Countess', emailConsent: true, displayName: 'Ada' };
    const { data } = await ada(COMPLETE, { input });
    const { onboarding, displayName } = data.completeOnboarding;
    expect(onboarding).toMatchObject({
      completed: true,
      industry: 'Engines',
      jobTitle: 'Countess',
      emailConsent: true,
      completedAt: expect.any(String),
      emailConsentAt: expect.any(String),
    });
    expect(displayName).toBe('Ada');
    expect((await phone(MINE)).data.me.onboarding).toEqual(onboarding);
    // Again, and it is done no later; the consent is as old as it was.
    const again = (await phone(COMPLETE, { input: { jobTitle: 'Mathematician', emailConsent: true } })).data;
    expect(again.completeOnboarding.onboarding).toEqual({ ...onboarding, jobTitle: 'Mathematician' });
  });

  test('keeps each turn of a consent: given, withdrawn, given again', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const update = (emailConsent: boolean | null) =>
      ada('mutation ($v: Boolean) { updateProfile(input: { emailConsent: $v }) { __typename } }', {
        v: emailConsent,
      });
    await ada(COMPLETE, { input: { emailConsent: true } });
    await Promise.all(Array.from({ length: 20 }, () => update(true)));
    await update(false);
    await ada(COMPLETE, { input: { emailConsent: true } });
    await update(null);
    const turns = await app.ownDatabase.query<{ granted: boolean; at: Date }>(
      'select granted, at from limen.consents order by sequence',
    );
    expect(turns.map(({ granted }) => granted)).toEqual([true, false, true, false]);
    const recorded = await app.ownDatabase.query<{ action: string; actor_id: string }>(
      "select action, actor_id, details from limen.audit_events where action like 'consent.%' order by sequence",
    );
    const [given, withdrawn] = ['consent.given', 'consent.withdrawn'].map((action) => ({
      action,
      actor_id: ada.id,
      details: { type: 'email' },
    }));
    expect(recorded).toEqual([given, withdrawn, given, withdrawn]);
    const { onboarding } = (await ada(MINE)).data.me;
    expect([onboarding.emailConsent, onboarding.emailConsentAt]).toEqual([
      false,
      turns.at(-1)!.at.toISOString(),
    ]);
  });

  test('refuses what the profile refuses, and completes nothing', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const { data } = await ada(COMPLETE, { input: { industry: 'x'.repeat(201), emailConsent: true } });
    expect(data.completeOnboarding.issues).toEqual([{ path: ['industry'], code: 'TOO_LONG' }]);
    expect((await ada(MINE)).data.me.onboarding).toMatchObject({ completed: false, emailConsent: false });
    expect(await app.ownDatabase.query('select 1 from limen.onboardings')).toEqual([]);
  });

  test('is noted of everybody whom one statement writes, without a lock for each', async () => {
    const { database } = await createTestApp();
    const locks = await database.transaction(async (tx) => {
      await tx.query(
        `insert into auth.users (instance_id, id, aud, role, raw_user_meta_data)
         select '00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated', '{"onboarding_completed": true}'
         from generate_series(1, 100)`,
      );
      // PostgreSQL has room for a few thousand of them, and an import has more people.
      return tx.query("select objid from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()");
    });
    expect(locks).toEqual([]);
    expect(await database.query('select count(*)::int as noted from limen.onboardings')).toEqual([
      { noted: 100 },
    ]);
  });

  test('costs one statement for the times of all whom a request asks about, and `me` without them none', async () => {
    const app = await createTestApp();
    const ada = await app.signUp('ada');
    const statements = await app.statementsDuring(() =>
      ada(
        '{ me { onboarding { completedAt emailConsentAt } deletionScheduledAt } viewer { user { onboarding { completedAt } } } }',
      ),
    );
    expect(statements).toHaveLength(1);
    const free = '{ me { onboarding { completed industry jobTitle emailConsent } preferences } }';
    expect(await app.statementsDuring(() => ada(free))).toEqual([]);
  });
});

test.skipIf(MODE === 'supabase')(
  'a consent given at sign-up, or through supabase-js, has its time too',
  async () => {
    const app = await createTestApp();
    const { data } = await app.graphql(
      `mutation { signup(input: { email: "x@example.com", password: "a wholly different phrase",
      profile: { emailConsent: true } }) { ... on AuthSession { accessToken refreshToken user { id email } } } }`,
    );
    const ada = app.person(data.signup);
    expect((await ada(MINE)).data.me.onboarding.emailConsentAt).not.toBeNull();
    const recorded = await app.database.query(
      "select actor_id from limen.audit_events where action = 'consent.given' and user_id = $1",
      [ada.id],
    );
    expect(recorded).toEqual([{ actor_id: ada.id }]);
    await app.admin.updateUserById(ada.id, {
      user_metadata: { email_consent: false, onboarding_completed: true },
    });
    const { onboarding } = (await ada(MINE)).data.me;
    expect(onboarding).toMatchObject({
      emailConsent: false,
      completed: true,
      completedAt: expect.any(String),
    });
    expect(await app.database.query('select granted from limen.consents order by sequence')).toEqual([
      { granted: true },
      { granted: false },
    ]);
  },
);
