/** Brings Limen's own schema, and where nobody else owns it the `auth` schema, to the state that this version needs. */
import {
  AUTH_SCHEMA_VERSION,
  checkAuthAccess,
  checkAuthSchema,
  hasAuthSchema,
} from './auth-schema/auth-schema.ts';
import { type Database, INSUFFICIENT_PRIVILEGE, type Queryable } from './database.ts';
import { assertSchemaAccess, hasMigrationsTable, SchemaAccessError } from './limen-schema.ts';
import { checksumOf, readSqlFiles } from './sql-files.ts';

export interface MigrateResult {
  /** What ran now, in order. */
  applied: string[];
  /** What a newer Limen has run on this database and this version does not know. Worth a warning, not a refusal. */
  unknown: string[];
}

/** A migration that ran on this database is no longer what this version ships: one of the two was altered. */
export class MigrationChangedError extends Error {
  override readonly name = 'MigrationChangedError';
  readonly migration: string;

  constructor(migration: string) {
    super(`Migration ${migration} is not the one that ran on this database. Nothing was changed.`);
    this.migration = migration;
  }
}

interface Migration {
  version: number;
  name: string;
  sql: string;
  checksum: string;
}

const BEGINNING = `
  create schema if not exists limen;
  create table limen.migrations (
    version integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
  )`;

interface Applied {
  version: number;
  name: string;
  checksum: string;
}

/**
 * Everything happens or nothing, once, however many instances start together. An `auth` schema that Limen did not make is
 * checked and never altered.
 * @throws {MigrationChangedError} @throws {ForeignAuthSchemaError} @throws {SchemaAccessError}
 */
export async function migrate(
  database: Database,
  options: { createAuthSchema: boolean },
): Promise<MigrateResult> {
  const authSchema = await authSchemaMigration();
  const migrations = await limenMigrations();

  return database.transaction(async (tx) => {
    // The first of many waits for nobody, the others for as long as it takes.
    await tx.query('set local statement_timeout = 0');
    await tx.query("select pg_advisory_xact_lock(hashtextextended('limen:migrations', 0))");
    // `if not exists` asks for the right to make it first.
    if (!(await hasMigrationsTable(tx)))
      await asOwner('may not make schema limen', () => tx.query(BEGINNING));
    await assertSchemaAccess(tx);
    const recorded = await tx.query<Applied>(
      'select version, name, checksum from limen.migrations order by version',
    );

    const wanted = [...migrations];
    const isAuthSchemaOurs = recorded.some(({ version }) => version === AUTH_SCHEMA_VERSION);
    if (isAuthSchemaOurs || (options.createAuthSchema && !(await hasAuthSchema(tx)))) {
      wanted.unshift(authSchema);
    } else if (options.createAuthSchema) {
      await checkAuthSchema(tx);
    }
    const applied = await applyPending(tx, wanted, recorded);
    if (options.createAuthSchema) await checkAuthAccess(tx);
    const unknown = recorded
      .filter(({ version }) => !wanted.some((migration) => migration.version === version))
      .map(({ name }) => name);
    return { applied, unknown };
  });
}

export interface MigrationState {
  /** How many ran. */
  readonly applied: number;
  readonly pending: readonly string[];
  /** Of a newer Limen. */
  readonly unknown: readonly string[];
  /** Other than what this version ships. */
  readonly changed: readonly string[];
}

/** Looks and writes nothing; takes a database that Limen has never seen. The `auth` schema counts where Limen made it. */
export async function findMigrations(database: Queryable): Promise<MigrationState> {
  const shipped = [await authSchemaMigration(), ...(await limenMigrations())];
  const [there] = await database.query<{ name: string | null }>(
    "select to_regclass('limen.migrations')::text as name",
  );
  const recorded = there?.name
    ? await database.query<Applied>('select version, name, checksum from limen.migrations order by version')
    : [];
  const recordOf = (version: number) => recorded.find((row) => row.version === version);
  const differs = ({ version, checksum }: Migration) =>
    (recordOf(version)?.checksum ?? checksum) !== checksum;
  return {
    applied: recorded.length,
    pending: shipped
      .filter(({ version }) => version !== AUTH_SCHEMA_VERSION && !recordOf(version))
      .map(({ name }) => name),
    unknown: recorded
      .filter(({ version }) => !shipped.some((migration) => migration.version === version))
      .map(({ name }) => name),
    changed: shipped.filter(differs).map(({ name }) => name),
  };
}

async function applyPending(tx: Queryable, wanted: Migration[], recorded: Applied[]): Promise<string[]> {
  const applied: string[] = [];
  for (const { version, name, sql, checksum } of wanted) {
    const record = recorded.find((row) => row.version === version);
    if (record) {
      if (record.checksum !== checksum) throw new MigrationChangedError(name);
      continue;
    }
    await asOwner(`may not run migration ${name}`, () => tx.query(sql));
    await tx.query('insert into limen.migrations (version, name, checksum) values ($1, $2, $3)', [
      version,
      name,
      checksum,
    ]);
    applied.push(name);
  }
  return applied;
}

/** @throws {SchemaAccessError} where somebody else owns what the work is about */
async function asOwner(what: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new SchemaAccessError(what);
  }
}

async function limenMigrations(): Promise<Migration[]> {
  const files = await readSqlFiles('migrations');
  return files.map(({ name, sql }) => ({
    version: Number.parseInt(name, 10),
    name,
    sql,
    checksum: checksumOf(sql),
  }));
}

async function authSchemaMigration(): Promise<Migration> {
  const files = await readSqlFiles('auth-schema');
  const sql = files.map((file) => file.sql).join('\n');
  return { version: AUTH_SCHEMA_VERSION, name: 'auth_schema', sql, checksum: checksumOf(sql) };
}
