/** From where an account was signed in to lately. What strangers try elsewhere must not keep its owner out. */
import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Database } from '../postgres/database.ts';

export interface KnownNetworks {
  has(account: string, network: string): Promise<boolean>;
  /** The account was signed in to from there just now. */
  add(account: string, network: string): Promise<void>;
}

const KEPT_MS = 30 * 86_400_000;
/** About 20 MB. Whoever was last seen longest ago is forgotten first. */
const MAX_IN_MEMORY = 100_000;

/**
 * In the table of the counters, whose sweep takes them away when they are over. An instance remembers what it has seen, so that people
 * who come again cost no statement, and what it cannot ask while the database is out of reach it does not know.
 *
 * @param database null: in memory alone
 */
export function createKnownNetworks(database: Database | null): KnownNetworks {
  const seen = new LRUCache<string, number>({ max: MAX_IN_MEMORY });

  async function readExpiry(key: string): Promise<number> {
    const rows = await database?.query<{ expire: number }>(
      'select expire from limen.rate_limits where key = $1',
      [key],
    );
    return rows?.[0]?.expire ?? 0;
  }

  return {
    async has(account, network) {
      const key = keyOf(account, network);
      if ((seen.get(key) ?? 0) > Date.now()) return true;
      const expire = await readExpiry(key).catch(() => 0);
      if (expire <= Date.now()) return false;
      // Only what is so: anybody can name networks and accounts that nobody knows.
      seen.set(key, expire);
      return true;
    },
    async add(account, network) {
      const key = keyOf(account, network);
      const expire = Date.now() + KEPT_MS;
      seen.set(key, expire);
      await database
        ?.query(
          `insert into limen.rate_limits (key, points, expire) values ($1, 1, $2)
           on conflict (key) do update set expire = excluded.expire`,
          [key, expire],
        )
        .catch(() => {});
    },
  };
}

/** Neither the account nor the network is kept in clear for so long. */
function keyOf(account: string, network: string): string {
  return `known:${createHash('sha256')
    .update(JSON.stringify([account, network]))
    .digest('base64url')}`;
}
