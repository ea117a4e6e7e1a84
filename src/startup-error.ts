/** What keeps a process from starting and is the operator's to mend: told in words, without a stack. */

import { MailTemplatesError } from './adapters/mail/templates/template-folder.ts';
import { ReplicaError } from './adapters/mirror/replica.ts';
import { RefusedKeyError } from './adapters/mirror/upstream-people.ts';
import { ForeignAuthSchemaError } from './adapters/postgres/auth-schema/auth-schema.ts';
import { DataDirLockedError } from './adapters/postgres/data-dir-lock.ts';
import { SchemaAccessError } from './adapters/postgres/limen-schema.ts';
import { MigrationChangedError } from './adapters/postgres/migrations.ts';
import { ConfiguredKeysError } from './adapters/tokens/configured-signing-keys.ts';
import { ConfigError } from './config/config.ts';

/** `EX_CONFIG` of sysexits.h. */
const EXIT_CONFIG = 78;

const OPERATORS = [
  ConfigError,
  ConfiguredKeysError,
  DataDirLockedError,
  ForeignAuthSchemaError,
  MailTemplatesError,
  MigrationChangedError,
  RefusedKeyError,
  ReplicaError,
  SchemaAccessError,
];

/** What to look at, by the codes of the system (`E…`), of SQLite's lock and of PostgreSQL. */
const HINTS: [codes: RegExp, hint: string][] = [
  [/^EADDR(INUSE|NOTAVAIL)$/, 'PORT or HOST cannot be listened on. Set another, or stop what is there.'],
  [
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH)$/,
    'DATABASE_URL names a server that does not answer.',
  ],
  [/^(3D000|28P01|28000|42501)$/, 'DATABASE_URL: the server does not let this role use this database.'],
  [
    /^(EACCES|EROFS|EPERM|ENOTDIR|EEXIST|ENOSPC|ERR_SQLITE_ERROR)$/,
    'DATA_DIR must be a folder this user can write to, with space left.',
  ],
];

/** Writes to standard error; answers with the exit code. */
export function reportStartupError(error: unknown): number {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const hint = OPERATORS.some((type) => error instanceof type) ? '' : hintOf(error);
  process.stderr.write(hint === null ? `${stack}\n` : `${[hint, message].filter(Boolean).join('\n  ')}\n`);
  return hint === null ? 1 : EXIT_CONFIG;
}

/** Null for what nobody foresaw. */
function hintOf(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    const known = HINTS.find(([codes]) => typeof code === 'string' && codes.test(code));
    if (known) return known[1];
  }
  return null;
}
