import type { Account } from '../account.ts';

/** There is no refresh token: it ends by itself. */
export interface Impersonation {
  readonly impersonationToken: string;
  /** In seconds. */
  readonly expiresIn: number;
  readonly expiresAt: Date;
  readonly sessionId: string;
  readonly account: Account;
}

export interface ImpersonationBackend {
  /** @throws {NotEnabledError} @throws {NotSupportedError} where others sign the tokens */
  assertOffered(): void;

  /**
   * Begins a session of the person's that is marked as the token's person's doing, and ends with the latter's own.
   * @throws {UserNotFoundError} @throws {AccountBannedError} and as `assertOffered`; @throws {DeniedError} when the operator's session is over
   */
  begin(accessToken: string, input: { userId: string; reason: string }): Promise<Impersonation>;
}
