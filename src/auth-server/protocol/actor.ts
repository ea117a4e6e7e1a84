/** Whoever acts in somebody else's stead (RFC 8693, 4.1): what they may, and for how long. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import { ProtocolError } from './protocol-error.ts';

export const impersonated = () =>
  new ProtocolError(403, 'impersonated', 'Only the person themselves may do this, and nobody in their stead');

const isAdmin = (user: 'actor' | 'person') =>
  `coalesce(${user}.raw_app_meta_data ->> 'role' = 'admin' or ${user}.raw_app_meta_data -> 'roles' ? 'admin', false)`;

/**
 * Whether the actor of a session is signed in yet where they began it and still may, and the person is no administrator meanwhile. One
 * statement.
 */
export async function mayActorGoOn(
  database: Queryable,
  sessionId: string | undefined,
  now: Date,
): Promise<boolean> {
  const found = await database.query(
    `select 1 from limen.impersonations
     join auth.sessions on sessions.id = actor_session_id
     join auth.users as actor on actor.id = sessions.user_id and actor.id = actor_id
     join auth.users as person on person.id = impersonations.user_id
     where session_id = $1 and actor.deleted_at is null and (actor.banned_until is null or actor.banned_until <= $2)
       and (${isAdmin('actor')} or coalesce(actor.raw_app_meta_data -> 'permissions' ? 'users:impersonate', false))
       and not ${isAdmin('person')}`,
    [sessionId ?? null, now],
  );
  return found.length > 0;
}
