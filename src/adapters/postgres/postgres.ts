/** A PostgreSQL server. All SQL names its schemas, so nothing depends on the role's `search_path`. */
import pg from 'pg';
import { columnParsers, encodeParameter } from './column-types.ts';
import type { Database, Queryable } from './database.ts';
import { withoutValues } from './database-error.ts';
import { createKeyedMutex } from './keyed-mutex.ts';

export interface PostgresOptions {
  url: string;
  /** Told of every statement given to `query`; not of the `begin` and `commit` around a transaction. */
  onStatement?: (sql: string) => void;
  /** Connections kept at most, one more for each name in `exclusively`. */
  poolSize?: number;
  /** What runs longer is cancelled by the server. */
  statementTimeoutMs?: number;
}

const CONNECT_TIMEOUT_MS = 5000;
const EXCLUSIVE_WAIT_MS = 60_000;
const LISTENER_TIMEOUT_MS = 2000;
// A process that hangs in the middle of a transaction must not hold its locks for ever.
const IDLE_IN_TRANSACTION_MS = 60_000;

const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    columnParsers[oid] ?? pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** @throws when the server is out of reach, or lets this role not in. */
export async function openPostgres(options: PostgresOptions): Promise<Database> {
  const { url, onStatement, poolSize = 10, statementTimeoutMs = 10_000 } = options;
  const connection: pg.ClientConfig = {
    connectionString: url,
    application_name: 'limen',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types,
  };
  const pool = new pg.Pool({
    ...connection,
    max: poolSize,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  });
  // A connection that breaks while nobody waits for an answer on it reports so as an event, and an event `error` that
  // nobody hears ends the process. The pool replaces the connection; whoever is using it learns from the next query.
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));

  const mutex = createKeyedMutex();

  try {
    await pool.query('select 1');
  } catch (error) {
    await pool.end();
    throw error;
  }

  return {
    kind: 'postgres',
    ...queryableOn(pool, onStatement),

    async transaction(work) {
      const client = await pool.connect();
      let isBroken = false;
      try {
        await client.query('begin');
        const result = await work(queryableOn(client, onStatement));
        const { command } = await client.query('commit');
        // What PostgreSQL answers when a statement failed and `work` went on as if nothing had happened.
        if (command === 'ROLLBACK')
          throw new Error('The transaction was rolled back: a statement in it had failed.');
        return result;
      } catch (error) {
        await client.query('rollback').catch(() => {
          isBroken = true;
        });
        throw error;
      } finally {
        client.release(isBroken);
      }
    },

    // First within the process, so that only one connection for each name and process waits at the server. It is not one
    // of the pool's, for `work` may need all of those.
    exclusively: (name, work) =>
      mutex.runExclusive(name, async () => {
        const client = new pg.Client({ ...connection, lock_timeout: EXCLUSIVE_WAIT_MS });
        client.on('error', ignore);
        await client.connect();
        try {
          await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [`limen:${name}`]);
          return await work();
        } finally {
          // The server gives the lock back with the connection, but only once it has noticed.
          await client.query('select pg_advisory_unlock_all()').catch(ignore);
          await client.end();
        }
      }),

    async listen(channels, { onNotification, onLost }) {
      const client = new pg.Client({
        ...connection,
        statement_timeout: LISTENER_TIMEOUT_MS,
        query_timeout: LISTENER_TIMEOUT_MS,
      });
      let isOver = false;
      const lost = (error?: unknown) => {
        if (!isOver) onLost(error ?? new Error('The connection ended.'));
        isOver = true;
      };
      client.on('error', lost);
      client.on('end', lost);
      client.on('notification', ({ channel }) => onNotification(channel));
      try {
        await client.connect();
        for (const channel of channels) await client.query(`listen ${client.escapeIdentifier(channel)}`);
      } catch (error) {
        isOver = true;
        await client.end().catch(ignore);
        throw error;
      }
      return {
        ...queryableOn(client, undefined),
        async close() {
          isOver = true;
          await client.end();
        },
      };
    },

    close: () => pool.end(),
  };
}

function queryableOn(
  driver: pg.Pool | pg.ClientBase,
  onStatement: PostgresOptions['onStatement'],
): Queryable {
  return {
    async query<Row extends object>(sql: string, parameters?: readonly unknown[]) {
      onStatement?.(sql);
      try {
        if (parameters?.length) return (await driver.query<Row>(sql, parameters.map(encodeParameter))).rows;
        // Without parameters `sql` may be several statements, and then there are as many results.
        const result: pg.QueryResult<Row> | pg.QueryResult<Row>[] = await driver.query<Row>(sql);
        return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) ?? [];
      } catch (error) {
        throw withoutValues(error);
      }
    },
  };
}

function ignore(): void {}
