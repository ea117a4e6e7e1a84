/** `/callback`: where a provider sends people back to, by a redirect or, as Apple does, by a form. */

import { z } from 'zod';
import { ProviderRefusalError, ProviderUnavailableError } from '../../adapters/oauth/provider.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import { isUuid } from '../../identity/uuid.ts';
import { noteRefusal } from '../audit/refusals.ts';
import { readForm } from '../protocol/body.ts';
import type { Client } from '../protocol/client.ts';
import {
  type Call,
  countAttempt,
  type Endpoints,
  newEndpoints,
  type Services,
} from '../protocol/endpoint.ts';
import { ProtocolError, refusalOf } from '../protocol/protocol-error.ts';
import {
  asRedirectError,
  redirectWithCode,
  redirectWithError,
  redirectWithSession,
} from '../protocol/redirect-answer.ts';
import { LostRound } from '../sessions/grant.ts';
import { sessionAnswer } from '../sessions/session-answer.ts';
import { signIn } from '../sessions/sign-in.ts';
import type { AdmittedUser } from '../sign-up/admitted-user.ts';
import { refusalOfDuplicate } from '../users/user-change.ts';
import { PROVIDER_DOWN } from './authorize.ts';
import { browserSecret } from './browser-cookie.ts';
import { assertLinkable, linkProvider } from './link-provider.ts';
import {
  forgetOAuthFlow,
  issueOAuthCode,
  type ReturningFlow,
  spendState,
  targetOfState,
} from './oauth-flow.ts';
import { assertInvited, type FromProvider, opening, openProviderAccount } from './provider-account.ts';

export function callbackEndpoints(services: Services): Endpoints {
  return newEndpoints()
    .get('/callback', (call) => {
      // A look at the address must not use it up.
      if (call.req.method === 'HEAD') return call.body(null);
      return comeBack(services, call, new URL(call.req.url).searchParams);
    })
    .post('/callback', async (call) => {
      const form = await readForm(call.req.raw, Form);
      return comeBack(services, call, new URLSearchParams(form));
    });
}

const Form = z.record(z.string(), z.string());

/** Whatever the provider or the person does, the person ends up at the application, which learns what became of it. */
async function comeBack(services: Services, call: Call, answer: URLSearchParams): Promise<Response> {
  const { database, settings, clock, log } = services;
  await countAttempt(services, call.var.client, 'oauth');
  const state = answer.get('state') ?? '';
  const secrets = [false, true].map((answersByForm) =>
    browserSecret(call, { issuer: settings.issuer, answersByForm }),
  );
  const flow = isUuid(state) ? await spendEither(database, state, secrets, clock()) : undefined;
  if (!flow) {
    noteRefusal(call, { status: 400, code: BAD_STATE.code });
    const target = isUuid(state) ? await targetOfState(database, state) : null;
    return redirectWithError(target ?? settings.siteUrl, BAD_STATE);
  }
  const target = flow.referrer ?? settings.siteUrl;
  try {
    return await finish(services, call, flow, target, answer);
  } catch (error) {
    if (error instanceof ProviderUnavailableError || error instanceof ProviderRefusalError) {
      log.warn({ provider: flow.provider_type, reason: error.message }, 'sign-in by a provider failed');
    }
    if (error instanceof ProviderUnavailableError) return redirectWithError(target, PROVIDER_DOWN);
    if (error instanceof ProviderRefusalError) {
      noteRefusal(call, { status: 400, code: 'bad_oauth_callback' });
      return redirectWithError(target, refusalFrom(answer));
    }
    const refusal = refusalOf(refusalOfDuplicate(error));
    if (!refusal) throw error;
    noteRefusal(call, refusal);
    return redirectWithError(target, asRedirectError(refusal));
  }
}

/** The cookie has two names, by the way the provider answers; which one counts the flow knows. */
async function spendEither(tx: Queryable, state: string, secrets: (string | null)[], now: Date) {
  for (const browserSecret of new Set(secrets)) {
    const flow = await spendState(tx, { state, browserSecret, now });
    if (flow) return flow;
  }
  return undefined;
}

const BAD_STATE = {
  error: 'invalid_request',
  code: 'bad_oauth_state',
  description: 'OAuth state is unknown, used, expired, or of another browser',
};

/** The person who said no at the provider did so by name; all else is one and the same to the application. */
function refusalFrom(answer: URLSearchParams) {
  const error = answer.get('error') ?? '';
  const isNamed = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,64}$/.test(error);
  return {
    error: isNamed ? error : 'server_error',
    code: isNamed ? undefined : 'bad_oauth_callback',
    description: isNamed
      ? (answer.get('error_description')?.slice(0, 256) ?? 'The provider refused')
      : 'Unable to exchange external code',
  };
}

async function finish(
  services: Services,
  call: Call,
  flow: ReturningFlow,
  target: string,
  answer: URLSearchParams,
): Promise<Response> {
  const { database, clock } = services;
  const provider = services.oauth.get(flow.provider_type);
  if (!provider) throw new ProtocolError(400, 'provider_disabled', 'Provider is not enabled');
  const { identity, tokens } = await provider.exchange(answer, {
    state: flow.id,
    nonce: flow.nonce,
    codeVerifier: flow.code_verifier,
  });
  const issuedAt = clock();
  const from = {
    provider: provider.name,
    label: provider.label,
    emailOptional: provider.emailOptional,
    identity,
    now: issuedAt,
  };
  if (flow.linking_target_id && flow.code_challenge) {
    return database.transaction(async (tx) => {
      // Told now, where it is known already; whether it is so still, the exchange will say.
      await assertLinkable(tx, flow.linking_target_id!, from);
      const userId = flow.linking_target_id!;
      const code = await issueOAuthCode(tx, { flowId: flow.id, userId, tokens, identity, now: issuedAt });
      return redirectWithCode(target, code);
    });
  }
  const { user, isChanged, grant, code } = await opening(services, call.var.client, (newcomer) =>
    database.transaction(async (tx) => {
      const opened = await openFor(services, tx, call.var.client, flow, from, newcomer);
      if (!opened) throw new LostRound();
      if (flow.code_challenge) {
        const { id: userId } = opened.user;
        const code = await issueOAuthCode(tx, {
          flowId: flow.id,
          userId,
          tokens,
          identity: null,
          now: issuedAt,
        });
        return { ...opened, code, grant: null };
      }
      await forgetOAuthFlow(tx, flow.id);
      const grant = await signIn(tx, {
        user: opened.user,
        method: 'oauth',
        client: call.var.client,
        now: issuedAt,
        issuedAt,
      });
      if (!grant) throw new LostRound();
      return { ...opened, code: null, grant: { ...grant, providerTokens: tokens } };
    }),
  );
  services.outbox.wake();
  if (isChanged) services.changes.userChanged(user.id);
  if (grant) return redirectWithSession(target, (await sessionAnswer(services, call.var.client, grant)).body);
  return redirectWithCode(target, code);
}

async function openFor(
  services: Services,
  tx: Queryable,
  client: Client,
  flow: ReturningFlow,
  from: FromProvider,
  newcomer: AdmittedUser | null,
) {
  if (flow.linking_target_id) {
    const linker = { userId: flow.linking_target_id, sessionId: flow.link_session_id };
    const user = await linkProvider(services, tx, client, linker, from);
    return { user, isChanged: true };
  }
  if (flow.invite_token) await assertInvited(tx, flow.invite_token, from);
  return openProviderAccount(services, tx, client, from, newcomer);
}
