/** A way to store passwords. */
export interface StoredPasswordScheme {
  /** Whether `verify` can take the hash, and at a cost that is sane: whoever writes hashes must not be able to stop the process. */
  understands(hash: string): boolean;
  verify(password: string, hash: string): Promise<boolean>;
}

/** One that new passwords may be stored in. */
export interface PasswordScheme extends StoredPasswordScheme {
  hash(password: string): Promise<string>;
  /** Whether a hash of any scheme is at least as strong as those that `hash` makes. */
  isSatisfiedWith(hash: string): boolean;
  /** Whether `hash` would make use of the whole password. */
  canHold(password: string): boolean;
}
