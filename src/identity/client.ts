/** Where a request comes from, and on whose behalf: as it is recorded with sessions and events, and counted by the limits. */
export interface Client {
  /** An IP address, as far as the configured proxies are believed. */
  readonly address: string;
  /** Null when the client did not say. */
  readonly userAgent: string | null;
  readonly requestId: string;
  /** Who acts, once that is known. Null for somebody who is not signed in, whatever key the call goes out with. */
  readonly actor: Actor | null;
  /** The administrator who acts in the actor's name; null where people act for themselves. */
  readonly impersonator: string | null;
  /** What has been recorded of the request so far. */
  readonly trail: Trail;
}

export type Actor =
  | { readonly kind: 'person'; readonly userId: string; readonly sessionId: string | null }
  | { readonly kind: 'service'; readonly id: string };

/**
 * Counts the events of one request, so that whoever stands at its edge knows whether somebody nearer to what happened has recorded it.
 * One object for the whole request, however often the client is copied.
 */
export interface Trail {
  successes: number;
  refusals: number;
}

/** A client of whom no more is known than where it is: how every request begins. */
export function newClient(from: Pick<Client, 'address' | 'userAgent' | 'requestId'>): Client {
  return { ...from, actor: null, impersonator: null, trail: { successes: 0, refusals: 0 } };
}

/** As which a session is begun elsewhere where its client cannot be told. */
export const OWN_USER_AGENT = 'limen';

/** For what Limen does by itself: at its start, or by a command. */
export const ownClient = (requestId: string): Client => ({
  ...newClient({ address: '127.0.0.1', userAgent: null, requestId }),
  actor: { kind: 'service', id: 'limen' },
});
