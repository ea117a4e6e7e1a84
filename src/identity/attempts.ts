import type { Client } from './client.ts';
import {
  EmailTakenError,
  PhoneTakenError,
  RateLimitedError,
  SamePasswordError,
  ServiceUnavailableError,
  WeakPasswordError,
} from './errors.ts';

/** What an attempt may be limited by: where it comes from, and whom it is about. */
export interface AttemptSubject {
  /** The client's address, as far as the configured proxies are believed. */
  address: string;
  /** A normalized e-mail address or phone number; whether anybody owns it must make no difference. */
  account?: string;
}

/**
 * `send` asks for a mail or a text message, `verify` presents a code or a link; `mail` and `sms` are what is sent to one recipient, and
 * `export` is a copy of all that is kept about one person: these are counted by whom they are about, and messages by who asks as well.
 */
export const ATTEMPT_KINDS = [
  'signup',
  'login',
  'refresh',
  'password',
  'send',
  'verify',
  'anonymous',
  'mfa',
  'passkey',
  'oauth',
  'export',
  'mail',
  'sms',
] as const;

export type AttemptKind = (typeof ATTEMPT_KINDS)[number];

/** What mails for changes of somebody's address are counted under, whatever the new address is: the present one gets one each time. */
export const emailChangesOf = (userId: string) => `email-change ${userId}`;

/** Counts attempts at credentials. Shared by every instance that shares a database. */
export interface AttemptLimiter {
  /** Counts one attempt. Null when it may go on, otherwise how long to wait. */
  attempt(kind: AttemptKind, subject: AttemptSubject): Promise<{ retryAfterSeconds: number } | null>;
  /** The attempt turned out right: what counted against the account is forgotten, what counted against the address is not. */
  succeeded(kind: AttemptKind, subject: AttemptSubject): Promise<void>;
  /** The attempt was never judged, as when the server was busy: this one is not counted, those before it are. */
  takeBack(kind: AttemptKind, subject: AttemptSubject): Promise<void>;
}

interface Needs {
  attempts: AttemptLimiter;
  client: Client;
}

/** Counts one attempt of a request's client. @throws {RateLimitedError} */
export async function countAttempt(
  { attempts, client }: Needs,
  kind: AttemptKind,
  account?: string,
): Promise<AttemptSubject> {
  const subject = { address: client.address, ...(account !== undefined && { account }) };
  const wait = await attempts.attempt(kind, subject);
  if (wait) throw new RateLimitedError(wait.retryAfterSeconds);
  return subject;
}

/** What is wrong is something else, and is told only to whoever has given the right credential. */
const SHOWS_IT_WAS_RIGHT = [WeakPasswordError, SamePasswordError, EmailTakenError, PhoneTakenError];

/**
 * Does what asks for a password or a code. What fails counts against the account, unless the credential was right all the same, or was
 * never looked at.
 * @throws {RateLimitedError} and whatever `work` does
 */
export async function tryCredential<Result>(
  needs: Needs,
  kind: 'login' | 'password' | 'verify' | 'mfa',
  account: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const { attempts } = needs;
  const subject = await countAttempt(needs, kind, account);
  try {
    const result = await work();
    await attempts.succeeded(kind, subject);
    return result;
  } catch (error) {
    if (SHOWS_IT_WAS_RIGHT.some((type) => error instanceof type)) {
      await attempts.succeeded(kind, subject);
    }
    if (error instanceof RateLimitedError || error instanceof ServiceUnavailableError) {
      await attempts.takeBack(kind, subject);
    }
    throw error;
  }
}
