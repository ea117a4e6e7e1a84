/** `POST /token`: every way to a session has a file of its own, named by its `grant_type`. */
import { type Call, type Endpoints, newEndpoints, type Services } from '../protocol/endpoint.ts';
import { validationFailed } from '../protocol/protocol-error.ts';
import { grantByIdToken } from '../providers/token-id-token.ts';
import { grantByAuthCode } from '../providers/token-pkce.ts';
import { grantByPassword } from './token-password.ts';
import { grantByRefreshToken } from './token-refresh.ts';

const GRANTS = new Map<string | undefined, (services: Services, call: Call) => Promise<Response>>([
  ['password', grantByPassword],
  ['refresh_token', grantByRefreshToken],
  ['pkce', grantByAuthCode],
  ['id_token', grantByIdToken],
]);

export function tokenEndpoints(services: Services): Endpoints {
  return newEndpoints().post('/token', (call) => {
    const grant = GRANTS.get(call.req.query('grant_type'));
    if (!grant) throw validationFailed('unsupported_grant_type');
    return grant(services, call);
  });
}
