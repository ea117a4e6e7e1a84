/** Triggers of Limen's on the `auth` schema. They add to a schema of somebody else's, and alter nothing in it. */
import type { Database } from '../database.ts';

export interface Trigger {
  /** A table of schema `auth`. */
  readonly table: string;
  /** When, as in `after update`. */
  readonly event: string;
  /** The condition; undefined: always. */
  readonly when?: string;
  /** A function of schema `limen`. */
  readonly calls: string;
}

/** False where there is no `auth` schema here, or this role may not put triggers on its tables: then nothing calls the functions. */
export async function installAuthTriggers(
  database: Database,
  name: string,
  triggers: Readonly<Record<string, Trigger>>,
): Promise<boolean> {
  const tables = [...new Set(Object.values(triggers).map(({ table }) => table))];
  return database.exclusively(name, () =>
    database.transaction(async (tx) => {
      const [schema] = await tx.query<{ may_trigger: boolean | null; installed: string[] }>(
        `select bool_and(has_table_privilege(pg_class.oid, 'trigger')) as may_trigger,
           array(select tgname::text from pg_trigger where tgname = any($1)) as installed
         from pg_class where relnamespace = to_regnamespace('auth') and relname = any($2)`,
        [Object.keys(triggers), tables],
      );
      const missing = Object.entries(triggers).filter(([trigger]) => !schema?.installed.includes(trigger));
      if (missing.length === 0) return true;
      if (!schema?.may_trigger) return false;
      for (const [trigger, { table, event, when, calls }] of missing) {
        await tx.query(
          `create trigger ${trigger} ${event} on auth.${table} for each row ${when ? `when (${when})` : ''} execute function limen.${calls}()`,
        );
      }
      return true;
    }),
  );
}
