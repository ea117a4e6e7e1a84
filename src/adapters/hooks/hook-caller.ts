import type { Logger } from 'pino';
import type { Clock } from '../../identity/clock.ts';
import type { Database } from '../postgres/database.ts';
import { HookFailure, HookRefusal, type Hooks, type HookTargets } from './hook.ts';
import { callByHttp } from './http-hook.ts';
import { callByPostgres } from './postgres-hook.ts';

export interface HookCallerNeeds {
  targets: HookTargets;
  /** Where `pg-functions` are. */
  database: Database;
  clock: Clock;
  log: Logger;
}

/** The log learns which hook, what became of it and how long it took: never what was sent, and never where to. */
export function createHookCaller({ targets, database, clock, log }: HookCallerNeeds): Hooks {
  return {
    isOn: (name) => targets[name] !== undefined,

    async call(name, payload, id) {
      const target = targets[name];
      if (!target) throw new TypeError(`The hook ${name} is off.`);
      const message = { id, body: JSON.stringify(payload) };
      const startedAt = performance.now();
      const entry = () => ({ hook: name, id, ms: Math.round(performance.now() - startedAt) });
      try {
        const answer =
          target.kind === 'http'
            ? await callByHttp(target, message, clock)
            : await callByPostgres(database, target, message);
        log.debug(entry(), 'hook answered');
        return answer;
      } catch (error) {
        if (error instanceof HookRefusal) log.info({ ...entry(), httpCode: error.httpCode }, 'hook refused');
        if (error instanceof HookFailure) {
          log.error({ ...entry(), reason: error.reason, detail: error.detail }, 'hook failed');
        }
        throw error;
      }
    },
  };
}
