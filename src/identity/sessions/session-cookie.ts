/**
 * The refresh token in a browser's keeping, where no script of the page can read it: one request's view of it. It continues a session and
 * says nothing about who is asking: that is the access token's alone, so that a request which a foreign page made a browser send is nobody's.
 */
export interface SessionCookie {
  /**
   * To be asked before anything is done that the cookie could be needed for.
   * @throws {DeniedError} `CSRF_REFUSED` unless the request names an origin that may use the cookie
   */
  assertUsable(): void;
  /** Null when the request brought none. @throws {DeniedError} `CSRF_REFUSED` */
  read(): string | null;
  /** Takes the place of what the browser holds. @throws {DeniedError} `CSRF_REFUSED` */
  write(refreshToken: string): void;
  /** Takes it away from a browser that brought it. */
  clear(): void;
}
