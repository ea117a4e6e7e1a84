/** Asks a hook that is a function in our own database: `pg-functions://postgres/<schema>/<function>`. */
import type { JsonObject } from '../../identity/json.ts';
import type { Database } from '../postgres/database.ts';
import { HookFailure, type HookMessage, type HookTarget } from './hook.ts';
import { answerIn } from './hook-answer.ts';

type PostgresTarget = Extract<HookTarget, { kind: 'postgres' }>;

/** What an identifier may be made of. Whatever passes stands in SQL between double quotes. */
export const IDENTIFIER = /^[a-zA-Z_][a-zA-Z0-9_]{0,62}$/;

/** The protocol's number. PGlite has no way to interrupt a function: there it is not kept. */
const TIMEOUT_MS = 2000;
const QUERY_CANCELED = '57014';

/** @throws {HookRefusal} @throws {HookFailure} */
export async function callByPostgres(
  database: Database,
  target: PostgresTarget,
  { body }: HookMessage,
): Promise<JsonObject> {
  const { schema, function: name } = target;
  if (!IDENTIFIER.test(schema) || !IDENTIFIER.test(name)) throw new TypeError('Not the name of a function.');
  return answerIn(await evaluate());

  async function evaluate(): Promise<unknown> {
    try {
      const [row] = await database.transaction(async (tx) => {
        await tx.query("select set_config('statement_timeout', $1, true)", [String(TIMEOUT_MS)]);
        return tx.query<{ answer: unknown }>(`select "${schema}"."${name}"($1::text::jsonb) as answer`, [
          body,
        ]);
      });
      // A function that returns void answers with an empty text.
      return row?.answer || {};
    } catch (error) {
      const { code = '' } = error as { code?: string };
      // Another kind of code, or none, and the database is out of reach: everybody's trouble, not the hook's.
      if (!/^[0-9A-Z]{5}$/.test(code)) throw error;
      if (code === QUERY_CANCELED) throw new HookFailure('hook_timeout', `no answer within ${TIMEOUT_MS} ms`);
      // Not the message: it may quote the payload.
      throw new HookFailure('unusable', `SQLSTATE ${code}`);
    }
  }
}
