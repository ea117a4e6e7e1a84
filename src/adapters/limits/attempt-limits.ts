import type { AttemptKind } from '../../identity/attempts.ts';

export interface AttemptLimit {
  readonly attempts: number;
  /** Counted from the first attempt on; afterwards all are forgotten. */
  readonly seconds: number;
}

/** What each address may do, by kind, and what may be done to an account. */
export interface AttemptLimits extends Readonly<Record<AttemptKind, AttemptLimit>> {
  /** Failed attempts at one account from one address. */
  readonly accountAtAddress: AttemptLimit;
  /**
   * Failed attempts at one account from all networks but those it was signed in to from lately. Whoever spends it locks its owner out
   * of the others, so it is generous.
   */
  readonly account: AttemptLimit;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** By address as Supabase Auth has it, burst included; by account, which it does not limit, our own. */
export const DEFAULT_LIMITS: AttemptLimits = {
  signup: { attempts: 30, seconds: 5 * MINUTE },
  login: { attempts: 150, seconds: 5 * MINUTE },
  refresh: { attempts: 150, seconds: 5 * MINUTE },
  password: { attempts: 30, seconds: 5 * MINUTE },
  accountAtAddress: { attempts: 10, seconds: 15 * MINUTE },
  account: { attempts: 100, seconds: HOUR },
};
