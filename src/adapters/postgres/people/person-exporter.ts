import type { Account } from '../../../identity/account.ts';
import type { JsonObject } from '../../../identity/json.ts';
import type { PersonExporter } from '../../../identity/own-account/person-export.ts';
import { auditRows, insertAuditRows, noteRecorded } from '../audit/audit-log.ts';
import type { Database } from '../database.ts';
import { PERSON_TABLES, type PersonTable } from './person-tables.ts';

/** More rows of one table than anybody has: a bound for the answer, and the newest are not told from the others. */
const MAX_ROWS = 1000;

/** Reads, in one statement, all tables of `PERSON_TABLES` that this database has and this role may read. */
export async function openPersonExporter(database: Database): Promise<PersonExporter> {
  const columns = await readableColumns(database);
  const tables = PERSON_TABLES.filter(({ table }) => columns.has(table));
  const sql = `with recorded as (${insertAuditRows('$2')})
    select jsonb_build_object(${tables.map((table) => `'${table.key}', ${rowsOf(table, columns.get(table.table)!)}`).join(', ')}) as data`;

  return {
    async read(account, client) {
      const event = { action: 'user.data_exported', userId: account.id } as const;
      const [row] = await database.query<{ data: JsonObject }>(sql, [account.id, auditRows(client, event)]);
      noteRecorded(client, event);
      return { account: accountJson(account), ...row?.data };
    },
  };
}

function rowsOf({ table, where, shown }: PersonTable, columns: ReadonlySet<string>): string {
  const known = shown.split(/\s+/).filter((name) => columns.has(name));
  return `(select coalesce(jsonb_agg(to_jsonb(rows)), '[]')
    from (select ${known.join(', ')} from ${table} where ${where} limit ${MAX_ROWS}) as rows)`;
}

/** Elsewhere the schema may be older or newer than the one we know, or hidden behind row level security. */
async function readableColumns(database: Database): Promise<Map<string, Set<string>>> {
  const rows = await database.query<{ name: string; columns: string[] }>(
    `select name, array_agg(attname::text) as columns
     from unnest($1::text[]) as name
       join pg_namespace on nspname = split_part(name, '.', 1) and has_schema_privilege(pg_namespace.oid, 'usage')
       join pg_class on relnamespace = pg_namespace.oid and relname = split_part(name, '.', 2)
       join pg_attribute on attrelid = pg_class.oid
     where attnum > 0 and not attisdropped and has_table_privilege(attrelid, 'select')
       and not row_security_active(attrelid)
     group by name`,
    [PERSON_TABLES.map(({ table }) => table)],
  );
  return new Map(rows.map(({ name, columns }) => [name, new Set(columns)]));
}

/** As the auth server tells it, which is all there is where its tables are out of reach. */
function accountJson({ record, ...account }: Account): JsonObject {
  return JSON.parse(JSON.stringify({ ...account, ...record })) as JsonObject;
}
