/**
 * Supabase's database webhooks, as docs/webhooks.md sets them up: triggers on the project's `auth` schema, whose calls are made here instead of
 * by `pg_net`. Where Limen is its own auth server there is nothing to carry.
 */
import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { MODE, type TestApp } from './app.ts';

export const WEBHOOK_SECRET = 'a secret of the webhooks of supabase';

/** Whether what the project tells is to be carried by the answer of this function, or everything is told already. */
export async function createCarrier({ database, send }: TestApp): Promise<() => Promise<Response[]>> {
  if (MODE !== 'supabase') return async () => [];
  const guide = readFileSync(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
  const [, sql = ''] = /```sql\n([\s\S]*?)```/.exec(guide) ?? [];
  await database.query(`
    create schema net;
    create table net.calls (number bigint generated always as identity, headers jsonb, body jsonb);
    create function net.http_post(url text, headers jsonb, body jsonb, timeout_milliseconds int) returns void
      language sql as 'insert into net.calls (headers, body) values (headers, body)';
    do 'begin if to_regrole(''anon'') is null then create role anon; end if;
      if to_regrole(''authenticated'') is null then create role authenticated; end if; end';
    ${sql.replaceAll('YOUR SUPABASE_WEBHOOK_SECRET', WEBHOOK_SECRET)}`);
  // The database is used again by other tests.
  onTestFinished(async () => {
    await database.query('drop function public.tell_limen cascade; drop schema net cascade');
  });
  return async () => {
    const calls = await database.query<{ headers: Record<string, string>; body: object }>(
      'delete from net.calls returning headers, body',
    );
    const answers: Response[] = [];
    for (const { headers, body } of calls) {
      answers.push(
        await send(
          new Request('http://limen.test/webhooks/supabase', {
            method: 'POST',
            headers,
            body: JSON.stringify(body),
          }),
        ),
      );
    }
    return answers;
  };
}
