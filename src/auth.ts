/** Where people live, who checks their passwords, and who signs: the embedded server, or Supabase. */
import type { Logger } from 'pino';
import type { Mail } from './adapters/mail/mail.ts';
import type { Mirror } from './adapters/mirror/mirror.ts';
import type { Database } from './adapters/postgres/database.ts';
import type { SigningKeys, VerifyingKeys } from './adapters/tokens/signing-keys.ts';
import type { AuthServer } from './auth-server/auth-server.ts';
import type { AttemptLimiter } from './identity/attempts.ts';
import type { AuditRecorder } from './identity/audit/audit-event.ts';
import type { AuthBackend } from './identity/auth-backend.ts';
import type { ChangeLog } from './identity/changes.ts';
import type { Client } from './identity/client.ts';
import type { Clock } from './identity/clock.ts';
import type { EraseAccount } from './identity/own-account/account-deletion.ts';

/** What the application has before it knows where people live. */
export interface Shared {
  database: Database;
  attempts: AttemptLimiter;
  changes: ChangeLog;
  audit: AuditRecorder;
  clock: Clock;
  log: Logger;
}

export interface Auth {
  /** Acts on behalf of a client. */
  authFor: (client: Client) => AuthBackend;
  keys: VerifyingKeys;
  signingKeys: SigningKeys | null;
  issuer: string | null;
  server: AuthServer | null;
  mail: Mail | null;
  /** What Supabase's webhooks bring along; null where none come. */
  webhookSecret: string | null;
  mirror: Mirror | null;
  /** Null where only the protocol can delete. */
  eraseAccount: EraseAccount | null;
  isReady: () => Promise<void>;
}
