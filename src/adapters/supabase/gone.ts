/** The token, its session or its person is over: for whoever holds the token these are one and the same. */
import { type AuthError, isAuthSessionMissingError } from '@supabase/supabase-js';

export const isGone = (error: AuthError) =>
  isAuthSessionMissingError(error) || GONE_CODES.has(error.code ?? '');

/** `session_not_found` auth-js turns into a class without a code. */
export const GONE_CODES: ReadonlySet<string> = new Set([
  'session_not_found',
  'user_not_found',
  'user_banned',
  'bad_jwt',
  'no_authorization',
]);
