import { createHash } from 'node:crypto';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible';
import type { AttemptKind, AttemptLimiter } from '../../identity/attempts.ts';
import type { Database } from '../postgres/database.ts';
import { type AttemptLimit, type AttemptLimits, DEFAULT_LIMITS } from './attempt-limits.ts';
import { createKnownNetworks } from './known-networks.ts';
import { networkOf } from './network.ts';

export interface AttemptLimiterOptions {
  /** Where instances count together, in `limen.rate_limits`. Null, or PGlite, which has one instance only: in memory. */
  database: Database | null;
  limits?: Partial<AttemptLimits>;
  /** False for measurements and tests: everything may go on. */
  enabled?: boolean;
}

/** Guesses at a password count together, wherever it is asked for. */
const ASK_FOR_THE_PASSWORD: ReadonlySet<AttemptKind> = new Set(['login', 'password']);

/** Whether an account exists is not known here, so it cannot make a difference. Windows are measured by the system's clock. */
export function createAttemptLimiter(options: AttemptLimiterOptions): AttemptLimiter {
  const { enabled = true } = options;
  if (!enabled) return { attempt: async () => null, succeeded: async () => {}, takeBack: async () => {} };

  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const database = options.database?.kind === 'postgres' ? options.database : null;
  const counterOf = database ? countersIn(database) : counterInMemory;
  const byAddress: Record<AttemptKind, RateLimiterAbstract> = {
    signup: counterOf('signup', limits.signup),
    login: counterOf('login', limits.login),
    refresh: counterOf('refresh', limits.refresh),
    password: counterOf('password', limits.password),
  };
  const byAccountAtAddress = counterOf('account-at-address', limits.accountAtAddress);
  const byAccount = counterOf('account', limits.account);
  const known = createKnownNetworks(database);

  return {
    // One after the other: what an earlier limit refuses must not be counted against the account, or anybody could lock its owner out.
    async attempt(kind, { address, account }) {
      const network = networkOf(address);
      const refusal = await consume(byAddress[kind], network);
      if (refusal || account === undefined || !ASK_FOR_THE_PASSWORD.has(kind)) return refusal;
      const who = fingerprintOf(account);
      const refusalHere = await consume(byAccountAtAddress, `${who}@${network}`);
      if (refusalHere || (await known.has(account, network))) return refusalHere;
      return consume(byAccount, who);
    },

    async succeeded(kind, { address, account }) {
      if (account === undefined || !ASK_FOR_THE_PASSWORD.has(kind)) return;
      const network = networkOf(address);
      const who = fingerprintOf(account);
      // Only this attempt is taken back from the count of all addresses: its owner's sign-in must not pay for somebody else's guesses.
      if (!(await known.has(account, network))) await byAccount.reward(who);
      await Promise.all([byAccountAtAddress.delete(`${who}@${network}`), known.add(account, network)]);
    },

    async takeBack(kind, { address, account }) {
      const network = networkOf(address);
      await byAddress[kind].reward(network);
      if (account === undefined || !ASK_FOR_THE_PASSWORD.has(kind)) return;
      const who = fingerprintOf(account);
      await byAccountAtAddress.reward(`${who}@${network}`);
      if (!(await known.has(account, network))) await byAccount.reward(who);
    },
  };
}

type CounterFactory = (name: string, limit: AttemptLimit) => RateLimiterAbstract;

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

async function consume(
  counter: RateLimiterAbstract,
  key: string,
): Promise<{ retryAfterSeconds: number } | null> {
  try {
    await counter.consume(key);
    return null;
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    return { retryAfterSeconds: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)) };
  }
}

/** Addresses are not kept in clear beside the attempts at them. */
function fingerprintOf(account: string): string {
  return createHash('sha256').update(account).digest('base64url');
}
