/** What the auth server needs from outside, and who may call it. */
import type { Logger } from 'pino';
import type { Outbox } from '../adapters/mail/outbox.ts';
import type { PasswordHasher } from '../adapters/passwords/password-hasher.ts';
import type { Database } from '../adapters/postgres/database.ts';
import type { SigningKeys } from '../adapters/tokens/signing-keys.ts';
import type { AttemptLimiter } from '../identity/attempts.ts';
import type { ChangeSink } from '../identity/changes.ts';
import type { Client } from '../identity/client.ts';
import type { Clock } from '../identity/clock.ts';
import type { RedirectSettings } from './redirect.ts';

export interface AuthServerSettings extends RedirectSettings {
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
export interface Caller extends Client {
  via: 'process' | 'socket';
}

export interface AuthServerNeeds {
  database: Database;
  keys: SigningKeys;
  passwords: PasswordHasher;
  outbox: Outbox;
  clock: Clock;
  settings: AuthServerSettings;
  changes: ChangeSink;
  /** The same limiter that the GraphQL rules use, so that nobody gets two budgets. */
  attempts: AttemptLimiter;
  log: Logger;
}
