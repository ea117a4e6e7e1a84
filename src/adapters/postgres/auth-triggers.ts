/** Triggers on the `auth` schema, which may be somebody else's: they add to it, and alter nothing in it. */
import type { Database } from './database.ts';

export interface AuthTriggers {
  /** Of the work that installs them: instances that start together take turns. */
  readonly name: string;
  /** A function of schema `limen`. */
  readonly calls: string;
  /** By name: when they fire. */
  readonly triggers: Readonly<Record<string, string>>;
}

/** False where there is no `auth` schema here, or this role may not put triggers on its tables. */
export async function installAuthTriggers(
  database: Database,
  { name, calls, triggers }: AuthTriggers,
): Promise<boolean> {
  return database.exclusively(name, () =>
    database.transaction(async (tx) => {
      const [schema] = await tx.query<{ may_trigger: boolean | null; installed: string[] }>(
        `select bool_and(has_table_privilege(pg_class.oid, 'trigger')) as may_trigger,
           array(select tgname::text from pg_trigger where tgname = any($1)) as installed
         from pg_class where relnamespace = to_regnamespace('auth') and relname in ('users', 'sessions', 'mfa_factors')`,
        [Object.keys(triggers)],
      );
      const missing = Object.entries(triggers).filter(([trigger]) => !schema?.installed.includes(trigger));
      if (missing.length === 0) return true;
      if (!schema?.may_trigger) return false;
      for (const [trigger, definition] of missing) {
        await tx.query(`create trigger ${trigger} ${definition} execute function ${calls}()`);
      }
      return true;
    }),
  );
}
