import { createHash } from 'node:crypto';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import {
  ATTEMPT_KINDS,
  type AttemptKind,
  type AttemptLimiter,
  type AttemptSubject,
} from '../../identity/attempts.ts';
import type { Database } from '../postgres/database.ts';
import {
  type AttemptLimit,
  type AttemptLimits,
  DEFAULT_LIMITS,
  GUESSED_BY,
  type Guessed,
  type Sent,
  shareOf,
} from './attempt-limits.ts';
import { createKnownNetworks } from './known-networks.ts';
import { networkOf } from './network.ts';

export interface AttemptLimiterOptions {
  /** Where instances count together, in `limen.rate_limits`. Null, or PGlite, which has one instance only: in memory. */
  database: Database | null;
  limits?: Partial<AttemptLimits>;
  /** False for measurements and tests: everything may go on. */
  enabled?: boolean;
  /** Called by the first message of a window that is too much for the installation: nobody gets any until it ends. */
  onExhausted?: (kind: Sent, retryAfterSeconds: number) => void;
}

/** Whether an account exists is not known here, so it cannot make a difference. Windows are measured by the system's clock. */
export function createAttemptLimiter(options: AttemptLimiterOptions): AttemptLimiter {
  const { enabled = true, onExhausted = () => {} } = options;
  if (!enabled) return { attempt: async () => null, succeeded: async () => {}, takeBack: async () => {} };

  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const database = options.database?.kind === 'postgres' ? options.database : null;
  const counterOf = database ? countersIn(database) : counterInMemory;
  const byAddress = new Map<AttemptKind, RateLimiterAbstract>(
    ATTEMPT_KINDS.map((kind) => [kind, counterOf(kind, limits[kind])]),
  );
  const guesses = {
    password: counterOfGuesses('account', limits.account.password),
    code: counterOfGuesses('code', limits.account.code),
    factor: counterOfGuesses('factor', limits.account.factor),
  } satisfies Record<Guessed, unknown>;
  const factorAnywhere = counterOf('factor-anywhere', limits.factorAnywhere);
  const smsToNumber = counterOf('sms-to-number', limits.smsToNumber);
  const ofMessages = { mail: countersOfMessages('mail'), sms: countersOfMessages('sms') };
  const known = createKnownNetworks(database);

  function counterOfGuesses(name: string, limit: AttemptLimit) {
    return {
      atAddress: counterOf(`${name}-at-address`, limits.accountAtAddress),
      anywhere: counterOf(name, limit),
    };
  }

  function countersOfMessages(kind: Sent) {
    const limit = limits.inAll[kind];
    return {
      fromNetwork: limit && counterOf(`${kind}-from-network`, shareOf(limit)),
      toOneFromNetwork: counterOf(`${kind}-to-one-from-network`, limits.toOneFromNetwork[kind]),
      inAll: limit && counterOf(`${kind}-in-all`, limit),
    };
  }

  /** What one network or one recipient has too many of counts against nobody else: so the narrowest limits come first, and what is not sent is none. */
  async function countMessage(kind: Sent, subject: AttemptSubject): Promise<Refusal | null> {
    const { fromNetwork, toOneFromNetwork, inAll } = ofMessages[kind];
    const [who, network] = [counted(kind, subject), networkOf(subject.address)];
    const taken: [RateLimiterAbstract, string][] = [];
    for (const [counter, key] of [
      [fromNetwork, network],
      [toOneFromNetwork, `${who}@${network}`],
      [byAddress.get(kind)!, who],
      [kind === 'sms' ? smsToNumber : null, who],
      [inAll, 'all'],
    ] as const) {
      if (!counter) continue;
      const refusal = await consume(counter, key);
      if (refusal) {
        await Promise.all(taken.map(([before, key]) => before.reward(key)));
        if (counter === inAll && refusal.isFirst) onExhausted(kind, refusal.retryAfterSeconds);
        return refusal;
      }
      taken.push([counter, key]);
    }
    return null;
  }

  /** Null where nothing is guessed at. */
  function guessesOf(kind: AttemptKind, { address, account }: AttemptSubject) {
    const guessed = GUESSED_BY[kind];
    if (guessed === undefined || account === undefined) return null;
    const who = fingerprintOf(account);
    const everywhere = guessed === 'factor' ? factorAnywhere : null;
    return { ...guesses[guessed], everywhere, account, who, network: networkOf(address) };
  }

  const counted = (kind: AttemptKind, { address, account }: AttemptSubject) =>
    BY_PERSON.has(kind) ? fingerprintOf(account ?? address) : networkOf(address);

  return {
    // One after the other: what an earlier limit refuses must not be counted against the account, or anybody could lock its owner out.
    async attempt(kind, subject) {
      if (isSent(kind)) return countMessage(kind, subject);
      const refusal = await consume(byAddress.get(kind)!, counted(kind, subject));
      const guess = guessesOf(kind, subject);
      if (refusal || !guess) return refusal;
      const { atAddress, anywhere, everywhere, who, network } = guess;
      const refusalHere =
        (await consume(atAddress, `${who}@${network}`)) ?? (everywhere && (await consume(everywhere, who)));
      if (refusalHere || (await known.has(guess.account, network))) return refusalHere;
      return consume(anywhere, who);
    },

    async succeeded(kind, subject) {
      const guess = guessesOf(kind, subject);
      if (!guess) return;
      const { atAddress, anywhere, everywhere, who, network } = guess;
      await everywhere?.reward(who);
      // Only this attempt is taken back from the count of all addresses: its owner's sign-in must not pay for somebody else's guesses.
      if (!(await known.has(guess.account, network))) await anywhere.reward(who);
      await Promise.all([atAddress.delete(`${who}@${network}`), known.add(guess.account, network)]);
    },

    async takeBack(kind, subject) {
      await byAddress.get(kind)!.reward(counted(kind, subject));
      const guess = guessesOf(kind, subject);
      if (!guess) return;
      const { atAddress, anywhere, everywhere, who, network } = guess;
      await everywhere?.reward(who);
      await atAddress.reward(`${who}@${network}`);
      if (!(await known.has(guess.account, network))) await anywhere.reward(who);
    },
  };
}

