/** Sign-ins that are at a provider: rows of `auth.flow_state`, and of `limen.oauth_flows` for what that has no place for. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { ProviderFlow, ProviderIdentity, ProviderTokens } from '../../adapters/oauth/provider.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { CodeChallenge, FlowState } from '../links/flow-state.ts';

/** How long somebody may take at the provider. */
export const STATE_TTL_SECONDS = 600;

/** Whoever asks for a link, and the session they ask in: with that the request ends as well. */
export interface Linker {
  userId: string;
  sessionId: string | null;
}

export interface NewOAuthFlow {
  provider: string;
  /** Undefined for the implicit flow: the session itself is what the application gets. */
  challenge: CodeChallenge | undefined;
  /** Where to send the person in the end; allowed already. */
  target: string;
  /** Who asks for the provider to be linked to their account; null: whoever it turns out to be signs in. */
  linkTo: Linker | null;
  /** The hash of the link's token, under which the invitation is kept too. */
  inviteHash: string | null;
  /** What only the browser knows that begins it; null where any may end it. */
  browserSecret: string | null;
}

/** Begins a flow, and forgets those that nobody came back to. */
export async function startOAuthFlow(tx: Queryable, flow: NewOAuthFlow, now: Date): Promise<ProviderFlow> {
  const state = randomUUID();
  const [nonce, codeVerifier] = [randomSecret(), randomSecret()];
  const forgotten = new Date(now.getTime() - 2 * STATE_TTL_SECONDS * 1000);
  await tx.query(
    `with old as (
       select id from limen.oauth_flows where created_at < $11 limit 100 for update skip locked
     ), forgotten as (
       delete from limen.oauth_flows using old where oauth_flows.id = old.id
     ), forgotten_too as (
       delete from auth.flow_state using old where flow_state.id = old.id
     ), begun as (
       insert into auth.flow_state (id, user_id, auth_code, code_challenge_method, code_challenge, provider_type,
         provider_access_token, provider_refresh_token, created_at, updated_at, authentication_method,
         referrer, linking_target_id, invite_token)
       values ($1, null, $2, $3::text::auth.code_challenge_method, $4, $5, '', '', $6, $6, 'oauth', $7, $8, $9)
     )
     insert into limen.oauth_flows (id, nonce, code_verifier, browser_hash, link_session_id, created_at)
     values ($1, $12, $13, $10, $14, $6)`,
    [
      state,
      randomUUID(),
      flow.challenge?.method ?? null,
      flow.challenge?.challenge ?? null,
      flow.provider,
      now,
      flow.target,
      flow.linkTo?.userId ?? null,
      flow.inviteHash,
      flow.browserSecret && hashOf(flow.browserSecret),
      forgotten,
      nonce,
      codeVerifier,
      flow.linkTo?.sessionId ?? null,
    ],
  );
  return { state, nonce, codeVerifier };
}

export interface ReturningFlow extends FlowState {
  nonce: string;
  code_verifier: string;
  link_session_id: string | null;
}

/**
 * The flow that a callback belongs to: a state counts once, and in the browser that began it. Undefined for any other, which loses nothing by it.
 * @param browserSecret of the cookie; null without one
 */
export async function spendState(
  tx: Queryable,
  { state, browserSecret, now }: { state: string; browserSecret: string | null; now: Date },
): Promise<ReturningFlow | undefined> {
  const [flow] = await tx.query<ReturningFlow>(
    `with used as (
       update limen.oauth_flows set used_at = $2
       where id = $1 and used_at is null and created_at > $3 and (browser_hash is null or browser_hash = $4)
       returning id, nonce, code_verifier, link_session_id
     )
     select flow_state.*, used.nonce, used.code_verifier, used.link_session_id from used join auth.flow_state on flow_state.id = used.id`,
    [state, now, new Date(now.getTime() - STATE_TTL_SECONDS * 1000), browserSecret && hashOf(browserSecret)],
  );
  return flow;
}

/** Where to send whoever comes back with a state that was used or is too old; null for a state that nobody was given. */
export async function targetOfState(tx: Queryable, state: string): Promise<string | null> {
  const [flow] = await tx.query<{ referrer: string | null }>(
    `select referrer from auth.flow_state where id = $1 and authentication_method = 'oauth'`,
    [state],
  );
  return flow?.referrer ?? null;
}

/**
 * The code for the application, which exchanges it for a session.
 * @param identity to be linked when the code is exchanged; null where the sign-in is done
 */
export async function issueOAuthCode(
  tx: Queryable,
  {
    flowId,
    userId,
    tokens,
    identity,
    now,
  }: {
    flowId: string;
    userId: string;
    tokens: ProviderTokens;
    identity: ProviderIdentity | null;
    now: Date;
  },
): Promise<string> {
  const [flow] = await tx.query<{ auth_code: string }>(
    `with waiting as (update limen.oauth_flows set identity = $6::jsonb where id = $1)
     update auth.flow_state
     set user_id = $2, auth_code_issued_at = $5, updated_at = $5, provider_access_token = $3, provider_refresh_token = $4
     where id = $1 returning auth_code`,
    [flowId, userId, tokens.accessToken, tokens.refreshToken ?? '', now, identity],
  );
  if (!flow) throw new Error('A flow went away while its person came back.');
  return flow.auth_code;
}

/** Ends a flow. Answers what waited to be linked, and the session that asked for it; null where nothing did. */
export async function forgetOAuthFlow(
  tx: Queryable,
  flowId: string,
): Promise<{ identity: ProviderIdentity; sessionId: string | null } | null> {
  const [flow] = await tx.query<{ identity: ProviderIdentity | null; link_session_id: string | null }>(
    `with over as (delete from auth.flow_state where id = $1)
     delete from limen.oauth_flows where id = $1 returning identity, link_session_id`,
    [flowId],
  );
  return flow?.identity ? { identity: flow.identity, sessionId: flow.link_session_id } : null;
}

export const randomSecret = () => randomBytes(32).toString('base64url');

const hashOf = (secret: string) => createHash('sha256').update(secret).digest('base64url');
