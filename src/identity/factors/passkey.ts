/** A key that somebody's device or password manager keeps for this site, and that signs them in. */
export interface Passkey {
  readonly id: string;
  /** As the person called it; null for nothing. */
  readonly name: string | null;
  readonly createdAt: Date;
  /** Null if never. */
  readonly lastUsedAt: Date | null;
  /** Whether it survives the loss of the device; null where the auth server does not say. */
  readonly isBackedUp: boolean | null;
  /** WebAuthn's names of the ways to reach it; null where the auth server does not say. */
  readonly transports: readonly string[] | null;
}
