import { z } from 'zod';
import { readBody } from './body.ts';
import { type Call, countAttempt, type Services } from './endpoint.ts';
import { validationFailed } from './protocol-error.ts';
import { decodeRefreshToken, encodeRefreshToken, isGenuine, type RefreshToken } from './refresh-token.ts';
import { isVersion1, refreshByVersion1 } from './refresh-token-v1.ts';
import { answerSession, type Grant } from './session-answer.ts';
import {
  assertGoesOn,
  refreshTokenAlreadyUsed,
  refreshTokenNotFound,
  sessionFacts,
  TOUCH,
  touchParameters,
} from './session-refresh.ts';
import { endSession, findSession } from './session-row.ts';

const Body = z.object({ refresh_token: z.string().min(1) });

export async function grantByRefreshToken(services: Services, call: Call): Promise<Response> {
  const { refresh_token } = await readBody(call.req.raw, Body);
  await countAttempt(services, call.var.client, 'refresh');
  if (isVersion1(refresh_token)) {
    return answerSession(services, call, await refreshByVersion1(services, call, refresh_token));
  }
  const token = decodeRefreshToken(refresh_token);
  if (!token) throw validationFailed('Refresh token is not valid');
  return answerSession(services, call, await refresh(services, call, token));
}

/**
 * A token is used by moving its session's counter on from the token's own number. The one before the current may come again, since
 * its answer can be lost, and gets the current one; anything older is a copy in wrong hands, and ends the session.
 */
async function refresh(services: Services, call: Call, token: RefreshToken): Promise<Grant> {
  const { database, clock, changes } = services;
  const session = await findSession(database, token.sessionId);
  const key = session?.refresh_token_hmac_key ?? null;
  if (!session || !key || !isGenuine(token, key)) throw refreshTokenNotFound();
  const now = clock();
  await assertGoesOn(services, session, now);

  const current = session.refresh_token_counter ?? 0;
  const age = current - token.counter;
  if (age < 0) throw refreshTokenNotFound();
  if (age > 1) {
    await endSession(database, token.sessionId);
    changes.sessionEnded(token.sessionId);
    throw refreshTokenAlreadyUsed();
  }
  if (age === 0) {
    const moved = await database.query(
      `update auth.sessions set refresh_token_counter = refresh_token_counter + 1, ${TOUCH}
       where id = $4 and refresh_token_counter = $5 returning id`,
      [...touchParameters(call.var.client, now), token.sessionId, token.counter],
    );
    // Somebody else was faster, or the session ended: the row says which, and the counter has moved on.
    if (moved.length === 0) return refresh(services, call, token);
  }
  const next = token.counter + 1;
  return {
    user: session,
    session: sessionFacts(session),
    refreshToken: encodeRefreshToken(token.sessionId, next, key),
    trace: {
      'sb-auth-refresh-token-counter': String(next),
      ...(age === 0
        ? { 'sb-auth-refresh-token-rotated': 'true' }
        : { 'sb-auth-refresh-token-reuse': 'true' }),
    },
  };
}
