import type { Client } from '../protocol/client.ts';
import type { Call, Services } from '../protocol/endpoint.ts';
import { fullUserJson } from '../users/user-row.ts';
import { type AccessToken, accessTokenOf } from './access-token.ts';
import type { Grant } from './grant.ts';
import { endSession } from './session-row.ts';

/** What every way of signing in answers: tokens, with the person as they are now. See `sessionAnswer`. */
export async function answerSession(
  services: Services,
  call: Call,
  grant: Grant,
  madeBefore: AccessToken | null = null,
): Promise<Response> {
  const { headers, body } = await sessionAnswer(services, call.var.client, grant, madeBefore);
  for (const [name, value] of Object.entries(headers)) call.header(name, value);
  return call.json(body);
}

/**
 * The same, for ways that answer otherwise.
 * @param madeBefore the access token, where a hook had to be asked before the session was what it says: see `tokenOfRaised`
 * @throws {ProtocolError} what the custom access token hook says; a session that just began is then over again
 */
export async function sessionAnswer(
  services: Services,
  client: Client,
  grant: Grant,
  madeBefore: AccessToken | null = null,
) {
  const { user, session, refreshToken, trace, weakPassword, providerTokens } = grant;
  const accessToken = madeBefore ?? (await accessTokenFor(services, client, grant));
  const headers = { 'sb-auth-user-id': user.id, 'sb-auth-session-id': session.id, ...trace };
  const body = {
    access_token: accessToken.text,
    token_type: 'bearer',
    expires_in: accessToken.expiresAt - Math.floor(services.clock().getTime() / 1000),
    expires_at: accessToken.expiresAt,
    refresh_token: refreshToken,
    user: fullUserJson(user),
    ...(weakPassword && { weak_password: weakPassword }),
    ...(providerTokens && { provider_token: providerTokens.accessToken }),
    ...(providerTokens?.refreshToken && { provider_refresh_token: providerTokens.refreshToken }),
  };
  return { headers, body };
}

async function accessTokenFor(services: Services, client: Client, grant: Grant): Promise<AccessToken> {
  try {
    return await accessTokenOf(services, client, grant);
  } catch (error) {
    // Nobody has its tokens, and a session that nobody has must not count as the newest, or be listed.
    if (grant.isNewSession) {
      const { user, session } = grant;
      await endSession(services.database, client, {
        id: session.id,
        userId: user.id,
        reason: 'refused_by_hook',
      });
    }
    throw error;
  }
}
