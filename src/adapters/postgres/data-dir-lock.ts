/** Keeps a second process out of a data folder: PGlite would let it in, and both would acknowledge writes and lose them. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface DataDirLock {
  release(): void;
}

export class DataDirLockedError extends Error {
  override readonly name = 'DataDirLockedError';
  readonly dataDir: string;
  /** Null when the owner has not written it down (yet). Means nothing outside the owner's container. */
  readonly ownerPid: number | null;

  constructor(dataDir: string, ownerPid: number | null) {
    super(
      `Another Limen${ownerPid === null ? '' : ` (process ${ownerPid})`} is running on ${dataDir}. ` +
        'Stop it, or give this one another DATA_DIR. Several can run side by side on a PostgreSQL: set DATABASE_URL.',
    );
    this.dataDir = dataDir;
    this.ownerPid = ownerPid;
  }
}

const SQLITE_BUSY = 5;

/**
 * Takes the folder, made if need be, for as long as this process lives or until `release`.
 * @throws {DataDirLockedError}
 */
export function lockDataDir(dataDir: string): DataDirLock {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const pidFile = join(dataDir, 'limen.pid');
  // A lock of the operating system, which lets go of it however the owner dies, and which holds between containers that
  // share the folder, where a pid means nothing. Node offers none, but the SQLite in it takes one; nothing is stored.
  const file = new DatabaseSync(join(dataDir, 'limen.lock'), { timeout: 0 });
  try {
    file.exec('pragma journal_mode = off; begin exclusive');
  } catch (error) {
    file.close();
    throw isBusy(error) ? new DataDirLockedError(dataDir, readPid(pidFile)) : error;
  }
  writeFileSync(pidFile, `${process.pid}\n`);

  return {
    // The lock file stays: somebody may be waiting at the door with the old one open while a third makes a new one.
    release() {
      if (!file.isOpen) return;
      rmSync(pidFile, { force: true });
      file.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}

function readPid(pidFile: string): number | null {
  try {
    return Number.parseInt(readFileSync(pidFile, 'utf8'), 10) || null;
  } catch {
    return null;
  }
}
