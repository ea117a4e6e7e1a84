/** `grant_type=pkce`: the code that a link or an identity provider led to, together with the verifier that only whoever began has. */
import { z } from 'zod';
import { exchangeAuthCode } from '../links/flow-state.ts';
import { readBody } from '../protocol/body.ts';
import { type Call, countAttempt, type Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { answerSession } from '../sessions/session-answer.ts';
import { signIn } from '../sessions/sign-in.ts';
import { refusalOfDuplicate } from '../users/user-change.ts';
import { isBanned } from '../users/user-row.ts';
import { finishOAuthFlow } from './oauth-exchange.ts';

const Body = z.object({ auth_code: z.string().min(1), code_verifier: z.string().min(1) });

export async function grantByAuthCode(services: Services, call: Call): Promise<Response> {
  const { auth_code, code_verifier } = await readBody(call.req.raw, Body);
  await countAttempt(services, call.var.client, 'verify');
  const { database, clock } = services;
  const { client } = call.var;
  const now = clock();
  const { grant, linked } = await database
    .transaction(async (tx) => {
      const flow = await exchangeAuthCode(tx, { authCode: auth_code, verifier: code_verifier, now });
      const { user, linked, providerTokens } = await finishOAuthFlow(services, tx, client, flow, now);
      if (!user || user.deleted_at) throw notFound();
      if (isBanned(user, now)) throw new ProtocolError(400, 'user_banned', 'User is banned');
      const method = flow.authentication_method;
      const grant = await signIn(tx, { user, method, client, now, issuedAt: now });
      return { grant: grant && { ...grant, ...(providerTokens && { providerTokens }) }, linked };
    })
    .catch((error) => {
      throw refusalOfDuplicate(error);
    });
  if (!grant) throw notFound();
  if (linked) {
    services.outbox.wake();
    services.changes.userChanged(grant.user.id);
  }
  return answerSession(services, call, grant);
}

const notFound = () =>
  new ProtocolError(404, 'flow_state_not_found', 'invalid flow state, no valid flow state found');
