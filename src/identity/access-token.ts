import type { JsonObject } from './json.ts';

/** The claims of a Supabase Auth access token, checked for shape. */
export interface AccessTokenClaims {
  /** Absent in the project keys `anon` and `service_role`, which stand for no person. */
  sub?: string;
  role: string;
  /** Absent in project keys. */
  session_id?: string;
  /** Seconds since 1970. */
  iat: number;
  /** Seconds since 1970. */
  exp: number;
  email?: string;
  phone?: string;
  app_metadata: JsonObject;
  user_metadata: JsonObject;
  aal?: 'aal1' | 'aal2' | 'aal3';
  amr: { method: string; timestamp: number; provider?: string }[];
  is_anonymous: boolean;
  /** Who acts in the person's stead (RFC 8693, 4.1), and from which session of their own. */
  act?: { sub: string; session_id?: string };
}

/** Says whether a token is one of ours, unchanged, and in time. Whether its session still lives is the change log's to say. */
export interface TokenVerifier {
  /** @throws {InvalidTokenError} */
  verify(token: string): Promise<AccessTokenClaims>;
}

/** The token is malformed, forged, expired or meant for somebody else. `reason` is for the log, never for the caller. */
export class InvalidTokenError extends Error {
  override readonly name = 'InvalidTokenError';
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super('The access token is not valid.', options);
    this.reason = reason;
  }
}
