/** The one way to a database for whoever puts the application together. */
import { lockDataDir } from './data-dir-lock.ts';
import type { Database } from './database.ts';

export type DatabaseConfig =
  | { readonly kind: 'pglite'; readonly dataDir: string | null }
  | { readonly kind: 'postgres'; readonly url: string };

export interface DatabaseHooks {
  /** Told of every statement given to `query`; not of the `begin` and `commit` around a transaction. */
  onStatement?: (sql: string) => void;
  /** Of PostgreSQL: what runs longer is cancelled. 0: nothing is. */
  statementTimeoutMs?: number;
}

/**
 * Opens the database, and for a folder takes its lock, which `close` gives back.
 * @throws {DataDirLockedError}
 */
export async function openDatabase(config: DatabaseConfig, hooks: DatabaseHooks = {}): Promise<Database> {
  // Only the driver in use is loaded: each costs a start more than the rest of the application's modules.
  if (config.kind === 'postgres') {
    const { openPostgres } = await import('./postgres.ts');
    return openPostgres({ url: config.url, ...hooks });
  }
  const { openPGlite } = await import('./pglite.ts');
  const { dataDir } = config;
  const { onStatement } = hooks;
  const options = { dataDir, ...(onStatement && { onStatement }) };
  if (dataDir === null) return openPGlite(options);

  const lock = lockDataDir(dataDir);
  try {
    const database = await openPGlite(options);
    return {
      ...database,
      async close() {
        await database.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
