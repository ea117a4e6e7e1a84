/** What both versions of refresh tokens share: may the session go on, and what a refresh leaves on its row. */
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { isBanned } from '../users/user-row.ts';
import { endOf } from './session-limits.ts';
import { endSession, inetOf, type SessionFacts, type SessionRow } from './session-row.ts';

export const refreshTokenNotFound = () =>
  new ProtocolError(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');

export const refreshTokenAlreadyUsed = () =>
  new ProtocolError(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used');

/**
 * A session that is over by the clock, or by a newer one, is deleted here.
 * @throws {ProtocolError} 400 user_banned, session_expired, refresh_token_not_found
 */
export async function assertGoesOn(
  services: Services,
  client: Client,
  session: SessionRow,
  now: Date,
): Promise<void> {
  if (session.deleted_at) throw refreshTokenNotFound();
  if (isBanned(session, now)) {
    throw new ProtocolError(400, 'user_banned', 'Invalid Refresh Token: User Banned');
  }
  const { sessions, refreshTokenTtlSeconds } = services.settings;
  const end = await endOf(services.database, session, sessions, refreshTokenTtlSeconds, now);
  if (!end) return;
  const { session_id: id, id: userId } = session;
  await endSession(services.database, client, { id, userId, reason: 'expired' });
  services.changes.sessionEnded(session.session_id);
  throw new ProtocolError(400, 'session_expired', `Invalid Refresh Token: ${end}`);
}

/** Where a refresh writes: not for somebody banned or deleted since the session was read. `$1` as for `TOUCH`. */
export const MAY_GO_ON =
  'users.deleted_at is null and (users.banned_until is null or users.banned_until <= $1)';

/** For an `update auth.sessions`, with `touchParameters` as the first three. `refreshed_at` has no time zone, and is UTC. */
export const TOUCH = `updated_at = $1, refreshed_at = $1::timestamptz at time zone 'UTC', ip = $2, user_agent = $3`;

export const touchParameters = (client: Client, now: Date) => [now, inetOf(client.address), client.userAgent];

export function sessionFacts({ session_id, aal, amr }: SessionRow): SessionFacts {
  return { id: session_id, aal: aal ?? 'aal1', amr };
}
