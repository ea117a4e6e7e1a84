/** What the auth server needs of password hashing. */
export interface PasswordHasher {
  /** The hash of a new password, in the configured scheme. @throws {HashingBusyError} */
  hash(password: string): Promise<string>;

  /**
   * Checks a password against a stored hash; null (nobody there, or no password set) does the work of the configured scheme and is always wrong.
   * `upgrade` is true when the password is right and the stored hash is weaker than what `hash` makes now.
   * @throws {HashingBusyError}
   */
  verify(password: string, storedHash: string | null): Promise<{ isRight: boolean; needsUpgrade: boolean }>;

  /** Whether a hash from elsewhere can be verified here at all (`password_hash` of the admin API, imports). */
  understands(hash: string): boolean;
}

/** The queue is full. Nothing was computed. */
export class HashingBusyError extends Error {
  override readonly name = 'HashingBusyError';
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('Too many passwords are waiting to be hashed.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
