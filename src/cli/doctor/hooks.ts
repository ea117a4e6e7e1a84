/** Whether the operator's hooks are there. None of them is called as a hook. */
import type { Database } from '../../adapters/postgres/database.ts';
import type { HooksConfig } from '../../config/hooks.ts';
import { ANSWER_TIMEOUT_MS, type Finding, fail, type Installation, ok } from './check.ts';

type Target = NonNullable<HooksConfig[keyof HooksConfig]>;

export async function checkHooks({ config: { auth }, database }: Installation): Promise<Finding[]> {
  if (auth.kind !== 'embedded') return [];
  return Promise.all(Object.entries(auth.hooks).map(([name, target]) => check(name, target, database)));
}

async function check(name: string, target: Target, database: Database | null): Promise<Finding> {
  const advice = `While it is away, what it decides is refused. Look at HOOK_${name.toUpperCase()}_URI.`;
  if (target.kind === 'http') {
    // Any answer will do: only a signed call is one of the hook's.
    const response = await fetch(target.url, {
      method: 'OPTIONS',
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    }).catch(() => null);
    await response?.body?.cancel();
    const { host } = new URL(target.url);
    return response ? ok(`${name}: ${host} answers`) : fail(`${name}: ${host} is out of reach`, advice);
  }
  const called = `${target.schema}.${target.function}`;
  if (!database) return fail(`${name}: ${called} cannot be looked for without the database`, advice);
  const [found] = await database.query<{ may: boolean | null }>(
    `select bool_or(has_function_privilege(pg_proc.oid, 'execute')) as may from pg_proc
     where pronamespace = to_regnamespace(quote_ident($1)) and proname = $2`,
    [target.schema, target.function],
  );
  return found?.may
    ? ok(`${name}: ${called} is there`)
    : fail(`${name}: ${called} is not there, or not for this role`, advice);
}
