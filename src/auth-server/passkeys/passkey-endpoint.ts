/** What the endpoints for passkeys ask first, and how they refuse. */
import type { Queryable } from '../../adapters/postgres/database.ts';
import { type Bearer, requirePerson } from '../protocol/bearer.ts';
import type { Call, Services } from '../protocol/endpoint.ts';
import { insufficientAal } from '../protocol/insufficient-aal.ts';
import type { PasskeySettings } from '../protocol/needs.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { lockPerson } from '../users/person-lock.ts';
import type { CeremonyError } from './webauthn-credential.ts';

/** @throws {ProtocolError} 404 passkey_disabled */
export function requirePasskeys({ settings }: Services): PasskeySettings {
  if (!settings.passkeys) throw new ProtocolError(404, 'passkey_disabled', 'Passkeys are disabled');
  return settings.passkeys;
}

/**
 * Somebody who may have passkeys. One statement.
 * @throws {ProtocolError} as `requirePerson`; 403 no_authorization for somebody anonymous, 422 user_sso_managed
 */
export async function requirePasskeyOwner(services: Services, call: Call): Promise<Bearer> {
  const bearer = await requirePerson(services, call.req.raw);
  if (bearer.user.is_anonymous) {
    throw new ProtocolError(403, 'no_authorization', 'Anonymous user not allowed to perform these actions');
  }
  // An organization that keeps the account decides how it is signed in to.
  if (bearer.user.is_sso_user) {
    throw new ProtocolError(422, 'user_sso_managed', 'SSO users cannot register passkeys');
  }
  return bearer;
}

/**
 * Takes the person before their passkeys change. Whoever set up a second factor must have shown it: a way in that goes round it is not
 * added, and none is taken away, by whoever has no more than a password.
 *
 * @throws {ProtocolError} 403 insufficient_aal, user_banned, user_not_found
 */
export async function lockPasskeyOwner(tx: Queryable, { user, aal }: Bearer, now: Date): Promise<void> {
  const { hasFactor } = await lockPerson(tx, user.id, now);
  assertAssured({ hasFactor, aal });
}

/** @throws {ProtocolError} 403 insufficient_aal */
export function assertAssured({ hasFactor, aal }: { hasFactor: boolean; aal: string }): void {
  if (hasFactor && aal === 'aal1') throw insufficientAal(403, 'AAL2 required to change passkeys');
}

export const hasVerifiedFactor = ({ user }: Bearer) =>
  user.factors.some(({ status }) => status === 'verified');

export const passkeyNotFound = () =>
  new ProtocolError(404, 'webauthn_credential_not_found', 'Passkey not found');

/** Whatever was wrong: an unknown passkey, a wrong page, a bad signature. The log knows which. */
export function verificationFailed({ log }: Services, call: Call, error: CeremonyError): ProtocolError {
  const reasons = [error, error.cause].flatMap((cause) => (cause instanceof Error ? [cause.message] : []));
  log.info({ requestId: call.env.requestId, reasons }, 'a passkey was refused');
  return new ProtocolError(400, 'webauthn_verification_failed', 'Credential verification failed');
}
