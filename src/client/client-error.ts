/** Codes of the GraphQL API's top-level errors, and of this client where there was no answer to take one from. More may be added. */
export type LimenClientErrorCode =
  /** Nobody is signed in, or the session is over. */
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  /** The session is in a cookie, which pages of this origin may not use. */
  | 'CSRF_REFUSED'
  | 'RATE_LIMITED'
  | 'SERVICE_UNAVAILABLE'
  | 'INTERNAL_SERVER_ERROR'
  /** The server was not reached, or did not answer in time. What was asked for may have happened nevertheless. */
  | 'NETWORK_ERROR'
  /** Something answered, but not in GraphQL: a proxy, or the wrong address. */
  | 'INVALID_ANSWER'
  /** The browser has no passkeys, or not here. */
  | 'PASSKEYS_NOT_SUPPORTED'
  /** The person closed the browser's dialogue, or has no passkey for this site; or the call's signal was aborted. */
  | 'PASSKEY_CANCELLED'
  /** The browser refused for another reason, which is the `cause`: the page is on none of the site's domains, say. */
  | 'PASSKEY_FAILED'
  // Keeps the names above in an editor's suggestions.
  | (string & {});

interface Details {
  status?: number | null;
  requestId?: string | null;
  retryAfterSeconds?: number | null;
  extensions?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/**
 * What a call rejects with. Outcomes that the schema knows are never errors but results. Holds nothing of what was sent, so that it can be
 * logged.
 */
export class LimenClientError extends Error {
  override readonly name = 'LimenClientError';
  readonly code: LimenClientErrorCode;
  /** Of the HTTP answer; null when there was none, or when the call was not sent since the session could not be refreshed. */
  readonly status: number | null;
  /** Names the request in the server's log; null if no answer said. */
  readonly requestId: string | null;
  /** How long to wait before the same call has a chance; null if nobody said. */
  readonly retryAfterSeconds: number | null;
  /**
   * Of a `FORBIDDEN` that somebody can do something about: `AAL2_REQUIRED` asks for `client.stepUp`. `IMPERSONATED`: only the person
   * themselves may, and nobody in their stead. Null otherwise.
   */
  readonly reason: 'AAL2_REQUIRED' | 'IMPERSONATED' | (string & {}) | null;

  /**
   * What else the answer says of it: of a `FORBIDDEN` the `permission` that is missing, of a `VALIDATION_FAILED` the `issues`, each with
   * `path`, `code` and `message`, of a `NOT_SUPPORTED` what is `missing`. Empty where there was no answer.
   */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(code: LimenClientErrorCode, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status ?? null;
    this.requestId = details.requestId ?? null;
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
    this.extensions = details.extensions ?? {};
    const { reason } = this.extensions;
    this.reason = typeof reason === 'string' ? reason : null;
  }
}
