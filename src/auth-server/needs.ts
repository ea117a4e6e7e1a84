/** What the auth server needs from outside, and who may call it. */
import type { Logger } from 'pino';
import type { PasswordHasher } from '../adapters/passwords/password-hasher.ts';
import type { Database } from '../adapters/postgres/database.ts';
import type { SigningKeys } from '../adapters/tokens/signing-keys.ts';

export interface AuthServerSettings {
  /** The `iss` of access tokens: the public address of `/auth/v1`. */
  issuer: string;
  accessTokenTtlSeconds: number;
  /** A session nobody refreshes for so long is over. */
  refreshTokenTtlSeconds: number;
  /** Whether an address must be confirmed before its first sign-in. */
  emailConfirmation: boolean;
  signupEnabled: boolean;
  /** Argon2id takes passwords of up to 256 characters; bcrypt sees no more than 72 bytes, so longer ones are refused then. */
  passwordHash: 'argon2id' | 'bcrypt';
  /** Whether a new password or address asks for the current password, so that a borrowed access token cannot take an account over. */
  requireCurrentPassword: boolean;
}

/** Who calls. `process` is Limen itself, whose rules have counted the attempt already; `socket` is anybody. */
export interface Caller {
  address: string;
  userAgent: string | null;
  requestId: string;
  via: 'process' | 'socket';
}

/** Counts attempts at credentials; the same limiter that the GraphQL rules use, so that nobody gets two budgets. */
export interface Attempts {
  attempt(
    kind: 'signup' | 'login' | 'refresh' | 'password',
    subject: { address: string; account?: string },
  ): Promise<{ retryAfterSeconds: number } | null>;
  succeeded(
    kind: 'signup' | 'login' | 'refresh' | 'password',
    subject: { address: string; account?: string },
  ): Promise<void>;
  /** The attempt was not made after all: uncounts this one, and forgets nothing else. */
  takeBack(
    kind: 'signup' | 'login' | 'refresh' | 'password',
    subject: { address: string; account?: string },
  ): Promise<void>;
}

/** Told after the commit of whatever makes a token in use out of date. */
export interface Changes {
  userChanged(userId: string): void;
  sessionEnded(sessionId: string): void;
}

export interface AuthServerNeeds {
  database: Database;
  keys: SigningKeys;
  passwords: PasswordHasher;
  clock: () => Date;
  settings: AuthServerSettings;
  changes: Changes;
  attempts: Attempts;
  log: Logger;
}
