/** What operators do to the ways in of somebody else, and Supabase Auth's protocol has no word for. */
import { z } from 'zod';
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { requireAdmin } from '../protocol/bearer.ts';
import { readBody } from '../protocol/body.ts';
import {
  type Call,
  type Endpoints,
  newEndpoints,
  requireProcess,
  type Services,
} from '../protocol/endpoint.ts';
import { endSessionsOf } from '../sessions/session-row.ts';
import { userIdOf, userNotFound } from './admin-users.ts';
import { addNotice } from './notice.ts';
import { type FullUserRow, lockUser } from './user-row.ts';

export function accessEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .post('/admin/users/:id/logout', (call) => logOut(services, call))
    .post('/admin/users/:id/reset_mfa', (call) => resetMfa(services, call));
}

async function logOut(services: Services, call: Call): Promise<Response> {
  requireProcess(call);
  await requireAdmin(services, call.req.raw);
  const id = userIdOf(call);
  const ended = await services.database.transaction(async (tx) => {
    if (!(await lockUser(tx, id))) throw userNotFound();
    return endSessionsOf(tx, call.var.client, { userId: id, exceptId: null, reason: 'revoked' });
  });
  report(services, id, ended);
  return call.json({ ended: ended.length });
}

const ResetBody = z.object({ passkeys: z.boolean() });

async function resetMfa(services: Services, call: Call): Promise<Response> {
  requireProcess(call);
  await requireAdmin(services, call.req.raw);
  const id = userIdOf(call);
  const { passkeys: removesPasskeys } = await readBody(call.req.raw, ResetBody);
  const { client } = call.var;
  const { user, passkeys, ended } = await services.database.transaction(async (tx) => {
    const user = await lockUser(tx, id);
    if (!user) throw userNotFound();
    await removeFactors(services, tx, user);
    const passkeys = removesPasskeys ? await removePasskeys(services, tx, user) : 0;
    await recordEvents(tx, client, { action: 'user.mfa_reset', userId: id });
    const all = { userId: id, exceptId: null, reason: 'mfa_reset' } as const;
    return { user, passkeys, ended: await endSessionsOf(tx, client, all) };
  });
  services.outbox.wake();
  report(services, id, ended);
  return call.json({ factors: user.factors.length, passkeys, sessions: ended.length });
}

/** Expects the lock of `lockUser`. The sessions end with it, so that none has to be lowered. */
async function removeFactors(services: Services, tx: Queryable, user: FullUserRow): Promise<void> {
  await tx.query(
    `with gone as (delete from auth.mfa_factors where user_id = $1 returning id),
       codes as (delete from limen.recovery_code_sets where user_id = $1)
     delete from limen.totp_steps using gone where factor_id = gone.id`,
    [user.id],
  );
  const shown = user.factors.filter(({ status }) => status === 'verified');
  for (const factorType of new Set(shown.map(({ factor_type }) => factor_type))) {
    await addNotice(services, tx, user, 'factor-removed', { factorType });
  }
}

async function removePasskeys(services: Services, tx: Queryable, user: FullUserRow): Promise<number> {
  await tx.query('delete from auth.webauthn_challenges where user_id = $1', [user.id]);
  const removed = await tx.query<{ friendly_name: string }>(
    'delete from auth.webauthn_credentials where user_id = $1 returning friendly_name',
    [user.id],
  );
  for (const { friendly_name: passkeyName } of removed) {
    await addNotice(services, tx, user, 'passkey-removed', { passkeyName });
  }
  return removed.length;
}

function report({ changes }: Services, userId: string, endedSessions: string[]): void {
  for (const id of endedSessions) changes.sessionEnded(id);
  changes.userChanged(userId);
}
