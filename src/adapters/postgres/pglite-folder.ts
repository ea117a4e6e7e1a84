/**
 * PGlite on a folder such that a committed transaction survives both a killed process and a power cut.
 *
 * Left to itself PGlite starts with fsync off (`-F`), and even with it on nothing reaches the disk: its `fdatasync` does
 * nothing, and its `fsync` asks the file system driver for an operation that the driver for Node lacks. So the driver is
 * given that operation, and the write-ahead log is told to use it. One fsync for each commit; the checkpoints sync the rest.
 */
import { existsSync, fsyncSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite, type PGliteOptions, type postgresMod } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { dataDir as newCluster } from '@electric-sql/pglite-prepopulatedfs';

/** @throws when the folder holds something that this Postgres cannot open, with the reason in `cause`. */
export async function openPGliteFolder(dataDir: string, options: PGliteOptions): Promise<PGlite> {
  const folder = join(dataDir, 'postgres');
  const marker = join(dataDir, 'initializing');

  // A first start that was cut short has acknowledged nothing yet, and what it left cannot be opened.
  if (existsSync(marker)) rmSync(folder, { recursive: true, force: true });
  const isNew = !existsSync(folder);
  if (isNew) {
    // Postgres' files hold password hashes and private keys.
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(marker, '');
    await sync(dataDir);
    mkdirSync(folder, { mode: 0o700 });
  }

  const startParams = (options.startParams ?? []).filter((parameter) => parameter !== '-F');
  const fs = new DurableNodeFS(folder);
  const pglite = await PGlite.create({
    ...options,
    // A ready-made cluster takes half the time, and less than half the memory, of running initdb.
    ...(isNew && { loadDataDir: options.loadDataDir ?? (await newCluster()) }),
    startParams: [...startParams, '-c', 'wal_sync_method=fsync'],
    fs,
  }).catch((cause: unknown) => {
    throw new Error(`Cannot open the database in ${folder}.`, { cause });
  });
  fs.isInUse = true;

  if (isNew) {
    // The files of a new database were written without an fsync, and a marker that came back after a power cut
    // would have the next start throw the database away.
    await syncTree(folder);
    rmSync(marker);
    await sync(dataDir);
  }
  return pglite;
}

type PostgresMod = postgresMod.PostgresMod;

/** Emscripten's part of a module that PGlite's types leave out. */
interface NodeFSDriver {
  stream_ops: { fsync?: (stream: { nfd: number }) => number };
}

/** Emscripten's number for EIO. Thrown instead, the error would be swallowed, and the commit acknowledged. */
const IO_ERROR = 29;

class DurableNodeFS extends NodeFS {
  /** Until then an engine that gives up is only a database that does not open. */
  isInUse = false;

  override async init(pg: PGlite, options: Partial<PostgresMod>) {
    const { emscriptenOpts } = await super.init(pg, options);
    const useFsync = (module: PostgresMod) => {
      (module.NODEFS as unknown as NodeFSDriver).stream_ops.fsync = ({ nfd }) => {
        try {
          fsyncSync(nfd);
          return 0;
        } catch {
          return IO_ERROR;
        }
      };
    };
    return {
      emscriptenOpts: {
        ...emscriptenOpts,
        preRun: [...(emscriptenOpts.preRun ?? []), useFsync],
        onAbort: () => {
          if (this.isInUse) endProcess();
        },
      },
    };
  }
}

/**
 * Postgres panics when its log cannot be written (the disk is full, or fails), for only a restart, which replays the log,
 * tells what is true. The panicked engine would spin for ever at the next call, so this process has to end before that.
 */
function endProcess(): void {
  queueMicrotask(() => {
    throw new Error('The database could not write its log: is the disk full?');
  });
}

async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true });
  await Promise.all(['.', ...entries].map((entry) => sync(join(folder, entry))));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync();
  await handle.close();
}
