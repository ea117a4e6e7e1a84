import type { Client } from './client.ts';
import { RateLimitedError } from './errors.ts';

/** What an attempt may be limited by: where it comes from, and whom it is about. */
export interface AttemptSubject {
  /** The client's address, as far as the configured proxies are believed. */
  address: string;
  /** A normalized e-mail address; whether anybody owns it must make no difference. */
  account?: string;
}

export type AttemptKind = 'signup' | 'login' | 'refresh' | 'password';

/** Counts attempts at credentials. Shared by every instance that shares a database. */
export interface AttemptLimiter {
  /** Counts one attempt. Null when it may go on, otherwise how long to wait. */
  attempt(kind: AttemptKind, subject: AttemptSubject): Promise<{ retryAfterSeconds: number } | null>;
  /** The attempt turned out right: what counted against the account is forgotten, what counted against the address is not. */
  succeeded(kind: AttemptKind, subject: AttemptSubject): Promise<void>;
}

/** Counts one attempt of a request's client. @throws {RateLimitedError} */
export async function countAttempt(
  { attempts, client }: { attempts: AttemptLimiter; client: Client },
  kind: AttemptKind,
  account?: string,
): Promise<AttemptSubject> {
  const subject = { address: client.address, ...(account !== undefined && { account }) };
  const wait = await attempts.attempt(kind, subject);
  if (wait) throw new RateLimitedError(wait.retryAfterSeconds);
  return subject;
}
