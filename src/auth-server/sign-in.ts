/** The last step of every way to sign in: a session, and the person as it leaves them. */
import type { Queryable } from '../adapters/postgres/database.ts';
import type { Client } from './client.ts';
import { encodeRefreshToken } from './refresh-token.ts';
import type { Grant } from './session-answer.ts';
import { startSession } from './session-row.ts';
import type { FullUserRow } from './user-row.ts';

/** Null when the row of the person is no longer what it was when it was read: see `startSession`. */
export async function signIn(
  database: Queryable,
  input: { user: FullUserRow; method: string; client: Client; now: Date; upgradedHash?: string | null },
): Promise<Grant | null> {
  const started = await startSession(database, input);
  if (!started) return null;
  const { refreshTokenKey, ...session } = started;
  return {
    user: { ...input.user, last_sign_in_at: input.now, updated_at: input.now },
    session,
    refreshToken: encodeRefreshToken(session.id, 0, refreshTokenKey),
    trace: { 'sb-auth-refresh-token-counter': '0' },
  };
}