type CounterFactory = (name: string, limit: AttemptLimit) => RateLimiterAbstract;

/** What is counted by whom it is about, wherever it is asked for. */
const BY_PERSON: ReadonlySet<AttemptKind> = new Set(['mail', 'sms', 'export']);

const isSent = (kind: AttemptKind): kind is Sent => kind === 'mail' || kind === 'sms';

const counterInMemory: CounterFactory = (keyPrefix, { attempts, seconds }) =>
  new RateLimiterMemory({ keyPrefix, points: attempts, duration: seconds });

function countersIn(database: Database): CounterFactory {
  const storeClient = {
    async query({ text, values }: { text: string; values: unknown[] }) {
      const rows = await database.query(text, values);
      return { rows, rowCount: rows.length };
    },
  };
  let isSweeping = false;

  return (keyPrefix, { attempts, seconds }) => {
    const limiter = new RateLimiterPostgres({
      storeClient,
      storeType: 'client',
      schemaName: 'limen',
      tableName: 'rate_limits',
      // A migration makes it.
      tableCreated: true,
      // One of the counters sweeps the table for all, every five minutes.
      clearExpiredByTimeout: !isSweeping,
      keyPrefix,
      points: attempts,
      duration: seconds,
      // Whoever is over the limit is refused from memory from then on, so that a flood costs no statements.
      inMemoryBlockOnConsumed: attempts + 1,
      // While the database is out of reach each instance counts for itself. To refuse would turn every outage into one of sign-in too, where
      // people live in Supabase, and to let everything pass would invite to cause one.
      insuranceLimiter: counterInMemory(keyPrefix, { attempts, seconds }),
    });
    isSweeping = true;
    return limiter;
  };
}

interface Refusal {
  retryAfterSeconds: number;
  /** Of its window, on whatever instance. */
  isFirst: boolean;
}

async function consume(counter: RateLimiterAbstract, key: string): Promise<Refusal | null> {
  try {
    await counter.consume(key);
    return null;
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    return {
      retryAfterSeconds: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)),
      isFirst: refusal.consumedPoints === counter.points + 1,
    };
  }
}

/** Addresses are not kept in clear beside the attempts at them. */
function fingerprintOf(account: string): string {
  return createHash('sha256').update(account).digest('base64url');
}
