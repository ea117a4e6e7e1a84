/** Figures about people over time, for plots. The rules live in `identity/administration/user-stats.ts`. */

import { MAX_STATS_DAYS, type StatsPoint, userStats } from '../../identity/administration/user-stats.ts';
import { NotSupportedError, ValidationError } from '../../identity/errors.ts';
import { builder } from '../builder.ts';

const StatsInterval = builder.enumType('StatsInterval', {
  description: 'What one point stands for.',
  values: {
    DAY: { description: 'A day.' },
    WEEK: { description: 'A week, from Monday on.' },
    MONTH: { description: 'A month of the calendar.' },
  } as const,
});

const StatsRangeInput = builder.inputType('StatsRangeInput', {
  description: `At most ${MAX_STATS_DAYS} days. The intervals that it begins and ends in count whole.`,
  fields: (t) => ({
    from: t.field({ type: 'DateTime', required: true, description: 'From this moment on.' }),
    to: t.field({ type: 'DateTime', required: true, description: 'Until before this moment.' }),
  }),
});

const StatsPointRef = builder.objectRef<StatsPoint>('UserStatsPoint').implement({
  description: 'The figures of one interval.',
  fields: (t) => ({
    startsAt: t.expose('startsAt', {
      type: 'DateTime',
      description: 'When the interval begins, in the time zone asked for.',
    }),
    signups: t.exposeInt('signups', { description: 'How many accounts were made.' }),
    confirmations: t.exposeInt('confirmations', {
      description: 'How many people had their first address or number confirmed.',
    }),
    signIns: t.exposeInt('signIns', { description: 'How many sessions began.' }),
    activePeople: t.exposeInt('activePeople', {
      description: 'How many different people signed in or refreshed their session.',
    }),
    onboardingsCompleted: t.exposeInt('onboarded', {
      description: 'How many people went through their onboarding to the end.',
    }),
  }),
});

const UserStatsRef = builder.objectRef<{ points: StatsPoint[] }>('UserStats').implement({
  description:
    'Figures over time, of the people who are there now: whoever is deleted is counted no longer, in the past either.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'points' in value,
  fields: (t) => ({
    points: t.expose('points', {
      type: [StatsPointRef],
      description: 'One for each interval, the oldest first, with zeros where nothing happened.',
    }),
  }),
});

const UserStatsResult = builder.errorUnion('UserStatsResult', {
  description: 'The figures, or why there are none.',
  types: [UserStatsRef, ValidationError, NotSupportedError],
});

builder.queryField('userStats', (t) =>
  t.withAuth({ permission: 'stats:read' }).field({
    type: UserStatsResult,
    skipTypeScopes: true,
    description:
      'How many people signed up, came back and so on, for plots. Needs `stats:read`. One statement, whose time grows with how much happened in the range. Sign-ins, active people and onboardings are known from when Limen first ran on the database, and for two years. Not supported on Supabase without its database.',
    args: {
      range: t.arg({ type: StatsRangeInput, required: true, description: 'From when until when.' }),
      interval: t.arg({ type: StatsInterval, required: true, description: 'How much one point stands for.' }),
      timezone: t.arg.string({
        description: 'Where days begin, like `Europe/Zurich`. Null: UTC.',
      }),
    },
    resolve: async (_root, args, { services }) => ({ points: await userStats(services, args) }),
  }),
);
