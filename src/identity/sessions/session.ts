import type { Account } from '../account.ts';
import type { AssuranceLevel } from '../viewer.ts';

/** What signing in hands out. */
export interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly tokenType: string;
  /** Seconds from when it was issued. */
  readonly expiresIn: number;
  readonly expiresAt: Date;
  readonly account: Account;
  readonly sessionId: string;
  readonly assuranceLevel: AssuranceLevel;
  /** For the API of the provider that somebody has just signed in by; null for any other sign-in. Kept nowhere. */
  readonly providerToken: string | null;
  readonly providerRefreshToken: string | null;
}

export type LogoutScope = 'local' | 'others' | 'global';
