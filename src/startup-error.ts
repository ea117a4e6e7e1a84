/** What keeps a process from starting and is the operator's to mend: told in its own words, without a stack. */

import { ForeignAuthSchemaError } from './adapters/postgres/auth-schema.ts';
import { DataDirLockedError } from './adapters/postgres/data-dir-lock.ts';
import { MigrationChangedError } from './adapters/postgres/migrations.ts';
import { ConfiguredKeysError } from './adapters/tokens/configured-signing-keys.ts';
import { ConfigError } from './config.ts';

/** `EX_CONFIG` of sysexits.h. */
const EXIT_CONFIG = 78;

const OPERATORS = [
  ConfigError,
  ConfiguredKeysError,
  DataDirLockedError,
  ForeignAuthSchemaError,
  MigrationChangedError,
];

/** Writes to standard error; answers with the exit code. */
export function reportStartupError(error: unknown): number {
  const isOperators = OPERATORS.some((type) => error instanceof type);
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${isOperators ? (error as Error).message : stack}\n`);
  return isOperators ? EXIT_CONFIG : 1;
}
