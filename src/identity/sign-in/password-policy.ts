/** Which passwords may be chosen, asked before something is used up that the choice depends on. */
export interface PasswordPolicy {
  /** @param email whose password it is to be; null where that is not known yet @throws {WeakPasswordError} */
  assertStrong(password: string, email: string | null): void;
}
