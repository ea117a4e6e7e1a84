import { signAccessToken } from '../adapters/tokens/access-token.ts';
import type { Call, Services } from './endpoint.ts';
import type { Grant } from './grant.ts';
import { fullUserJson } from './user-row.ts';

/** What every way of signing in answers: tokens, with the person as they are now. */
export async function answerSession(services: Services, call: Call, grant: Grant): Promise<Response> {
  const { headers, body } = await sessionAnswer(services, grant);
  for (const [name, value] of Object.entries(headers)) call.header(name, value);
  return call.json(body);
}

/** The same, for ways that answer otherwise. */
export async function sessionAnswer(services: Services, grant: Grant) {
  const { user, session, refreshToken, trace, weakPassword } = grant;
  const { keys, settings, clock } = services;
  const issuedAt = secondsOf(grant.issuedAt);
  const expiresAt = issuedAt + settings.accessTokenTtlSeconds;
  const accessToken = await signAccessToken(keys, {
    iss: settings.issuer,
    sub: user.id,
    aud: user.aud || 'authenticated',
    exp: expiresAt,
    iat: issuedAt,
    email: user.email ?? '',
    phone: user.phone ?? '',
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    role: user.role || 'authenticated',
    aal: session.aal,
    amr: session.amr,
    session_id: session.id,
    is_anonymous: user.is_anonymous,
  });
  const headers = { 'sb-auth-user-id': user.id, 'sb-auth-session-id': session.id, ...trace };
  const body = {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: expiresAt - secondsOf(clock()),
    expires_at: expiresAt,
    refresh_token: refreshToken,
    user: fullUserJson(user),
    ...(weakPassword && { weak_password: weakPassword }),
  };
  return { headers, body };
}

const secondsOf = (time: Date) => Math.floor(time.getTime() / 1000);
