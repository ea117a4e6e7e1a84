import type { AttemptKind } from '../../identity/attempts.ts';

export interface AttemptLimit {
  readonly attempts: number;
  /** Counted from the first attempt on; afterwards all are forgotten. */
  readonly seconds: number;
}

/** What somebody who tries can guess at: attempts at one of these count together, wherever it is asked for. */
export type Guessed = 'password' | 'code' | 'factor';

export const GUESSED_BY: { readonly [Kind in AttemptKind]?: Guessed } = {
  login: 'password',
  password: 'password',
  verify: 'code',
  mfa: 'factor',
};

/** What is sent to people. */
export type Sent = 'mail' | 'sms';

/** What each address may do, by kind, what may be done to an account, and how often somebody is sent something. */
export interface AttemptLimits extends Readonly<Record<AttemptKind, AttemptLimit>> {
  /** Failed attempts at one account from one address. */
  readonly accountAtAddress: AttemptLimit;
  /**
   * Failed attempts at one account from all networks but those it was signed in to from lately. Whoever spends it locks its owner out
   * of the others, so it is generous where what is guessed at is long.
   */
  readonly account: Readonly<Record<Guessed, AttemptLimit>>;
  /**
   * Failed attempts at one person's second factor from wherever, the owner's own networks included: who shares one of those could guess at six
   * digits for months. It locks nobody out whose password is not known already.
   */
  readonly factorAnywhere: AttemptLimit;
  /** Text messages to one number, beside the pause between two: whoever sends them is paid for each, and may be in league with whoever asks. */
  readonly smsToNumber: AttemptLimit;
  /**
   * What one network may have sent to one recipient: a stranger who asks in somebody's name, be it for what the owner is sent nothing of, must not
   * keep their codes from them. Strangers of many networks can, for what is left of the limits by recipient.
   */
  readonly toOneFromNetwork: Readonly<Record<Sent, AttemptLimit>>;
  /** All that is sent, to nobody too: whoever asks for numbers that nobody has spends as much of it. Of one network a share: see `shareOf`. Null: no limit. */
  readonly inAll: Readonly<Record<Sent, AttemptLimit | null>>;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** @param attempts null: no limit */
export const inAnHour = (attempts: number | null): AttemptLimit | null =>
  attempts === null ? null : { attempts, seconds: HOUR };

/** Of what the whole installation may send, what one network may ask for: nobody alone keeps everybody from signing in. */
export const shareOf = ({ attempts, seconds }: AttemptLimit): AttemptLimit => ({
  attempts: Math.max(1, Math.ceil(attempts / 4)),
  seconds,
});

/** By address as Supabase Auth has it, burst included; by account, which it does not limit, our own. */
export const DEFAULT_LIMITS: AttemptLimits = {
  signup: { attempts: 30, seconds: 5 * MINUTE },
  login: { attempts: 150, seconds: 5 * MINUTE },
  refresh: { attempts: 150, seconds: 5 * MINUTE },
  password: { attempts: 30, seconds: 5 * MINUTE },
  send: { attempts: 30, seconds: 5 * MINUTE },
  verify: { attempts: 30, seconds: 5 * MINUTE },
  anonymous: { attempts: 30, seconds: HOUR },
  // A sign-in is two of them, a challenge and its answer. What stops a guesser is the count by account.
  mfa: { attempts: 100, seconds: 15 * MINUTE },
  passkey: { attempts: 30, seconds: 5 * MINUTE },
  // A sign-in is two of them, the way there and the way back.
  oauth: { attempts: 60, seconds: 5 * MINUTE },
  export: { attempts: 10, seconds: HOUR },
  mail: { attempts: 1, seconds: MINUTE },
  sms: { attempts: 1, seconds: MINUTE },
  accountAtAddress: { attempts: 10, seconds: 15 * MINUTE },
  account: {
    password: { attempts: 100, seconds: HOUR },
    code: { attempts: 30, seconds: HOUR },
    factor: { attempts: 30, seconds: HOUR },
  },
  // NIST SP 800-63B, section 5.2.2, asks for no more than a hundred.
  factorAnywhere: { attempts: 100, seconds: DAY },
  smsToNumber: { attempts: 10, seconds: HOUR },
  toOneFromNetwork: { mail: { attempts: 15, seconds: HOUR }, sms: { attempts: 5, seconds: HOUR } },
  inAll: { mail: null, sms: null },
};
