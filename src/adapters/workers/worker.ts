/**
 * Whoever works off rows that wait in the database, beside the requests: takes as many as there are places for, and sleeps until somebody
 * wakes it or it is time to look again. As many processes at once as there are: a row is one process's by the lease of its claim, and
 * when that is over somebody else's, so that a killed process delays work and loses none.
 */
import type { Logger } from 'pino';

export interface Worker {
  /** Begins to work, and goes on by itself until it is stopped. */
  start(): void;
  /** Resolves when nothing is under way any more, and after eight seconds in any case: what is left is another process's. */
  stop(): Promise<void>;
  /** There is something to do. */
  wake(): void;
  /** Works off whatever is due, and resolves with how many were done. For tests and scripts: it needs no start. */
  workOff(): Promise<number>;
}

export interface Work<Claim> {
  /** What the rows are called in the log. */
  readonly name: string;
  /** Under way at the same time in this process. */
  readonly atOnce: number;
  /** Rows that are due; nobody else gets them while the lease lasts. */
  claim(places: number): Promise<Claim[]>;
  /** Does what is to be done, and writes down what came of it. False: to be done again, or given up. */
  carryOut(claim: Claim): Promise<boolean>;
  /** How long to sleep when nobody wakes it, in ms: what another process left, or what was to be tried again, tells nobody. */
  pauseMs(): number | Promise<number>;
  /** Forgets what is over for long. */
  readonly prune?: { readonly everyMs: number; run(): Promise<unknown> };
}

const STOP_TIMEOUT_MS = 8000;
/** While the database is away. */
const FAILURE_PAUSE_MS = 5000;

export function createWorker<Claim>(
  work: Work<Claim>,
  log: Logger,
): Worker & {
  /** Carries out what was claimed elsewhere, beside the others. */
  begin(claim: Claim): Promise<boolean>;
} {
  const underWay = new Set<Promise<boolean>>();
  /** Places that are being filled: two who claim at once do not take more than there are. */
  let reserved = 0;
  let isRunning = false;
  let running: Promise<void> = Promise.resolve();
  /** Set when something came while the rows were being read. */
  let isWoken = false;
  let interrupt = () => {};

  function wake(): void {
    isWoken = true;
    interrupt();
  }

  function begin(claim: Claim): Promise<boolean> {
    const settled = work
      .carryOut(claim)
      .catch((error) => {
        // The database is away; when the lease is over, somebody does it again.
        log.error({ err: error, work: work.name }, 'what came of it was not written');
        return false;
      })
      .finally(() => {
        underWay.delete(settled);
        // There is a place, and perhaps what waited for this.
        wake();
      });
    underWay.add(settled);
    return settled;
  }

  /** Begins as much as there are places for. */
  async function fill(): Promise<Promise<boolean>[]> {
    const places = work.atOnce - underWay.size - reserved;
    if (places <= 0) return [];
    reserved += places;
    try {
      return (await work.claim(places)).map(begin);
    } finally {
      reserved -= places;
    }
  }

  async function run(): Promise<void> {
    let prunedAt = Number.NEGATIVE_INFINITY;
    while (isRunning) {
      isWoken = false;
      let pauseMs = FAILURE_PAUSE_MS;
      try {
        await fill();
        if (work.prune && performance.now() - prunedAt > work.prune.everyMs) {
          await work.prune.run();
          prunedAt = performance.now();
        }
        pauseMs = await work.pauseMs();
      } catch (error) {
        log.error({ err: error, work: work.name }, 'what is due was not read');
      }
      if (isRunning && !isWoken) await sleep(pauseMs);
    }
  }

  /** Until the time is over or somebody wakes the worker. */
  async function sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    start() {
      if (isRunning) return;
      isRunning = true;
      running = run();
    },
    async stop() {
      isRunning = false;
      interrupt();
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_TIMEOUT_MS);
      });
      await Promise.race([running.then(() => Promise.all(underWay)), limit]);
      clearTimeout(timer);
    },
    wake,
    begin,
    async workOff() {
      let done = 0;
      const own = new Set<Promise<void>>();
      for (;;) {
        for (const begun of await fill()) {
          const counted: Promise<void> = begun.then((isDone) => {
            own.delete(counted);
            if (isDone) done += 1;
          });
          own.add(counted);
        }
        if (own.size === 0) return done;
        await Promise.race(own);
      }
    },
  };
}
