/** Makes every check, whatever the others find: each has its own time, and none can throw. */
import { existsSync } from 'node:fs';
import { DataDirLockedError } from '../../adapters/postgres/data-dir-lock.ts';
import type { Database } from '../../adapters/postgres/database.ts';
import { openDatabase } from '../../adapters/postgres/open-database.ts';
import { type Config, ConfigError, readConfig } from '../../config/config.ts';
import { checkAuthSchema } from './auth-schema.ts';
import { type Check, type Finding, fail, type Installation, ok, warn } from './check.ts';
import { checkClocks } from './clocks.ts';
import { checkConfiguration } from './configuration.ts';
import { checkDatabase } from './database.ts';
import { checkHooks } from './hooks.ts';
import { checkJwks } from './jwks.ts';
import { checkListener } from './listener.ts';
import { checkMail } from './mail.ts';
import { checkMigrations } from './migrations.ts';
import { checkMirror } from './mirror.ts';
import { checkRowSecurity } from './row-security.ts';
import { checkSigningKeys } from './signing-keys.ts';
import { checkSupabase } from './supabase.ts';
import { checkSupabaseSettings } from './supabase-settings.ts';
import { checkWebhooks } from './webhooks.ts';

export interface Examined extends Finding {
  /** Which part of the installation it is about. */
  readonly part: string;
}

const CHECKS: Readonly<Record<string, Check>> = {
  configuration: checkConfiguration,
  database: checkDatabase,
  migrations: checkMigrations,
  'auth schema': checkAuthSchema,
  'row security': checkRowSecurity,
  mirror: checkMirror,
  clocks: checkClocks,
  listener: checkListener,
  'signing keys': checkSigningKeys,
  jwks: checkJwks,
  supabase: checkSupabase,
  'supabase settings': checkSupabaseSettings,
  mail: checkMail,
  hooks: checkHooks,
  webhooks: checkWebhooks,
};

const CHECK_TIMEOUT_MS = 10_000;

/** In the order of what each part stands on. A part that is not there, as mail on Supabase, says nothing. */
export async function examine(env: Record<string, string | undefined>): Promise<Examined[]> {
  const config = configOf(env);
  if ('problems' in config) {
    return config.problems.map((problem) => ({
      part: 'configuration',
      ...fail(problem, 'Nothing else can be looked at before that. See docs/settings.md.'),
    }));
  }
  const { database, finding } = await open(config);
  try {
    const found = await Promise.all(
      Object.entries(CHECKS).map(async ([part, check]) => {
        const findings =
          part === 'database' && finding ? [finding] : await attempt(check, { config, database });
        return findings.map((each) => ({ part, ...each }));
      }),
    );
    return found.flat();
  } finally {
    await database?.close().catch(() => {});
  }
}

function configOf(env: Record<string, string | undefined>): Config | { problems: readonly string[] } {
  try {
    return readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems };
    throw error;
  }
}

/** Why it could not be opened, where that is so. */
async function open({
  database: config,
}: Config): Promise<{ database: Database | null; finding: Finding | null }> {
  if (config.kind === 'pglite' && config.dataDir !== null && !existsSync(config.dataDir)) {
    const finding = ok(`DATA_DIR ${config.dataDir} is not there yet: the first start makes it`);
    return { database: null, finding };
  }
  try {
    return { database: await openDatabase(config), finding: null };
  } catch (error) {
    if (error instanceof DataDirLockedError) {
      const finding = warn(
        error.message,
        'Stop the server to have its database looked at, or ask its /ready.',
      );
      return { database: null, finding };
    }
    const name = config.kind === 'postgres' ? 'DATABASE_URL' : 'DATA_DIR';
    return {
      database: null,
      finding: fail(
        `out of reach: ${reasonOf(error)}`,
        `Look whether ${name} is right, and whether the server lets this role in.`,
      ),
    };
  }
}

async function attempt(check: Check, installation: Installation): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${CHECK_TIMEOUT_MS / 1000} s`)),
      CHECK_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([check(installation), limit]);
  } catch (error) {
    return [
      fail(
        `could not be looked at: ${reasonOf(error)}`,
        'See what the findings above say, and the log of the server.',
      ),
    ];
  } finally {
    clearTimeout(timer);
  }
}

/** The code of the system or the database where there is one; what `fetch` hides in its cause comes out. */
function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string') return cause.message ? `${code}: ${cause.message}` : code;
  }
  return error instanceof Error ? error.message : String(error);
}
