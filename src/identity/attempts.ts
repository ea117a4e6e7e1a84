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
