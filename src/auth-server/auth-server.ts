/**
 * Supabase Auth, embedded: the same protocol, on the `auth` schema of any Postgres. Written from the published protocol's facts.
 * `fetch` serves both the process itself (supabase-js with `global.fetch`) and strangers (mounted at `/auth/v1`).
 */
import { createTokenVerifier } from '../adapters/tokens/token-verifier.ts';
import { assertAllRecorded } from './audit/recorded-endpoints.ts';
import { recordRefusals } from './audit/refusals.ts';
import { emailCodeEndpoints } from './codes/email-code.ts';
import { reauthenticateEndpoints } from './codes/reauthenticate.ts';
import { resendEndpoints } from './codes/resend.ts';
import { verifyEndpoints } from './codes/verify.ts';
import { adminFactorEndpoints } from './factors/admin-factors.ts';
import { factorEndpoints } from './factors/factors.ts';
import { recoveryCodeEndpoints } from './factors/recovery-codes.ts';
import { generateLinkEndpoints } from './invitations/generate-link.ts';
import { inviteEndpoints } from './invitations/invite.ts';
import { adminPasskeyEndpoints } from './passkeys/admin-passkeys.ts';
import { passkeyRegistrationEndpoints } from './passkeys/passkey-registration.ts';
import { passkeySignInEndpoints } from './passkeys/passkey-sign-in.ts';
import { passkeyEndpoints } from './passkeys/passkeys.ts';
import { clientOf } from './protocol/client.ts';
import { newEndpoints, type Services } from './protocol/endpoint.ts';
import { healthEndpoints } from './protocol/health.ts';
import { jwksEndpoints } from './protocol/jwks.ts';
import type { AuthServerNeeds, Caller } from './protocol/needs.ts';
import { errorResponse, ProtocolError, refusalOf, unexpectedFailure } from './protocol/protocol-error.ts';
import { settingsEndpoints } from './protocol/settings.ts';
import { authorizeEndpoints } from './providers/authorize.ts';
import { callbackEndpoints } from './providers/callback.ts';
import { identityEndpoints } from './providers/user-identities.ts';
import { impersonationEndpoints } from './sessions/impersonation.ts';
import { logoutEndpoints } from './sessions/logout.ts';
import { tokenEndpoints } from './sessions/token.ts';
import { signupEndpoints } from './sign-up/signup.ts';
import { accessEndpoints } from './users/access.ts';
import { adminUserListEndpoints } from './users/admin-user-list.ts';
import { adminUserEndpoints } from './users/admin-users.ts';
import { proofEndpoints } from './users/proof.ts';
import { userEndpoints } from './users/user.ts';

export interface AuthServer {
  /** Takes the whole path, `/auth/v1/…`. Never rejects. */
  fetch(request: Request, caller: Caller): Promise<Response>;
}

/** The endpoint families. Another one is a file of its own and a line here. */
const FAMILIES = [
  healthEndpoints,
  settingsEndpoints,
  jwksEndpoints,
  signupEndpoints,
  verifyEndpoints,
  inviteEndpoints,
  generateLinkEndpoints,
  tokenEndpoints,
  verifyEndpoints,
  emailCodeEndpoints,
  resendEndpoints,
  reauthenticateEndpoints,
  userEndpoints,
  proofEndpoints,
  identityEndpoints,
  authorizeEndpoints,
  callbackEndpoints,
  logoutEndpoints,
  adminUserListEndpoints,
  adminUserEndpoints,
  accessEndpoints,
  impersonationEndpoints,
  recoveryCodeEndpoints,
  factorEndpoints,
  adminFactorEndpoints,
  passkeySignInEndpoints,
  passkeyRegistrationEndpoints,
  passkeyEndpoints,
  adminPasskeyEndpoints,
];

const BASE_PATH = '/auth/v1';

/** @throws where what an endpoint changes would not be recorded: see `assertAllRecorded` */
export function createAuthServer(needs: AuthServerNeeds): AuthServer {
  const { keys, settings, clock, log } = needs;
  const tokens = createTokenVerifier({ keys, issuer: settings.issuer, audience: 'authenticated', clock });
  const services: Services = { ...needs, tokens };

  const app = newEndpoints().basePath(BASE_PATH);
  app.use(async (call, next) => {
    call.header('cache-control', 'no-store');
    call.set('client', await clientOf(services, call.req.raw, call.env));
    await next();
  });
  app.use(recordRefusals(services, BASE_PATH));
  for (const family of FAMILIES) app.route('/', family(services));
  assertAllRecorded(app.routes.map(({ method, path }) => ({ method, path: path.slice(BASE_PATH.length) })));
  app.notFound((call) => answer(new ProtocolError(404, 'not_found', 'Not found'), call.req.raw, call.env));
  app.onError((error, call) => answer(error, call.req.raw, call.env));

  function answer(error: unknown, request: Request, { requestId }: Caller): Response {
    const refusal = refusalOf(error);
    if (!refusal)
      log.error({ requestId, err: error, path: new URL(request.url).pathname }, 'auth request failed');
    return errorResponse(refusal ?? unexpectedFailure(), request, requestId);
  }

  return {
    async fetch(request, caller) {
      try {
        return await app.fetch(request, caller);
      } catch (error) {
        return answer(error, request, caller);
      }
    },
  };
}
