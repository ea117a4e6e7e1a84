/** What endpoint families are made of: each is a file with a function from `Services` to a router, mounted by `auth-server.ts`. */
import { type Context, Hono } from 'hono';
import { HashingBusyError } from '../../adapters/passwords/password-hasher.ts';
import type { AttemptKind } from '../../identity/attempts.ts';
import type { TokenVerifier } from './bearer.ts';
import type { Client } from './client.ts';
import type { AuthServerNeeds, Caller } from './needs.ts';
import { ProtocolError, tooManyRequests } from './protocol-error.ts';

export interface Services extends AuthServerNeeds {
  readonly tokens: TokenVerifier;
}

export interface Env {
  Bindings: Caller;
  Variables: {
    client: Client;
    /** For `audit/refusals.ts`. */
    refusal?: Pick<ProtocolError, 'status' | 'code'>;
    concerned?: string | null;
  };
}

export type Call = Context<Env>;
export type Endpoints = Hono<Env>;

export const newEndpoints = (): Endpoints => new Hono<Env>();

/** For what is not of the protocol: to anybody but Limen itself there is no such path. @throws {ProtocolError} 404 not_found */
export function requireProcess(call: Call): void {
  if (call.env.via !== 'process') throw new ProtocolError(404, 'not_found', 'Not found');
}

/** @throws {ProtocolError} 429 over_request_rate_limit */
export async function countAttempt(
  { attempts }: Services,
  { address, isLimited }: Client,
  kind: AttemptKind,
  account?: string,
): Promise<void> {
  if (!isLimited) return;
  const wait = await attempts.attempt(kind, { address, ...(account && { account }) });
  if (wait) throw tooManyRequests(wait.retryAfterSeconds);
}

/**
 * Counts an attempt at a password. One that the server was too busy for was none and is given back: to wait must not become to be
 * locked out. So `work` must not have told anything about a password when it rejects with `HashingBusyError`.
 *
 * @throws {ProtocolError} 429 over_request_rate_limit
 */
export async function attempting<Result>(
  services: Services,
  client: Client,
  kind: AttemptKind,
  account: string,
  work: () => Promise<Result>,
): Promise<Result> {
  await countAttempt(services, client, kind, account);
  try {
    return await work();
  } catch (error) {
    if (error instanceof HashingBusyError && client.isLimited) {
      await services.attempts.takeBack(kind, { address: client.address, account });
    }
    throw error;
  }
}

/** The attempt turned out right. */
export async function forgiveAttempt(
  { attempts }: Services,
  { address, isLimited }: Client,
  kind: AttemptKind,
  account: string,
): Promise<void> {
  if (isLimited) await attempts.succeeded(kind, { address, account });
}
