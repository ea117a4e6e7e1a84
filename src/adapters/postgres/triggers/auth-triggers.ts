/** Triggers of Limen's on the `auth` schema. They add to a schema of somebody else's, and alter nothing in it. */
import { createHash } from 'node:crypto';
import { type Database, INSUFFICIENT_PRIVILEGE, type Queryable } from '../database.ts';

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

/** The condition that one of these columns is another than it was. */
export function anyDiffers(columns: readonly string[]): string {
  const row = (name: 'old' | 'new') => `(${columns.map((column) => `${name}.${column}`).join(', ')})`;
  return `${row('old')} is distinct from ${row('new')}`;
}

export type Triggers = Readonly<Record<string, Trigger>>;

/**
 * Puts there what is missing, was turned off, or calls something else. Answers with the tables that stay silent, in whole or in part: they are
 * not here, or this role may not put triggers on them. At Supabase it may, on its own word, on most of them and not on all.
 * @param onPut runs with the triggers of a table that were put there now, in their transaction: nobody writes that table meanwhile
 */
export async function installAuthTriggers(
  database: Database,
  name: string,
  triggers: Triggers,
  onPut: (tx: Queryable) => Promise<unknown> = async () => {},
): Promise<string[]> {
  return database.exclusively(name, async () => {
    const missing = await missingTriggers(database, triggers);
    const tables = [...new Set(missing.map(([, { table }]) => table))];
    const silent: string[] = [];
    for (const table of tables) {
      const ofTable = missing.filter(([, trigger]) => trigger.table === table);
      if (!(await putOn(database, ofTable, onPut))) silent.push(table);
    }
    return silent;
  });
}

/**
 * By name: a trigger that is disabled, calls another function, or was put there by a release that meant something else by its name is as
 * good as none. Takes a database without an `auth` schema.
 */
export async function missingTriggers(
  database: Queryable,
  triggers: Triggers,
): Promise<(readonly [name: string, trigger: Trigger])[]> {
  const working = await database.query<{ name: string; table: string; calls: string; arguments: string }>(
    `select tgname::text as name, relname::text as table, proname::text as calls, encode(tgargs, 'hex') as arguments
     from pg_trigger join pg_class on pg_class.oid = tgrelid join pg_proc on pg_proc.oid = tgfoid
     where relnamespace = to_regnamespace('auth') and pronamespace = to_regnamespace('limen') and tgenabled in ('O', 'A')`,
  );
  return Object.entries(triggers).filter(([name, trigger]) => {
    const { table, calls } = trigger;
    // As the catalogue keeps them: each ends with a zero byte.
    const given = Buffer.from(`${meaningOf(trigger)}\0`).toString('hex');
    return !working.some(
      (found) =>
        found.name === name && found.table === table && found.calls === calls && found.arguments === given,
    );
  });
}

/** Given to the function, which does not look at it: by it a later release knows a trigger that means something else. */
const meaningOf = ({ event, when = '' }: Trigger): string =>
  createHash('sha256').update(`${event} ${when}`).digest('hex').slice(0, 16);

async function putOn(
  database: Database,
  triggers: readonly (readonly [string, Trigger])[],
  onPut: (tx: Queryable) => Promise<unknown>,
): Promise<boolean> {
  try {
    await database.transaction(async (tx) => {
      for (const [name, trigger] of triggers) {
        const { table, event, when, calls } = trigger;
        // Replacing it turns one on again, for which only an owner of the table could ask otherwise.
        await tx.query(
          `create or replace trigger ${name} ${event} on auth.${table} for each row ${when ? `when (${when})` : ''} execute function limen.${calls}('${meaningOf(trigger)}')`,
        );
      }
      await onPut(tx);
    });
    return true;
  } catch (error) {
    if (!REFUSALS.has((error as { code?: string }).code ?? '')) throw error;
    return false;
  }
}

const UNDEFINED_TABLE = '42P01';
const UNDEFINED_SCHEMA = '3F000';
const REFUSALS: ReadonlySet<string> = new Set([INSUFFICIENT_PRIVILEGE, UNDEFINED_TABLE, UNDEFINED_SCHEMA]);
