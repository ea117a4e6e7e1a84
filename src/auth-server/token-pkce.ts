/** `grant_type=pkce`: the code that a link or an identity provider led to, together with the verifier that only whoever began has. */
import { z } from 'zod';
import { readBody } from './body.ts';
import { type Call, countAttempt, type Services } from './endpoint.ts';
import { exchangeAuthCode } from './flow-state.ts';
import { ProtocolError } from './protocol-error.ts';
import { answerSession } from './session-answer.ts';
import { signIn } from './sign-in.ts';
import { findUserById, isBanned } from './user-row.ts';

const Body = z.object({ auth_code: z.string().min(1), code_verifier: z.string().min(1) });

export async function grantByAuthCode(services: Services, call: Call): Promise<Response> {
  const { auth_code, code_verifier } = await readBody(call.req.raw, Body);
  await countAttempt(services, call.var.client, 'verify');
  const { database, clock } = services;
  const now = clock();
  const grant = await database.transaction(async (tx) => {
    const flow = await exchangeAuthCode(tx, { authCode: auth_code, verifier: code_verifier, now });
    const user = await findUserById(tx, flow.user_id);
    if (!user || user.deleted_at) throw notFound();
    if (isBanned(user, now)) throw new ProtocolError(400, 'user_banned', 'User is banned');
    const { client } = call.var;
    return signIn(tx, { user, method: flow.authentication_method, client, now, issuedAt: now });
  });
  if (!grant) throw notFound();
  return answerSession(services, call, grant);
}

const notFound = () =>
  new ProtocolError(404, 'flow_state_not_found', 'invalid flow state, no valid flow state found');
