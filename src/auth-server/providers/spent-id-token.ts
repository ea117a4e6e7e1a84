import type { VerifiedIdToken } from '../../adapters/oauth/provider.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';

/** False where an ID token with this nonce was presented before: of many at once, one is first. */
export async function spendIdToken(
  tx: Queryable,
  { onceKey, expiresAt }: VerifiedIdToken,
  now: Date,
): Promise<boolean> {
  if (onceKey === null) return true;
  const used = await tx.query(
    `with old as (
       select key from limen.used_id_tokens where expires_at < $3 and key <> $1 limit 100 for update skip locked
     ), forgotten as (
       delete from limen.used_id_tokens using old where used_id_tokens.key = old.key
     )
     insert into limen.used_id_tokens (key, expires_at) values ($1, $2) on conflict do nothing returning key`,
    [onceKey, expiresAt, now],
  );
  return used.length > 0;
}
