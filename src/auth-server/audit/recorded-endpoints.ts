/**
 * What a refusal is recorded as, at each endpoint that changes something. What succeeds is recorded where it happens, in its transaction; an
 * endpoint that is missing here keeps the server from being made, so that none is forgotten.
 */
import type { AuditAction } from '../../identity/audit/audit-event.ts';

/** By method and path, and for `/token` by the way in. Null: nothing worth a row can be refused there. */
export const RECORDED_ENDPOINTS: Readonly<Record<string, AuditAction | null>> = {
  'POST /signup': 'user.signed_up',
  'POST /token password': 'user.signed_in',
  'POST /token pkce': 'user.signed_in',
  'POST /token id_token': 'user.signed_in',
  'POST /token refresh_token': 'session.refreshed',
  'GET /verify': 'user.signed_in',
  'POST /verify': 'user.signed_in',
  'POST /otp': 'code.requested',
  'POST /magiclink': 'code.requested',
  'POST /recover': 'code.requested',
  'POST /resend': 'code.requested',
  'GET /reauthenticate': 'code.requested',
  'PUT /user': 'user.updated',
  // What it was shown for says so itself.
  'POST /proof': null,
  'POST /logout': 'session.ended',
  // Leads to the provider. What comes of it is recorded at the callback.
  'GET /authorize': null,
  'GET /callback': 'user.signed_in',
  'POST /callback': 'user.signed_in',
  'GET /user/identities/authorize': 'identity.linked',
  'DELETE /user/identities/:id': 'identity.unlinked',
  'POST /invite': 'user.invited',
  'POST /admin/generate_link': 'link.generated',
  'POST /admin/users': 'user.created',
  'PUT /admin/users/:id': 'user.updated',
  'DELETE /admin/users/:id': 'user.deleted',
  'POST /admin/users/:id/logout': 'session.ended',
  'POST /admin/users/:id/reset_mfa': 'user.mfa_reset',
  'POST /impersonations': 'user.impersonated',
  'PUT /admin/users/:id/factors/:factor': 'factor.renamed',
  'DELETE /admin/users/:id/factors/:factor': 'factor.removed',
  'DELETE /admin/users/:id/passkeys/:passkey': 'passkey.removed',
  'POST /factors': 'factor.enrolled',
  'POST /factors/verify': 'session.raised',
  'POST /factors/:id/challenge': 'factor.challenged',
  'POST /factors/:id/verify': 'session.raised',
  'DELETE /factors/:id': 'factor.removed',
  'POST /factors/recovery-codes': 'recovery_codes.generated',
  'POST /factors/recovery-codes/regenerate': 'recovery_codes.generated',
  'POST /factors/recovery-codes/verify': 'session.raised',
  'DELETE /factors/recovery-codes': 'recovery_codes.removed',
  // Hands out a challenge to whoever asks.
  'POST /passkeys/authentication/options': null,
  'POST /passkeys/authentication/verify': 'user.signed_in',
  'POST /passkeys/registration/options': 'passkey.added',
  'POST /passkeys/registration/verify': 'passkey.added',
  'PATCH /passkeys/:id': 'passkey.renamed',
  'DELETE /passkeys/:id': 'passkey.removed',
};

/** @throws where an endpoint that is no `GET` has no line above */
export function assertAllRecorded(routes: readonly { method: string; path: string }[]): void {
  const known = new Set(Object.keys(RECORDED_ENDPOINTS).map((name) => name.split(' ').slice(0, 2).join(' ')));
  const missing = routes
    .filter(({ method }) => method !== 'GET' && method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`)
    .filter((name) => !known.has(name));
  if (missing.length > 0) throw new Error(`Not in RECORDED_ENDPOINTS: ${missing.join(', ')}`);
}
