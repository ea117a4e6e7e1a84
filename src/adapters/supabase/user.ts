/** Supabase Auth's user and session as the rules know them. */
import type {
  Factor as SupabaseFactor,
  Session as SupabaseSession,
  User as SupabaseUser,
  UserIdentity,
} from '@supabase/supabase-js';
import type { Account } from '../../identity/account.ts';
import { FACTOR_TYPES, type Factor } from '../../identity/factors/factor.ts';
import type { Identity } from '../../identity/identity.ts';
import type { JsonObject } from '../../identity/json.ts';
import type { Session } from '../../identity/sessions/session.ts';
import type { AssuranceLevel } from '../../identity/viewer.ts';

export function accountFromUser(user: SupabaseUser): Account {
  return {
    id: user.id,
    email: user.email || null,
    phone: user.phone || null,
    isAnonymous: user.is_anonymous ?? false,
    appMetadata: (user.app_metadata ?? {}) as JsonObject,
    userMetadata: (user.user_metadata ?? {}) as JsonObject,
    record: {
      emailConfirmedAt: dateOrNull(user.email_confirmed_at),
      phoneConfirmedAt: dateOrNull(user.phone_confirmed_at),
      newEmail: user.new_email || null,
      newPhone: user.new_phone || null,
      createdAt: new Date(user.created_at),
      updatedAt: new Date(user.updated_at ?? user.created_at),
      lastSignInAt: dateOrNull(user.last_sign_in_at),
      deletedAt: dateOrNull(user.deleted_at),
      databaseRole: user.role || null,
      bannedUntil: dateOrNull(user.banned_until),
      factors: (user.factors ?? []).flatMap(factorFromSupabase),
      identities: (user.identities ?? []).map(identityFromSupabase),
    },
  };
}

export function sessionFromSupabase(session: SupabaseSession): Session {
  return {
    accessToken: session.access_token,
    refreshToken: session.refresh_token,
    tokenType: session.token_type,
    expiresIn: session.expires_in,
    expiresAt: session.expires_at
      ? new Date(session.expires_at * 1000)
      : new Date(Date.now() + session.expires_in * 1000),
    account: accountFromUser(session.user),
    ...claimsOf(session.access_token),
    providerToken: session.provider_token ?? null,
    providerRefreshToken: session.provider_refresh_token ?? null,
  };
}

function identityFromSupabase(identity: UserIdentity): Identity {
  const { email } = identity.identity_data ?? {};
  return {
    id: identity.identity_id,
    provider: identity.provider,
    email: typeof email === 'string' && email !== '' ? email : null,
    createdAt: dateOrNull(identity.created_at),
    lastSignInAt: dateOrNull(identity.last_sign_in_at),
  };
}

/** Kinds that nobody here knows yet are left out. */
function factorFromSupabase(factor: SupabaseFactor & { last_challenged_at?: string | null }): Factor[] {
  const type = FACTOR_TYPES.find((known) => known === factor.factor_type);
  if (!type) return [];
  return [
    {
      id: factor.id,
      name: factor.friendly_name || null,
      type,
      isVerified: factor.status === 'verified',
      createdAt: new Date(factor.created_at),
      lastChallengedAt: dateOrNull(factor.last_challenged_at ?? undefined),
    },
  ];
}

/** Of a token that comes from the server itself: there is nothing to verify. */
function claimsOf(accessToken: string): Pick<Session, 'sessionId' | 'assuranceLevel'> {
  const payload = Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString();
  const { session_id, aal } = JSON.parse(payload) as { session_id?: string; aal?: AssuranceLevel };
  return { sessionId: session_id ?? '', assuranceLevel: aal ?? 'aal1' };
}

const dateOrNull = (value: string | undefined) => (value ? new Date(value) : null);
