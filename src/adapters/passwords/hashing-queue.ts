import { HashingBusyError } from './password-hasher.ts';

/** Runs expensive work, some at once, some waiting, and refuses the rest: a line that grows without end serves nobody. */
export interface HashingQueue {
  /** @throws {HashingBusyError} at once, when the line is full */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

export interface HashingQueueOptions {
  /** How much runs at once. */
  concurrency: number;
  /** How many may wait. */
  queueLimit: number;
}

/** What one piece of work is taken to last until the first has been measured. */
const ASSUMED_MS = 100;
const WEIGHT_OF_LATEST = 0.2;

export function createHashingQueue({ concurrency, queueLimit }: HashingQueueOptions): HashingQueue {
  const waiting: (() => void)[] = [];
  let running = 0;
  let typicalMs: number | null = null;

  function retryAfterSeconds(): number {
    const untilEmptyMs = ((typicalMs ?? ASSUMED_MS) * (waiting.length + running)) / concurrency;
    return Math.max(1, Math.ceil(untilEmptyMs / 1000));
  }

  async function turn(): Promise<void> {
    if (running < concurrency) {
      running++;
      return;
    }
    if (waiting.length >= queueLimit) throw new HashingBusyError(retryAfterSeconds());
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function done(startedAt: number): void {
    const tookMs = performance.now() - startedAt;
    typicalMs = typicalMs === null ? tookMs : typicalMs + WEIGHT_OF_LATEST * (tookMs - typicalMs);
    // Whoever is next takes over this place, so that nobody can slip in between.
    const next = waiting.shift();
    if (next) next();
    else running--;
  }

  return {
    async run(work) {
      await turn();
      const startedAt = performance.now();
      try {
        return await work();
      } finally {
        done(startedAt);
      }
    },
  };
}
