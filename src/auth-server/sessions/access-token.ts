/** The access token of a session: what it says, and who may add to it. */
import { signAccessToken } from '../../adapters/tokens/access-token.ts';
import type { Client } from '../protocol/client.ts';
import type { Services } from '../protocol/endpoint.ts';
import { ProtocolError } from '../protocol/protocol-error.ts';
import { customizeClaims } from './custom-claims.ts';
import type { Grant } from './grant.ts';

export interface AccessToken {
  text: string;
  /** In seconds since 1970. */
  expiresAt: number;
}

/** For a token that somebody else acts with (RFC 8693, 4.1). */
export interface InStead {
  actor: { sub: string; session_id: string };
  ttlSeconds: number;
}

/** It rides in a header, beside others, and Node takes 16 KiB of headers in all. */
const MAX_CUSTOM_TOKEN_LENGTH = 12_288;

/**
 * @param inStead left out where the person acts for themselves
 * @throws {ProtocolError} what the custom access token hook says, or what became of it
 */
export async function accessTokenOf(
  services: Services,
  client: Client,
  { user, session, issuedAt, method }: Pick<Grant, 'user' | 'session' | 'issuedAt' | 'method'>,
  inStead?: InStead,
): Promise<AccessToken> {
  const { keys, settings, hooks } = services;
  const iat = Math.floor(issuedAt.getTime() / 1000);
  const claims = {
    iss: settings.issuer,
    sub: user.id,
    aud: user.aud || 'authenticated',
    exp: iat + (inStead?.ttlSeconds ?? settings.accessTokenTtlSeconds),
    iat,
    email: user.email ?? '',
    phone: user.phone ?? '',
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    role: user.role || 'authenticated',
    aal: session.aal,
    amr: session.amr,
    session_id: session.id,
    is_anonymous: user.is_anonymous,
    ...(inStead && { act: inStead.actor }),
  };
  const signed = await customizeClaims(services, client, claims, method ?? session.amr[0]?.method ?? '');
  const text = await signAccessToken(keys, signed);
  if (text.length > MAX_CUSTOM_TOKEN_LENGTH && hooks.isOn('custom_access_token')) {
    services.log.error(
      { hook: 'custom_access_token', length: text.length },
      'a token has grown beyond what a header takes',
    );
    throw new ProtocolError(
      500,
      'unexpected_failure',
      'The access token has grown beyond what a header takes',
    );
  }
  return { text, expiresAt: signed.exp as number };
}
