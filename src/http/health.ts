/** `/health` says that the process lives, `/ready` that it may be sent traffic. */
import type { Logger } from 'pino';
import { describeError } from './graphql/error-masking.ts';

const CHECK_TIMEOUT_MS = 2000;

/** By name; one that throws, or takes longer than two seconds, is down. */
export type ReadinessChecks = Record<string, () => Promise<void>>;

export interface Readiness {
  readonly isReady: boolean;
  readonly checks: Record<string, 'ok' | 'down'>;
}

/** However many ask at once, each check runs once: probes must not use up the connections they ask about. */
export function createReadiness(checks: ReadinessChecks, log: Logger): () => Promise<Readiness> {
  let running: Promise<Readiness> | undefined;
  return () => {
    running ??= runAll(checks, log).finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function runAll(checks: ReadinessChecks, log: Logger): Promise<Readiness> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await withinTime(check());
        return [name, 'ok'] as const;
      } catch (error) {
        log.warn({ check: name, error: describeError(error) }, 'readiness check failed');
        return [name, 'down'] as const;
      }
    }),
  );
  return {
    isReady: results.every(([, result]) => result === 'ok'),
    checks: Object.fromEntries(results),
  };
}

async function withinTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('No answer in time.')), CHECK_TIMEOUT_MS);
  });
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer));
}
