import { describe, expect, test } from 'vitest';
import { createTestApp, SEES_ROWS } from '../../support/app.ts';

const STATS = `query ($range: StatsRangeInput!, $interval: StatsInterval!, $timezone: String) {
  userStats(range: $range, interval: $interval, timezone: $timezone) {
    __typename
    ... on UserStats { points { startsAt signups confirmations signIns activePeople onboardingsCompleted } }
    ... on ValidationError { issues { path code } }
    ... on NotSupportedError { missing }
  }
}`;

const REFRESH = `mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { __typename } }`;
const day = (date: string) => `${date}T00:00:00Z`;

describe('userStats', () => {
  test.runIf(SEES_ROWS)(
    'count who signed up, came back and finished their onboarding, and forget whoever is deleted',
    async () => {
      const app = await createTestApp();
      const ask = (variables: Record<string, unknown>) =>
        app.graphql(STATS, variables, { token: app.serviceKey });
      const today = app.clock.now().toISOString().slice(0, 10);
      const range = { from: day(today), to: new Date(Date.parse(day(today)) + 3 * 86_400_000).toISOString() };
      const days = async () => {
        const { data } = await ask({ range, interval: 'DAY' });
        return data.userStats.points.map(({ startsAt, ...figures }: { startsAt: string }) =>
          Object.values(figures).join(' '),
        );
      };
      // At noon, so that nothing here crosses midnight.
      const noon = Date.parse(`${today}T12:00:00Z`);
      app.clock.advance(Math.round((noon - app.clock.now().getTime()) / 1000) + 86_400);
      const ada = await app.signUp('ada');
      const grace = await app.signUp('grace');
      await app.logIn(ada.email);
      await grace('mutation { updateProfile(input: { onboardingCompleted: true }) { __typename } }');
      await grace('mutation { updateProfile(input: { onboardingCompleted: true }) { __typename } }');
      expect(await days()).toEqual(['0 0 0 0 0', '2 2 3 2 1', '0 0 0 0 0']);

      app.clock.advance(86_400);
      await app.graphql(REFRESH, { input: { refreshToken: ada.refreshToken } });
      expect(await days()).toEqual(['0 0 0 0 0', '2 2 3 2 1', '0 0 0 1 0']);

      const week = await ask({ range, interval: 'MONTH' });
      expect(week.data.userStats.points[0]).toMatchObject({ signups: 2, signIns: 3, activePeople: 2 });

      await app.admin.deleteUser(grace.id, true);
      expect(await days()).toEqual(['0 0 0 0 0', '1 1 2 1 0', '0 0 0 1 0']);
      await app.admin.deleteUser(ada.id);
      expect(await days()).toEqual(['0 0 0 0 0', '0 0 0 0 0', '0 0 0 0 0']);
      expect(await app.database.query('select 1 from limen.activity')).toEqual([]);
    },
  );

  test.runIf(SEES_ROWS)('begin days where the asker is, over a change of the clocks too', async () => {
    const app = await createTestApp();
    await app.database.query(
      `insert into limen.activity (quarter, user_id, sign_ins)
       select quarter::timestamptz, gen_random_uuid(), 1 from unnest(array['2026-03-27 23:00Z', '2026-03-28 22:45Z', '2026-03-28 23:00Z',
         '2026-03-29 21:45Z', '2026-03-29 22:00Z']) as quarter`,
    );
    const ask = async (timezone: string, interval = 'DAY') => {
      const range = { from: '2026-03-28T12:00:00Z', to: '2026-03-29T22:00:00Z' };
      const { data } = await app.graphql(STATS, { range, interval, timezone }, { token: app.serviceKey });
      return data.userStats.points.map(({ startsAt, signIns }: { startsAt: string; signIns: number }) => [
        startsAt,
        signIns,
      ]);
    };
    // The 29th has 23 hours in Zürich.
    expect(await ask('Europe/Zurich')).toEqual([
      ['2026-03-27T23:00:00.000Z', 2],
      ['2026-03-28T23:00:00.000Z', 2],
    ]);
    expect(await ask('UTC')).toEqual([
      ['2026-03-28T00:00:00.000Z', 2],
      ['2026-03-29T00:00:00.000Z', 2],
    ]);
    expect(await ask('Asia/Kathmandu', 'WEEK')).toEqual([
      ['2026-03-22T18:15:00.000Z', 3],
      ['2026-03-29T18:15:00.000Z', 2],
    ]);
    const statements = await app.statementsDuring(() => ask('UTC'));
    expect(statements).toHaveLength(1);
  });

  test('say what is wrong with a range, a time zone, and where they cannot be known', async () => {
    const app = await createTestApp();
    const ask = async (variables: Record<string, unknown>) => {
      const { data } = await app.graphql(STATS, { interval: 'DAY', ...variables }, { token: app.serviceKey });
      return data.userStats;
    };
    const year = { from: day('2026-01-01'), to: day('2027-01-01') };
    const wrong: [object, string[]][] = [
      [{ range: { from: day('2026-01-01'), to: day('2027-01-03') } }, ['range']],
      [{ range: { from: day('2026-01-02'), to: day('2026-01-01') } }, ['range', 'to']],
      [{ range: { from: day('0000-01-01'), to: day('2026-01-01') } }, ['range', 'from']],
      [{ range: year, timezone: 'Mars/Olympus' }, ['timezone']],
      [{ range: year, timezone: "UTC'; drop" }, ['timezone']],
      [{ range: year, timezone: '\0' }, ['timezone']],
    ];
    for (const [variables, path] of wrong) {
      const { __typename, issues } = await ask(variables as Record<string, unknown>);
      expect(__typename, JSON.stringify(variables)).toBe('ValidationError');
      expect(issues[0].path).toEqual(path);
    }
    const answer = await ask({ range: year });
    if (!SEES_ROWS) expect(answer).toEqual({ __typename: 'NotSupportedError', missing: 'USER_STATS' });
    else expect(answer.points).toHaveLength(365);
  });
});
