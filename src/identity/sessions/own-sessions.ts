/** Where somebody is signed in, and how they end one of those sessions. */
import type { AuditRecorder } from '../audit/audit-event.ts';
import type { AuthBackend } from '../auth-backend.ts';
import type { ChangeLog } from '../changes.ts';
import type { Client } from '../client.ts';
import { DeniedError } from '../denial.ts';
import { NotSupportedError } from '../errors.ts';
import { isUuid } from '../uuid.ts';
import type { Person } from '../viewer.ts';
import type { SessionRecord, SessionStore } from './session-record.ts';
import { logOut } from './sessions.ts';

interface Needs {
  auth: AuthBackend;
  /** Null: they are out of reach. */
  sessions: SessionStore | null;
}

/** The last used first. @throws {NotSupportedError} @throws {DeniedError} when the session is over */
export async function listSessions(needs: Needs, viewer: Person): Promise<readonly SessionRecord[]> {
  const sessions = await needs.sessions?.list(viewer.account.id, viewer.sessionId);
  return sessions ?? (await outOfReach(needs, viewer));
}

/**
 * From now on its refresh token and its access tokens are refused. One that is over already, and somebody else's, is answered no differently,
 * so that ids cannot be probed.
 * @throws {NotSupportedError} for any but the session that asks, where sessions are out of reach @throws {DeniedError} when that one is over
 */
export async function revokeSession(
  needs: Needs & { audit: AuditRecorder; changes: ChangeLog; client: Client },
  viewer: Person,
  id: string,
): Promise<void> {
  const { sessions, audit, changes, client } = needs;
  const { sessionId, account } = viewer;
  // As tokens and rows spell it.
  const revoked = id.toLowerCase();
  if (revoked === sessionId) {
    const { successes } = client.trail;
    await logOut(needs, viewer, 'local');
    // Supabase's server records nothing here.
    if (client.trail.successes > successes) return;
    const details = { reason: 'logout', sessions: 1 };
    return audit.record(client, { action: 'session.ended', userId: account.id, sessionId, details });
  }
  if (sessions && !isUuid(id)) return;
  const hasEnded = await sessions?.end(account.id, sessionId, revoked, client);
  if (hasEnded == null) return outOfReach(needs, viewer);
  if (hasEnded) changes.sessionEnded(revoked);
}

async function outOfReach({ auth }: Needs, { accessToken }: Person): Promise<never> {
  if (!(await auth.findOwnAccount(accessToken))) throw new DeniedError('UNAUTHENTICATED');
  throw new NotSupportedError('SESSION_LIST');
}
