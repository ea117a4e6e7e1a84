/** Asking for a way in without a password. The answer, and the work it takes, say nothing of who is there. */
import { recordEvents } from '../../adapters/postgres/audit/audit-log.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { AuditDetails } from '../../identity/audit/audit-event.ts';
import { standsFor } from '../addresses/address-owner.ts';
import type { Recipient } from '../addresses/recipient.ts';
import { type Call, countAttempt, type Services } from '../protocol/endpoint.ts';
import { admitUnlessRefused } from '../sign-up/admitted-user.ts';
import { claimAccount, countClaim } from '../sign-up/claim.ts';
import type { FullUserRow } from '../users/user-row.ts';

export interface SignInRequest {
  recipient: Recipient;
  /** What they who ask say of themselves; null for those who say nothing. */
  profile: FullUserRow['raw_user_meta_data'];
  /** Made where nobody has the address; null: nobody is. */
  newcomer: FullUserRow | null;
  /** How it is recorded. */
  details: AuditDetails;
  /** Puts the message under way; for null as many statements that send nothing. */
  send(tx: Queryable, user: FullUserRow | null): Promise<void>;
}

/** @throws {ProtocolError} 429, and 5xx where a hook failed */
export async function requestSignIn(
  services: Services,
  call: Call,
  { recipient, profile, newcomer, details, send }: SignInRequest,
): Promise<Response> {
  const { database, clock, outbox } = services;
  const { client } = call.var;
  const claim = { ...recipient, profile };
  await countAttempt(services, client, 'send');
  // The hook may take seconds: nothing is counted or looked at before it.
  const admitted = newcomer && (await admitUnlessRefused(services, client, newcomer));
  await countClaim(services, client, recipient, () => claimAccount(database, null, claim, clock()));
  await database.transaction(async (tx) => {
    const found = await claimAccount(tx, admitted, claim, clock());
    const user = found && standsFor(found, recipient.by) ? found : null;
    await send(tx, user);
    await recordEvents(tx, client, { action: 'code.requested', userId: user?.id ?? null, details });
  });
  outbox.wake();
  return call.json({});
}
