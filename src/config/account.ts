/** What people may do with their own accounts. */
import { z } from 'zod';
import type { Values } from './values.ts';

export interface AccountConfig {
  /** How long somebody who deleted their account may think again. 0: it is gone at once. */
  readonly deletionGraceDays: number;
}

const MAX_DAYS = 365;

export const accountVariables = {
  ACCOUNT_DELETION_GRACE_DAYS: z.coerce
    .number('a number of days')
    .int('a whole number of days')
    .min(0, 'at least 0')
    .max(MAX_DAYS, `at most ${MAX_DAYS}`)
    .default(0),
};

export function accountConfig(env: Values<typeof accountVariables>): AccountConfig {
  return { deletionGraceDays: env.ACCOUNT_DELETION_GRACE_DAYS };
}
