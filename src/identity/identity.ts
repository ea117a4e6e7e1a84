/** A way somebody signs in. */
export interface Identity {
  /** What it is unlinked by. */
  readonly id: string;
  /** `email`, `phone`, or a provider's name. */
  readonly provider: string;
  readonly email: string | null;
  readonly createdAt: Date | null;
  readonly lastSignInAt: Date | null;
}
