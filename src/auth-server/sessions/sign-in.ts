/** The last step of every way to sign in: a session, and the person as it leaves them. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { Client } from '../protocol/client.ts';
import type { FullUserRow } from '../users/user-row.ts';
import type { Grant } from './grant.ts';
import { encodeRefreshToken } from './refresh-token.ts';
import { startSession } from './session-row.ts';

export interface SignIn {
  user: FullUserRow;
  method: string;
  client: Client;
  now: Date;
  /** See `Grant`: before `user` was read. */
  issuedAt: Date;
  upgradedHash?: string | null;
}

/** Null when the row of the person is no longer what it was when it was read: see `startSession`. */
export async function signIn(database: Queryable, { issuedAt, ...input }: SignIn): Promise<Grant | null> {
  const started = await startSession(database, input);
  if (!started) return null;
  const { user, session, refreshTokenKey } = started;
  return {
    user,
    session,
    refreshToken: encodeRefreshToken(session.id, 0, refreshTokenKey),
    issuedAt,
    isNewSession: true,
    trace: { 'sb-auth-refresh-token-counter': '0' },
  };
}
