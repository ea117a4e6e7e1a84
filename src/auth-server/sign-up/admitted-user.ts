/** Somebody new passes the before-user-created hook on the way in, and the after-user-created hook hears of them once they are. */

import type { NewAuditEvent } from '../../identity/audit/audit-event.ts';
import { askHook, hookMetadata } from '../hooks/hook-call.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { consentIn } from '../users/change-events.ts';
import { type FullUserRow, fullUserJson } from '../users/user-row.ts';

/** Only `admitUser` makes one, and `insertUser` takes nothing else: so no way to an account goes round the hooks. */
export interface AdmittedUser extends FullUserRow {
  /** For the hook that hears of it, written with the person; null where it is off. */
  readonly createdEvent: { metadata: object; user: object } | null;
  /** What is recorded with the person, and of whom. */
  readonly origin: { client: Client; events: readonly NewAuditEvent[] };
}

/** How an account comes to be, as it is recorded. */
export type CreationAction = 'user.signed_up' | 'user.created' | 'user.invited';

/**
 * Before the transaction that writes the person, for a hook may take seconds; and before anybody looks whether the address is taken, so
 * that a taken one is asked about as well and takes as long.
 *
 * @throws {ProtocolError} what the hook says; 504 hook_timeout and its like
 */
export async function admitUser(
  services: Services,
  client: Client,
  user: FullUserRow,
  action: CreationAction = 'user.signed_up',
): Promise<AdmittedUser> {
  const { hooks, clock } = services;
  if (hooks.isOn('before_user_created')) {
    await askHook(services, client, 'before_user_created', { user: fullUserJson(user) });
  }
  const createdEvent = hooks.isOn('after_user_created')
    ? { metadata: hookMetadata('after_user_created', clock(), client.address), user: fullUserJson(user) }
    : null;
  const event: NewAuditEvent = {
    action,
    userId: user.id,
    isByThemselves: action === 'user.signed_up',
    details: { method: user.identities[0]?.provider ?? 'anonymous' },
  };
  const consent = consentIn(null, user.raw_user_meta_data ?? {});
  const events = consent ? [event, { ...event, action: consent, details: { type: 'email' } }] : [event];
  return { ...user, createdEvent, origin: { client, events } };
}

/**
 * For requests that make an account only where there is none, and answer alike in either case: the hook is asked in either case, and its
 * refusal is not told, since it would tell that there is none. Whoever has an account goes on as if nothing had been said.
 *
 * @throws {ProtocolError} 5xx where the hook failed, whoever asks
 */
export async function admitUnlessRefused(
  services: Services,
  client: Client,
  user: FullUserRow,
): Promise<AdmittedUser | null> {
  try {
    return await admitUser(services, client, user);
  } catch (error) {
    if (error instanceof ProtocolError && error.status < 500) return null;
    throw error;
  }
}
