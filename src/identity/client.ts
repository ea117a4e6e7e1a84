/** Where a request comes from, as it is recorded with a session and counted by the limits. */
export interface Client {
  /** An IP address, as far as the configured proxies are believed. */
  readonly address: string;
  /** Null when the client did not say. */
  readonly userAgent: string | null;
  readonly requestId: string;
}
