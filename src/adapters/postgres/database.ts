/** The one port to SQL. PGlite and PostgreSQL stand behind it, and the SQL that passes through is the same. */

/** Runs one statement. Times come back as `Date` (UTC), `bigint` columns as `number`, `json` and `jsonb` parsed. */
export interface Queryable {
  query<Row extends object = Record<string, unknown>>(
    sql: string,
    parameters?: readonly unknown[],
  ): Promise<Row[]>;
}

export interface Database extends Queryable {
  readonly kind: 'pglite' | 'postgres';

  /** Commits when `work` resolves, rolls back when it rejects. Inside, use only `tx`: on PGlite the database itself would wait for ever. */
  transaction<Result>(work: (tx: Queryable) => Promise<Result>): Promise<Result>;

  /**
   * Runs `work` while nobody else on this database, in any process, runs work of the same name.
   * Unlike a transaction it leaves the database free for `work` to use.
   */
  exclusively<Result>(name: string, work: () => Promise<Result>): Promise<Result>;

  /**
   * A connection of its own that hears what is notified on channels. Its statements take 2 s at most.
   * @throws when the database is out of reach
   */
  listen(channels: readonly string[], heard: Heard): Promise<Listener>;

  close(): Promise<void>;
}

export interface Heard {
  onNotification(channel: string): void;
  /** Once, when the connection broke. Not for one that was closed. */
  onLost(error: unknown): void;
}

export interface Listener extends Queryable {
  close(): Promise<void>;
}

/** PostgreSQL's error code for a unique violation, as both drivers report it in `code`. */
export const INSUFFICIENT_PRIVILEGE = '42501';
export const UNIQUE_VIOLATION = '23505';
