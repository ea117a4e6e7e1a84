/** `grant_type=id_token`: a token of a provider that the application got by itself. */
import { z } from 'zod';
import {
  ProviderRefusalError,
  ProviderUnavailableError,
  type VerifiedIdToken,
} from '../../adapters/oauth/provider.ts';
import { noteRefusal } from '../audit/refusals.ts';
import { requirePerson } from '../protocol/bearer.ts';
import { optionalFlag, optionalText, readBody } from '../protocol/body.ts';
import { type Call, countAttempt, type Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { LostRound } from '../sessions/grant.ts';
import { answerSession } from '../sessions/session-answer.ts';
import { signIn } from '../sessions/sign-in.ts';
import { type ProofOfPerson, requireProof } from '../users/proof-of-person.ts';
import { refusalOfDuplicate } from '../users/user-change.ts';
import { linkProvider } from './link-provider.ts';
import { assertMayLink } from './manual-linking.ts';
import type { Linker } from './oauth-flow.ts';
import { opening, openProviderAccount } from './provider-account.ts';
import { spendIdToken } from './spent-id-token.ts';

const Body = z.object({
  provider: optionalText,
  id_token: z.string().min(1),
  access_token: optionalText,
  nonce: optionalText,
  link_identity: optionalFlag,
});

export async function grantByIdToken(services: Services, call: Call): Promise<Response> {
  const body = await readBody(call.req.raw, Body);
  const linking = body.link_identity ? await personWhoLinks(services, call) : null;
  await countAttempt(services, call.var.client, 'oauth');
  const provider = services.oauth.get(body.provider ?? '');
  if (!provider?.verifyIdToken) {
    throw new ProtocolError(
      400,
      'provider_disabled',
      `Provider (issuer "${body.provider ?? ''}") is not enabled`,
    );
  }
  const { database, clock, log } = services;
  let verified: VerifiedIdToken;
  try {
    verified = await provider.verifyIdToken(
      { idToken: body.id_token, nonce: body.nonce ?? null, accessToken: body.access_token ?? null },
      clock(),
    );
  } catch (error) {
    if (error instanceof ProviderUnavailableError || error instanceof ProviderRefusalError) {
      log.warn({ provider: provider.name, reason: error.message }, 'ID token refused');
    }
    if (error instanceof ProviderRefusalError) return refuse(call, DESCRIPTIONS[error.code]);
    if (!(error instanceof ProviderUnavailableError)) throw error;
    throw new ProtocolError(400, 'provider_unavailable', 'The provider is out of reach, try again later', {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }
  const { name, label, emailOptional } = provider;
  const issuedAt = clock();
  const { client } = call.var;
  const from = { provider: name, label, emailOptional, identity: verified.identity, now: issuedAt };
  const { grant, isChanged } = await opening(services, client, (newcomer) =>
    database.transaction(async (tx) => {
      if (!(await spendIdToken(tx, verified, issuedAt))) return { grant: null, isChanged: false };
      await linking?.proof.spend(tx);
      const opened = linking
        ? { user: await linkProvider(services, tx, client, linking.linker, from), isChanged: true }
        : await openProviderAccount(services, tx, client, from, newcomer);
      if (!opened) throw new LostRound();
      const grant = await signIn(tx, { user: opened.user, method: 'oauth', client, now: issuedAt, issuedAt });
      if (!grant) throw new LostRound();
      return { grant, isChanged: opened.isChanged };
    }),
  ).catch((error) => {
    throw refusalOfDuplicate(error);
  });
  if (!grant) return refuse(call, DESCRIPTIONS.refused);
  await linking?.proof.forgive();
  services.outbox.wake();
  if (isChanged) services.changes.userChanged(grant.user.id);
  return answerSession(services, call, grant);
}

/** Keys that could not be loaded are asked for again by the next sign-in. */
const RETRY_AFTER_SECONDS = 5;

async function personWhoLinks(
  services: Services,
  call: Call,
): Promise<{ linker: Linker; proof: ProofOfPerson }> {
  const bearer = await requirePerson(services, call.req.raw);
  assertMayLink(services, bearer);
  const linker = { userId: bearer.user.id, sessionId: bearer.sessionId };
  return { linker, proof: await requireProof(services, call, bearer, 'linking') };
}

const DESCRIPTIONS = {
  refused: 'Bad ID token',
  nonce_missing: 'Passed nonce and nonce in id_token should either both exist or not.',
  nonce_mismatch: 'Nonces mismatch',
};

/** As OAuth has it, and so without a code of Supabase Auth's. */
function refuse(call: Call, description: string): Response {
  noteRefusal(call, { status: 400, code: 'bad_id_token' });
  return call.json({ error: 'invalid_request', error_description: description }, 400);
}
