import type { Database } from '../database.ts';

const PAGE = 1000;

/**
 * Events as lines of JSON, the oldest first, each with its place in the hash chain (null while it is not sealed): all that is needed to follow
 * the chain elsewhere. In pages, each a statement of its own.
 * @param since inclusive; null: from the first
 * @param until exclusive; null: to the last
 */
export async function* exportAuditEvents(
  database: Database,
  { since, until }: { since: Date | null; until: Date | null },
): AsyncGenerator<string> {
  let after: [micros: number, sequence: number] = [Number.MIN_SAFE_INTEGER, 0];
  for (;;) {
    const rows = await database.query<{ line: string; micros: number; sequence: number }>(
      `select ((to_jsonb(event) - 'xid') || jsonb_build_object(
           'at', to_char(event.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'address', host(event.address),
           'position', chain.position, 'hash', encode(chain.hash, 'hex')))::text as line,
         (extract(epoch from event.at) * 1000000)::bigint as micros, event.sequence
       from limen.audit_events as event left join limen.audit_chain as chain on chain.sequence = event.sequence
       where (event.at, event.sequence) > (timestamptz 'epoch' + $1::bigint * interval '1 microsecond', $2::bigint)
         and event.at >= coalesce($3, '-infinity'::timestamptz) and event.at < coalesce($4, 'infinity'::timestamptz)
       order by event.at, event.sequence limit ${PAGE}`,
      [...after, since, until],
    );
    for (const { line } of rows) yield line;
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = [last.micros, last.sequence];
  }
}
