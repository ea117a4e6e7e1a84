import type { Queryable } from '../../adapters/postgres/database.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';

/**
 * Whoever changes several rows of somebody's (factors, sessions) takes the person first, so that two such changes wait for each other
 * and never in a circle. Answers whether the person has a factor that counts, as of now.
 *
 * @throws {ProtocolError} 403 user_banned, user_not_found: banned or deleted since the token was looked at
 */
export async function lockPerson(tx: Queryable, userId: string, now: Date): Promise<{ hasFactor: boolean }> {
  const [person] = await tx.query<{ is_banned: boolean }>(
    `select coalesce(banned_until > $2, false) as is_banned from auth.users
     where id = $1 and deleted_at is null for no key update`,
    [userId, now],
  );
  if (!person) throw new ProtocolError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
  if (person.is_banned) throw new ProtocolError(403, 'user_banned', 'User is banned');
  // A statement of its own: it sees what was committed while the lock was waited for.
  const verified = await tx.query(
    `select 1 from auth.mfa_factors where user_id = $1 and status = 'verified' limit 1`,
    [userId],
  );
  return { hasFactor: verified.length > 0 };
}
