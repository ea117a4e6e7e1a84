/**
 * Tells this instance what any instance, or anybody else who writes the `auth` schema, has changed. A notification says that there is
 * something to read; what to read is what became visible since the last reading, by snapshots and not by sequence numbers, which
 * become visible in any order.
 */
import type { Logger } from 'pino';
import type { FeedSink } from '../../../identity/changes.ts';
import type { Database, Listener } from '../database.ts';
import { pruneOldChanges, pruneRepeatedChanges } from './change-pruning.ts';

export interface ChangeFeed {
  /**
   * False while something may have happened that was not heard of: the connection is lost, or has said nothing for `SILENCE_MS`. That is
   * how long a connection that broke without a word is believed.
   */
  isCaughtUp(): boolean;
  close(): Promise<void>;
}

export interface ChangeFeedOptions {
  database: Database;
  sink: FeedSink;
  /** The life of the longest-lived access token: what happened before concerns no token in use. */
  keepSeconds: number;
  /** Who else hears by this connection, by channel. Called as well when it is back after it was lost: nobody knows what was notified meanwhile. */
  others?: Readonly<Record<string, () => void>>;
  log: Logger;
}

const CHANNEL = 'limen_changes';
/** How often the connection is asked without being told to. */
const HEARTBEAT_MS = 500;
/** For so long a connection that broke without a word is believed. */
export const SILENCE_MS = 2000;
const MAX_PAUSE_MS = 1000;
const PRUNE_MS = 60_000;

interface ChangeRow {
  snapshot: string;
  kind: 'user' | 'session' | null;
  /** Null: of a session that ended, and whose person nobody named; or everybody, of whom nobody knows what happened until then. */
  user_id: string | null;
  session_id: string | null;
  at: Date;
}

const SINCE_SNAPSHOT = `select pg_current_snapshot()::text as snapshot, kind, user_id, session_id, at
  from (select) as one left join limen.changes
    on xid >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(xid, $1::pg_snapshot)
  order by sequence`;

const SINCE_TIME = `select pg_current_snapshot()::text as snapshot, kind, user_id, session_id, at
  from (select) as one left join limen.changes on at > clock_timestamp() - make_interval(secs => $1)
  order by sequence`;

/** Resolves when all that concerns tokens in use has been read. @throws when the database is out of reach */
export async function openChangeFeed({
  database,
  sink,
  keepSeconds,
  others = {},
  log,
}: ChangeFeedOptions): Promise<ChangeFeed> {
  let listener: Listener | null = null;
  let snapshot: string | null = null;
  /** When the last reading that succeeded began; of what was committed later nothing may have been heard. */
  let readAt = Number.NEGATIVE_INFINITY;
  let prunedAt = performance.now();
  /** Of the pruning before; null on a new connection. */
  let prunedSnapshot: string | null = null;
  let reading: Promise<void> | null = null;
  let isToldAgain = false;
  let isClosed = false;

  function apply({ kind, user_id, session_id, at }: ChangeRow) {
    if (kind === 'session' && session_id) sink.sessionEnded(session_id);
    else if (kind === 'user' && user_id) sink.userChanged(user_id, at);
    else if (kind === 'user') sink.anybodyChanged(at);
  }

  async function readNew(connection: Listener): Promise<void> {
    const startedAt = performance.now();
    const isTooLongAgo = startedAt - readAt > keepSeconds * 1000;
    const rows =
      snapshot === null || isTooLongAgo
        ? await connection.query<ChangeRow>(SINCE_TIME, [keepSeconds])
        : await connection.query<ChangeRow>(SINCE_SNAPSHOT, [snapshot]);
    for (const row of rows) apply(row);
    snapshot = rows[0]!.snapshot;
    readAt = startedAt;
    if (startedAt - prunedAt > PRUNE_MS) {
      prunedAt = startedAt;
      await pruneOldChanges(connection, keepSeconds);
      if (prunedSnapshot !== null) await pruneRepeatedChanges(connection, prunedSnapshot);
      prunedSnapshot = snapshot;
    }
  }

  /** One reading at a time; whoever is told during one reads once more. */
  function read(): Promise<void> {
    if (reading) {
      isToldAgain = true;
      return reading;
    }
    const connection = listener;
    if (!connection) return Promise.resolve();
    reading = (async () => {
      do {
        isToldAgain = false;
        await readNew(connection);
      } while (isToldAgain);
    })().finally(() => {
      reading = null;
    });
    return reading;
  }

  function readOrLose(connection: Listener | null): void {
    if (connection === null || listener !== connection) return;
    read().catch((error) => lose(connection, error));
  }

  async function connect(): Promise<void> {
    // Null until the connection is there; what is notified before is in the first reading.
    let connection: Listener | null = null;
    connection = await database.listen([CHANNEL, ...Object.keys(others)], {
      onNotification: (channel) => {
        if (channel === CHANNEL) readOrLose(connection);
        else others[channel]?.();
      },
      onLost: (error) => lose(connection, error),
    });
    listener = connection;
    // It may be another server, after a failover, whose transactions have numbers of their own.
    snapshot = null;
    prunedSnapshot = null;
    await read();
  }

  function lose(connection: Listener | null, error: unknown): void {
    if (connection === null || listener !== connection) return;
    listener = null;
    readAt = Math.min(readAt, performance.now() - SILENCE_MS);
    void connection.close().catch(() => {});
    if (isClosed) return;
    log.warn({ err: error }, 'change feed lost; requests look into the database until it is back');
    void reconnect();
  }

  async function reconnect(): Promise<void> {
    for (let pause = 50; !isClosed; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random() / 2)).unref());
      try {
        await connect();
        for (const tell of Object.values(others)) tell();
        log.info('change feed is back');
        return;
      } catch (error) {
        const connection: Listener | null = listener;
        listener = null;
        await connection?.close().catch(() => {});
        log.debug({ err: error }, 'change feed is still lost');
      }
    }
  }

  await connect();
  const heartbeat = setInterval(() => {
    if (listener) readOrLose(listener);
  }, HEARTBEAT_MS).unref();

  return {
    isCaughtUp: () => listener !== null && performance.now() - readAt < SILENCE_MS,
    async close() {
      isClosed = true;
      clearInterval(heartbeat);
      const connection = listener;
      listener = null;
      await reading?.catch(() => {});
      await connection?.close();
    },
  };
}
