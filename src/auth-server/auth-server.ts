/**
 * Supabase Auth, embedded: the same protocol, on the `auth` schema of any Postgres. Written from the published protocol's facts.
 * `fetch` serves both the process itself (supabase-js with `global.fetch`) and strangers (mounted at `/auth/v1`).
 */
import { createTokenVerifier } from '../adapters/tokens/token-verifier.ts';
import { adminFactorEndpoints } from './admin-factors.ts';
import { adminPasskeyEndpoints } from './admin-passkeys.ts';
import { adminUserListEndpoints } from './admin-user-list.ts';
import { adminUserEndpoints } from './admin-users.ts';
import { authorizeEndpoints } from './authorize.ts';
import { callbackEndpoints } from './callback.ts';
import { clientOf } from './client.ts';
import { emailCodeEndpoints } from './email-code.ts';
import { newEndpoints, type Services } from './endpoint.ts';
import { factorEndpoints } from './factors.ts';
import { generateLinkEndpoints } from './generate-link.ts';
import { healthEndpoints } from './health.ts';
import { inviteEndpoints } from './invite.ts';
import { jwksEndpoints } from './jwks.ts';
import { logoutEndpoints } from './logout.ts';
import type { AuthServerNeeds, Caller } from './needs.ts';
import { passkeyRegistrationEndpoints } from './passkey-registration.ts';
import { passkeySignInEndpoints } from './passkey-sign-in.ts';
import { passkeyEndpoints } from './passkeys.ts';
import { errorResponse, ProtocolError, refusalOf, unexpectedFailure } from './protocol-error.ts';
import { reauthenticateEndpoints } from './reauthenticate.ts';
import { recoveryCodeEndpoints } from './recovery-codes.ts';
import { resendEndpoints } from './resend.ts';
import { settingsEndpoints } from './settings.ts';
import { signupEndpoints } from './signup.ts';
import { tokenEndpoints } from './token.ts';
import { userEndpoints } from './user.ts';
import { identityEndpoints } from './user-identities.ts';
import { verifyEndpoints } from './verify.ts';

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
  identityEndpoints,
  authorizeEndpoints,
  callbackEndpoints,
  logoutEndpoints,
  adminUserListEndpoints,
  adminUserEndpoints,
  recoveryCodeEndpoints,
  factorEndpoints,
  adminFactorEndpoints,
  passkeySignInEndpoints,
  passkeyRegistrationEndpoints,
  passkeyEndpoints,
  adminPasskeyEndpoints,
];

export function createAuthServer(needs: AuthServerNeeds): AuthServer {
  const { keys, settings, clock, log } = needs;
  const tokens = createTokenVerifier({ keys, issuer: settings.issuer, audience: 'authenticated', clock });
  const services: Services = { ...needs, tokens };

  const app = newEndpoints().basePath('/auth/v1');
  app.use(async (call, next) => {
    call.header('cache-control', 'no-store');
    call.set('client', await clientOf(services, call.req.raw, call.env));
    await next();
  });
  for (const family of FAMILIES) app.route('/', family(services));
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
