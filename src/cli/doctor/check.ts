/** A look at one part of an installation. */
import type { Database } from '../../adapters/postgres/database.ts';
import type { Config } from '../../config/config.ts';

export type Level = 'ok' | 'warn' | 'fail';

export interface Finding {
  readonly level: Level;
  /** What was found, in a line. Never a secret. */
  readonly what: string;
  /** What the operator can do about it. */
  readonly advice?: string;
}

/** As the environment describes it. Nothing was started or migrated. */
export interface Installation {
  readonly config: Config;
  /** Null where it could not be opened; another check says why. */
  readonly database: Database | null;
}

/** May throw: that is a finding too. */
export type Check = (installation: Installation) => Promise<readonly Finding[]>;

export const ok = (what: string): Finding => ({ level: 'ok', what });
export const warn = (what: string, advice: string): Finding => ({ level: 'warn', what, advice });
export const fail = (what: string, advice: string): Finding => ({ level: 'fail', what, advice });

/** What a question over the network may take. */
export const ANSWER_TIMEOUT_MS = 5000;
