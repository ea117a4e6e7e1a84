import type { ProviderTokens } from '../../adapters/oauth/provider.ts';
import type { Queryable } from '../../adapters/postgres/database.ts';
import type { FlowState } from '../links/flow-state.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { type FullUserRow, findUserById } from '../users/user-row.ts';
import { linkProvider } from './link-provider.ts';
import { forgetOAuthFlow } from './oauth-flow.ts';

/**
 * Whom a flow signs in whose code was just exchanged. A link that somebody asked for is made only here: the verifier shows that whoever
 * asked is whoever the provider sent back. Made at the callback, it would give an attacker's account the provider of whoever could be
 * brought to open the attacker's link.
 *
 * @throws {ProtocolError} what `linkProvider` does
 */
export async function finishOAuthFlow(
  services: Services,
  tx: Queryable,
  client: Client,
  flow: FlowState & { user_id: string },
  now: Date,
): Promise<{ user: FullUserRow | undefined; linked: boolean; providerTokens: ProviderTokens | null }> {
  if (flow.authentication_method !== 'oauth') {
    return { user: await findUserById(tx, flow.user_id), linked: false, providerTokens: null };
  }
  const waiting = await forgetOAuthFlow(tx, flow.id);
  const providerTokens = {
    accessToken: flow.provider_access_token ?? '',
    refreshToken: flow.provider_refresh_token || null,
  };
  if (!waiting) return { user: await findUserById(tx, flow.user_id), linked: false, providerTokens };
  const provider = flow.provider_type;
  const from = {
    provider,
    label: services.oauth.get(provider)?.label ?? provider,
    emailOptional: true,
    identity: waiting.identity,
    now,
  };
  const linker = { userId: flow.user_id, sessionId: waiting.sessionId };
  return { user: await linkProvider(services, tx, client, linker, from), linked: true, providerTokens };
}
