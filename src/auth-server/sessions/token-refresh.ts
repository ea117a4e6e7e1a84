import { z } from 'zod';
import { readBody } from '../protocol/body.ts';
import { type Call, countAttempt, type Services } from '../protocol/endpoint.ts';
import { validationFailed } from '../protocol/protocol-error.ts';
import { type Grant, inRounds } from './grant.ts';
import { decodeRefreshToken, encodeRefreshToken, isGenuine, type RefreshToken } from './refresh-token.ts';
import { isVersion1, refreshByVersion1 } from './refresh-token-v1.ts';
import { answerSession } from './session-answer.ts';
import {
  assertGoesOn,
  MAY_GO_ON,
  refreshTokenAlreadyUsed,
  refreshTokenNotFound,
  sessionFacts,
  TOUCH,
  touchParameters,
} from './session-refresh.ts';
import { endSession, findSession, SESSION_COLUMNS, type SessionRow } from './session-row.ts';

const Body = z.object({ refresh_token: z.string().min(1) });

export async function grantByRefreshToken(services: Services, call: Call): Promise<Response> {
  const { refresh_token } = await readBody(call.req.raw, Body);
  await countAttempt(services, call.var.client, 'refresh');
  const grant = await inRounds(roundOf(services, call, refresh_token));
  return answerSession(services, call, grant);
}

function roundOf(services: Services, call: Call, text: string): () => Promise<Grant | null> {
  if (isVersion1(text)) return () => refreshByVersion1(services, call, text);
  const token = decodeRefreshToken(text);
  if (!token) throw validationFailed('Refresh token is not valid');
  return () => refresh(services, call, token);
}

/**
 * A token is used by moving its session's counter on from the token's own number. The one before the current may come again, since
 * its answer can be lost, and gets the current one; anything older is a copy in wrong hands, and ends the session. Null when somebody
 * else was faster, or the session or its person may no longer go on: the row says which, in the next round.
 */
async function refresh(services: Services, call: Call, token: RefreshToken): Promise<Grant | null> {
  const { database, clock, changes } = services;
  const now = clock();
  const session = await findSession(database, token.sessionId);
  const key = session?.refresh_token_hmac_key ?? null;
  if (!session || !key || !isGenuine(token, key)) throw refreshTokenNotFound();
  await assertGoesOn(services, call.var.client, session, now);

  const current = session.refresh_token_counter ?? 0;
  const age = current - token.counter;
  if (age < 0) throw refreshTokenNotFound();
  if (age > 1) {
    const { id: userId } = session;
    await endSession(database, call.var.client, {
      id: token.sessionId,
      userId,
      reason: 'refresh_token_reused',
    });
    changes.sessionEnded(token.sessionId);
    throw refreshTokenAlreadyUsed();
  }
  const next = token.counter + 1;
  const goesOn = age === 1 ? session : await moveOn();
  if (!goesOn) return null;
  return {
    user: goesOn,
    session: sessionFacts(goesOn),
    refreshToken: encodeRefreshToken(token.sessionId, next, key),
    issuedAt: now,
    method: 'token_refresh',
    trace: {
      'sb-auth-refresh-token-counter': String(next),
      ...(age === 0
        ? { 'sb-auth-refresh-token-rotated': 'true' }
        : { 'sb-auth-refresh-token-reuse': 'true' }),
    },
  };

  async function moveOn(): Promise<SessionRow | undefined> {
    const [moved] = await database.query<SessionRow>(
      `update auth.sessions set refresh_token_counter = $5, ${TOUCH} from auth.users
       where sessions.id = $4 and coalesce(refresh_token_counter, 0) = $6
         and users.id = sessions.user_id and ${MAY_GO_ON}
       returning ${SESSION_COLUMNS}`,
      [...touchParameters(call.var.client, now), token.sessionId, next, token.counter],
    );
    return moved;
  }
}
