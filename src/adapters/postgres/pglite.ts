/** Postgres inside this process, in a folder or in memory. It serves one process at a time: see `data-dir-lock.ts`. */
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { columnParsers, encodeParameter } from './column-types.ts';
import type { Database, Queryable } from './database.ts';
import { withoutValues } from './database-error.ts';
import { createKeyedMutex } from './keyed-mutex.ts';
import { openPGliteFolder } from './pglite-folder.ts';

export interface PGliteOptions {
  /** Null: in memory. */
  dataDir: string | null;
  /** What `dumpDataDir` gave: a new database starts as a copy of that one. Refused where there is a database already. */
  loadDataDir?: Blob;
  /** Told of every statement given to `query`; not of the `begin` and `commit` around a transaction. */
  onStatement?: (sql: string) => void;
}

export interface PGliteDatabase extends Database {
  /** The whole database as one file, for `loadDataDir`. Many test databases start from one that is migrated already. */
  dumpDataDir(): Promise<Blob>;
}

/** What both PGlite and its transactions can do. */
type Driver = Pick<PGlite, 'query' | 'exec'>;

const SETTINGS = [
  ['timezone', 'UTC'],
  // Of the 128 MB that PGlite would take, people and sessions fill little, and the operating system caches the files anyway.
  ['shared_buffers', '16MB'],
].flatMap(([name, value]) => ['-c', `${name}=${value}`]);
const JSON_TYPES = [114, 3802];

export async function openPGlite(options: PGliteOptions): Promise<PGliteDatabase> {
  const { dataDir, loadDataDir, onStatement } = options;
  const driverOptions = {
    startParams: [...PGlite.defaultStartParams, ...SETTINGS],
    extensions: { pg_trgm },
    parsers: columnParsers,
    serializers: Object.fromEntries(JSON_TYPES.map((type) => [type, serializeJson])),
    ...(loadDataDir && { loadDataDir }),
  };
  const pglite =
    dataDir === null ? await PGlite.create(driverOptions) : await openPGliteFolder(dataDir, driverOptions);
  const mutex = createKeyedMutex();

  return {
    kind: 'pglite',
    ...queryableOn(pglite, onStatement),
    // PGlite itself holds back every other query and transaction until this one is over.
    transaction: (work) => pglite.transaction((tx) => work(queryableOn(tx, onStatement))),
    exclusively: (name, work) => mutex.runExclusive(name, work),
    async listen(channels, { onNotification }) {
      const listening = channels.map((channel) => pglite.listen(channel, () => onNotification(channel)));
      const unlisten = await Promise.all(listening);
      return {
        ...queryableOn(pglite, undefined),
        close: async () => void (await Promise.all(unlisten.map((stop) => stop()))),
      };
    },
    close: () => pglite.close(),
    async dumpDataDir() {
      // What is still in the write-ahead log only would be replayed by every copy.
      await pglite.query('checkpoint');
      return pglite.dumpDataDir('none');
    },
  };
}

function queryableOn(driver: Driver, onStatement: PGliteOptions['onStatement']): Queryable {
  return {
    async query<Row extends object>(sql: string, parameters?: readonly unknown[]) {
      onStatement?.(sql);
      try {
        if (parameters?.length) return (await driver.query<Row>(sql, parameters.map(encodeParameter))).rows;
        // The simple protocol takes several statements at once, as `pg` does when there are no parameters.
        return ((await driver.exec(sql)).at(-1)?.rows ?? []) as Row[];
      } catch (error) {
        throw withoutValues(error);
      }
    },
  };
}

function serializeJson(value: unknown): string {
  // `pg` would write a Postgres array, so here it must not work either.
  if (Array.isArray(value)) throw new TypeError('Give a JSON array as JSON text.');
  return String(value);
}
