/** People without an address: an account and a session at once. It becomes a full one, keeping its id, when an address is confirmed. */
import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../protocol/body.ts';
import { type Call, countAttempt, type Services } from '../protocol/endpoint.ts';
import { conflict, ProtocolError } from '../protocol/protocol-error.ts';
import { answerSession } from '../sessions/session-answer.ts';
import { signIn } from '../sessions/sign-in.ts';
import { assertMetadataFits } from '../users/user-metadata.ts';
import { admitUser } from './admitted-user.ts';
import { insertUser, newUserRow } from './new-user.ts';

/** @throws {ProtocolError} 422 anonymous_provider_disabled, 400 validation_failed, 429 over_request_rate_limit */
export async function signUpAnonymously(
  services: Services,
  call: Call,
  userMetadata: JsonObject,
): Promise<Response> {
  const { settings, database, clock } = services;
  if (!settings.anonymousUsersEnabled) {
    throw new ProtocolError(422, 'anonymous_provider_disabled', 'Anonymous sign-ins are disabled');
  }
  assertMetadataFits(userMetadata, null);
  await countAttempt(services, call.var.client, 'anonymous');
  const now = clock();
  const newUser = newUserRow(
    {
      id: randomUUID(),
      isAnonymous: true,
      encryptedPassword: null,
      isEmailConfirmed: false,
      isPhoneConfirmed: false,
      userMetadata,
    },
    now,
  );
  const user = await admitUser(services, call.var.client, newUser);
  const grant = await database.transaction(async (tx) => {
    await insertUser(tx, user);
    return signIn(tx, { user, method: 'anonymous', client: call.var.client, now, issuedAt: now });
  });
  // Nobody else knows the row yet.
  if (!grant) throw conflict();
  return answerSession(services, call, grant);
}

/**
 * Nobody could sign in again with a password alone, and whoever borrowed the session could keep the account by one.
 * @throws {ProtocolError} 422 validation_failed
 */
export function assertMayHavePassword(user: { is_anonymous: boolean }): void {
  if (!user.is_anonymous) return;
  throw new ProtocolError(
    422,
    'validation_failed',
    'Updating password of an anonymous user without an email or phone is not allowed',
  );
}
