/** How many people signed up, came back and so on, over time. */
import { type FieldIssue, NotSupportedError, ValidationError } from '../errors.ts';
import { checkTimezone } from '../own-account/profile.ts';
import { issuesOfRange } from './user-list.ts';

export const STATS_INTERVALS = ['DAY', 'WEEK', 'MONTH'] as const;
export type StatsInterval = (typeof STATS_INTERVALS)[number];

export const MAX_STATS_DAYS = 366;

export interface StatsRange {
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
}

export interface StatsQuery extends StatsRange {
  readonly interval: StatsInterval;
  /** Where days begin: a name of the IANA time zone database. */
  readonly timezone: string;
}

/** Of one day, week or month. Deleted people are counted in none. */
export interface StatsPoint {
  readonly startsAt: Date;
  readonly signups: number;
  readonly confirmations: number;
  readonly signIns: number;
  /** How many different people signed in or refreshed a session. */
  readonly activePeople: number;
  readonly onboarded: number;
}

export interface UserStats {
  /** Every interval that the range touches, the oldest first; those without anything are zeros. */
  points(query: StatsQuery): Promise<StatsPoint[]>;
}

const DAY_MS = 86_400_000;

/** @throws {ValidationError} @throws {NotSupportedError} where nobody here sees who comes and goes */
export async function userStats(
  { stats }: { stats: UserStats | null },
  input: { range: StatsRange; interval: StatsInterval; timezone?: string | null | undefined },
): Promise<StatsPoint[]> {
  const { range, interval } = input;
  const timezone = input.timezone ?? 'UTC';
  const issues: FieldIssue[] = issuesOfRange(['range'], range);
  if (range.to.getTime() - range.from.getTime() > MAX_STATS_DAYS * DAY_MS)
    issues.push({ path: ['range'], code: 'OUT_OF_RANGE', message: `At most ${MAX_STATS_DAYS} days.` });
  const problem = checkTimezone(timezone);
  if (problem) issues.push({ path: ['timezone'], ...problem });
  if (issues.length > 0) throw new ValidationError(issues);
  if (!stats) throw new NotSupportedError('USER_STATS');
  return stats.points({ ...range, interval, timezone });
}
