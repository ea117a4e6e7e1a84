/** Supabase Auth's user and session as the rules know them. */
import type { Session as SupabaseSession, User as SupabaseUser } from '@supabase/supabase-js';
import type { Account } from '../../identity/account.ts';
import type { JsonObject } from '../../identity/json.ts';
import type { Session } from '../../identity/session.ts';

export function accountFromUser(user: SupabaseUser): Account {
  return {
    id: user.id,
    email: user.email || null,
    appMetadata: (user.app_metadata ?? {}) as JsonObject,
    userMetadata: (user.user_metadata ?? {}) as JsonObject,
    record: {
      emailConfirmedAt: dateOrNull(user.email_confirmed_at),
      createdAt: new Date(user.created_at),
      updatedAt: new Date(user.updated_at ?? user.created_at),
      lastSignInAt: dateOrNull(user.last_sign_in_at),
      bannedUntil: dateOrNull(user.banned_until),
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
  };
}

const dateOrNull = (value: string | undefined) => (value ? new Date(value) : null);
