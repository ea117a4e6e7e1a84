import { signAccessToken } from '../adapters/tokens/access-token.ts';
import type { Call, Services } from './endpoint.ts';
import type { SessionFacts } from './session-row.ts';
import { type FullUserRow, fullUserJson } from './user-row.ts';

export interface Grant {
  user: FullUserRow;
  session: SessionFacts;
  refreshToken: string;
  /** Sent beside the tokens, for whoever reads logs. Never a whole token of version 1: it is all there is to it. */
  trace: Record<string, string>;
  weakPassword?: { message: string; reasons: string[] } | null;
}

/** What every way of signing in answers: tokens, with the person as they are now. */
export async function answerSession(services: Services, call: Call, grant: Grant): Promise<Response> {
  const { user, session, refreshToken, trace, weakPassword } = grant;
  const { keys, settings, clock } = services;
  const issuedAt = Math.floor(clock().getTime() / 1000);
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
  for (const [name, value] of Object.entries(headers)) call.header(name, value);
  return call.json({
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: settings.accessTokenTtlSeconds,
    expires_at: expiresAt,
    refresh_token: refreshToken,
    user: fullUserJson(user),
    ...(weakPassword && { weak_password: weakPassword }),
  });
}
