/** Reads the `auth` schema as the contract file writes it down. */
import type { Database } from '../../../src/adapters/postgres/database.ts';

interface Column {
  type: string;
  null: boolean;
  default?: string;
  generated?: string;
}

interface Table {
  columns: Record<string, Column>;
  constraints: Record<string, string>;
  uniqueIndexes: Record<string, string>;
}

export async function readCatalogue(database: Database) {
  const tables: Record<string, Table> = {};

  const columns = await database.query<{
    table: string;
    column: string;
    type: string;
    nullable: boolean;
    kind: string;
    expression: string | null;
  }>(
    `select relname as table, attname as column, format_type(atttypid, atttypmod) as type, not attnotnull as nullable,
       attgenerated::text as kind, pg_get_expr(adbin, adrelid) as expression
     from pg_attribute
     join pg_class on pg_class.oid = attrelid
     left join pg_attrdef on adrelid = attrelid and adnum = attnum
     where relnamespace = 'auth'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
     order by relname collate "C", attnum`,
  );
  for (const { table, column, type, nullable, kind, expression } of columns) {
    tables[table] ??= { columns: {}, constraints: {}, uniqueIndexes: {} };
    tables[table].columns[column] = {
      // The contract writes the schema's own types without the schema.
      type: type.replace(/^auth\./, ''),
      null: nullable,
      ...(expression !== null && { [kind === 's' ? 'generated' : 'default']: expression }),
    };
  }

  // From version 18 on, PostgreSQL lists NOT NULL among the constraints (contype n).
  const constraints = await database.query<{ table: string; name: string; definition: string }>(
    `select relname as table, conname as name, pg_get_constraintdef(pg_constraint.oid) as definition
     from pg_constraint join pg_class on pg_class.oid = conrelid
     where connamespace = 'auth'::regnamespace and contype <> 'n'`,
  );
  for (const { table, name, definition } of constraints) tables[table]!.constraints[name] = definition;

  const indexes = await database.query<{ table: string; name: string; definition: string }>(
    `select relname as table, indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
     from pg_index join pg_class on pg_class.oid = indrelid
     where relnamespace = 'auth'::regnamespace and indisunique
       and not exists (select from pg_constraint where conindid = indexrelid)`,
  );
  for (const { table, name, definition } of indexes) {
    tables[table]!.uniqueIndexes[name.replace(/^auth\./, '')] = definition.slice(
      definition.indexOf('USING btree ') + 'USING btree '.length,
    );
  }

  const labels = await database.query<{ name: string; label: string }>(
    `select typname as name, enumlabel as label from pg_enum join pg_type on pg_type.oid = enumtypid
     where typnamespace = 'auth'::regnamespace order by typname collate "C", enumsortorder`,
  );
  const enums: Record<string, string[]> = {};
  for (const { name, label } of labels) {
    enums[name] ??= [];
    enums[name].push(label);
  }

  return { tables, enums };
}
