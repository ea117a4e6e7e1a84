import type { Bearer } from '../protocol/bearer.ts';
import type { Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';

/**
 * Whether somebody may change the ways they sign in. With a second factor they show it first: a way to sign in must not come, or go, by a
 * session that never did.
 *
 * @throws {ProtocolError} 404 manual_linking_disabled, 422 user_sso_managed, 401 insufficient_aal
 */
export function assertMayLink({ settings }: Services, { user, aal }: Bearer): void {
  if (!settings.manualLinking) {
    throw new ProtocolError(404, 'manual_linking_disabled', 'Manual linking is disabled');
  }
  if (user.is_sso_user) {
    throw new ProtocolError(422, 'user_sso_managed', 'Cannot link or unlink identities of an SSO user');
  }
  const hasFactor = user.factors.some(({ status }) => status === 'verified');
  if (hasFactor && aal === 'aal1') {
    throw new ProtocolError(
      401,
      'insufficient_aal',
      'AAL2 session is required to change identities when MFA is enabled.',
    );
  }
}
