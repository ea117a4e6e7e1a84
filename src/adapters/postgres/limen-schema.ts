/** Limen's own schema as a role finds it that may not own it. */
import type { Queryable } from './database.ts';

/** The role may not do here what Limen does. Nothing was changed. */
export class SchemaAccessError extends Error {
  override readonly name = 'SchemaAccessError';
  /** Tables, with their schema. */
  readonly missing: readonly string[];

  constructor(what: string, missing: readonly string[] = []) {
    super(
      `DATABASE_URL: the role of this database ${what}. Run \`limen migrate\` with the role that owns schema limen, and grant this ` +
        'one what docs/audit.md shows.',
    );
    this.missing = missing;
  }
}

/** What takes less than everything: whoever could alter the audit log could hide something. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  migrations: ['select'],
  audit_events: ['select', 'insert'],
  audit_chain: ['select', 'insert'],
  audit_anchors: ['select'],
};
const EVERYTHING = ['select', 'insert', 'update', 'delete'];

export async function hasMigrationsTable(tx: Queryable): Promise<boolean> {
  const found = await tx.query(
    "select 1 from pg_class where relnamespace = to_regnamespace('limen') and relname = 'migrations'",
  );
  return found.length > 0;
}

/** @throws {SchemaAccessError} */
export async function assertSchemaAccess(tx: Queryable): Promise<void> {
  const [schema] = await tx.query<{ may_use: boolean }>(
    "select has_schema_privilege(oid, 'usage') as may_use from pg_namespace where nspname = 'limen'",
  );
  if (schema?.may_use === false) throw new SchemaAccessError('may not use schema limen');
  const tables = await tx.query<{ name: string; lacks: string[] }>(
    `select relname::text as name, array(
       select privilege from unnest($1::text[]) as privilege where not has_table_privilege(pg_class.oid, privilege)) as lacks
     from pg_class where relnamespace = to_regnamespace('limen') and relkind in ('r', 'p') order by relname`,
    [EVERYTHING],
  );
  const missing = tables
    .filter(({ name, lacks }) => (TAKES[name] ?? EVERYTHING).some((privilege) => lacks.includes(privilege)))
    .map(({ name }) => `limen.${name}`);
  if (missing.length > 0) throw new SchemaAccessError(`lacks rights on ${missing.join(', ')}`, missing);
}
