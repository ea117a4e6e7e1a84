/** Figures over time, from `auth.users` and `limen.activity`. */

import type { StatsPoint, StatsQuery, UserStats } from '../../../identity/administration/user-stats.ts';
import type { Clock } from '../../../identity/clock.ts';
import { ValidationError } from '../../../identity/errors.ts';
import type { Database } from '../database.ts';
import { CREATED, PRESENT } from './directory-expressions.ts';

const STEPS = { DAY: 'day', WEEK: 'week', MONTH: 'month' } as const;

/** PostgreSQL's code for a value that a function does not take: here a time zone that only JavaScript knows. */
const INVALID_PARAMETER = '22023';

/** Twice the longest range, so that a year can be compared with the one before. */
const KEPT_DAYS = 732;

export interface KeptUserStats extends UserStats {
  /** Once a day: forgets who was here longer ago than anybody can ask. */
  prune(): Promise<void>;
}

export function createUserStats(database: Database, clock: Clock): KeptUserStats {
  return {
    async points({ from, to, interval, timezone }: StatsQuery): Promise<StatsPoint[]> {
      const rows = await database
        .query<Row>(STATEMENT, [from, to, STEPS[interval], timezone])
        .catch((error: unknown) => {
          if ((error as { code?: unknown }).code !== INVALID_PARAMETER) throw error;
          const message = 'The database knows no such time zone.';
          throw new ValidationError([{ path: ['timezone'], code: 'INVALID_FORMAT', message }]);
        });
      return rows.map((row) => ({
        startsAt: row.starts_at,
        signups: row.signups,
        confirmations: row.confirmations,
        signIns: row.sign_ins,
        activePeople: row.active_people,
        onboarded: row.onboarded,
      }));
    },
    async prune() {
      const daysAgo = (days: number) => new Date(clock().getTime() - days * 86_400_000);
      await database.query('delete from limen.activity where quarter < $1::timestamptz', [
        daysAgo(KEPT_DAYS),
      ]);
      // A refresh in the moment of the deletion can leave a row behind.
      await database.query(
        `delete from limen.activity where quarter >= $1::timestamptz
           and not exists (select 1 from auth.users where id = user_id and ${PRESENT})`,
        [daysAgo(2)],
      );
    },
  };
}

interface Row {
  starts_at: Date;
  signups: number;
  confirmations: number;
  sign_ins: number;
  active_people: number;
  onboarded: number;
}

const start = (time: string) => `date_trunc($3::text, (${time}) at time zone $4::text)`;

/**
 * `at time zone` turns a moment into the time on the wall there, by which days begin, and back. The first and the last interval count
 * whole, though the range may begin or end within them. Of a quarter of an hour the day is that of its beginning.
 */
const STATEMENT = `
  with bounds as (
    select ${start('$1::timestamptz')} as first, ${start("$2::timestamptz - interval '1 microsecond'")} as last,
      ('1 ' || $3::text)::interval as step
  ), span as (
    select first at time zone $4 as since, (last + step) at time zone $4 as until from bounds
  ), people as (
    select ${start('created_at')} as at, count(*) as signups
    from auth.users, span where ${PRESENT} and ${CREATED} >= since and ${CREATED} < until group by 1
  ), confirmed as (
    select ${start('confirmed_at')} as at, count(*) as confirmations
    from auth.users, span where ${PRESENT} and confirmed_at >= since and confirmed_at < until group by 1
  ), active as (
    select ${start('quarter')} as at, sum(sign_ins) as sign_ins, count(distinct user_id) as active_people,
      count(distinct user_id) filter (where has_onboarded) as onboarded
    from limen.activity, span where quarter >= since and quarter < until group by 1
  )
  select at at time zone $4 as starts_at, coalesce(signups, 0) as signups, coalesce(confirmations, 0) as confirmations,
    coalesce(sign_ins, 0)::bigint as sign_ins, coalesce(active_people, 0) as active_people, coalesce(onboarded, 0) as onboarded
  from bounds cross join generate_series(first, last, step) as at
    left join people using (at) left join confirmed using (at) left join active using (at)
  order by at`;
