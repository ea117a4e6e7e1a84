/** What the rules need of the auth server's second factors. All of it is done with the person's own token. */
import type { Proof } from '../proof.ts';
import type { Session } from '../sessions/session.ts';

/** Shown once: nothing else knows the secret. */
export interface TotpEnrolment {
  readonly factorId: string;
  /** `otpauth://…`, which an authenticator app opens. */
  readonly uri: string;
  /** Base32, for typing. */
  readonly secret: string;
  /** The URI as an SVG document. */
  readonly qrCode: string;
}

/**
 * Every method throws `DeniedError` when the session is over. What takes a proof throws `InvalidCredentialsError` or `InvalidCodeError` for one that is
 * wrong; null: none is needed.
 */
export interface FactorBackend {
  /**
   * A factor that counts once a code of it was verified. An enrolment of the same name that was not finished gives way.
   * @throws {AssuranceRequiredError} @throws {FactorNameTakenError} @throws {TooManyFactorsError} @throws {NotSupportedError}
   */
  enrollTotp(accessToken: string, input: { name: string; proof: Proof | null }): Promise<TotpEnrolment>;

  /**
   * Raises the session to aal2: the same session, with other tokens. The person's other sessions below aal2 end.
   * @throws {InvalidMfaCodeError} @throws {FactorNotFoundError} @throws {AssuranceRequiredError} a begun factor needs the others first
   */
  verifyTotp(accessToken: string, input: { factorId: string; code: string }): Promise<Session>;

  /** As `verifyTotp`, by a code of whichever of these apps. @throws {InvalidMfaCodeError} */
  verifyAnyTotp(accessToken: string, input: { factorIds: readonly string[]; code: string }): Promise<Session>;

  /** As `verifyTotp`, and uses the code up. @throws {InvalidMfaCodeError} @throws {NotSupportedError} */
  verifyRecoveryCode(accessToken: string, code: string): Promise<Session>;

  /**
   * Sessions that were raised by the factor are no longer aal2. Recovery codes go with the last other factor.
   * @throws {FactorNotFoundError} @throws {AssuranceRequiredError}
   * @throws {LastFactorError} when this session was raised by a recovery code, and would be left with nothing to show
   */
  removeFactor(accessToken: string, factorId: string, proof: Proof | null): Promise<void>;

  /** In place of those there were. @throws {AssuranceRequiredError} @throws {LastFactorError} @throws {NotSupportedError} */
  generateRecoveryCodes(accessToken: string, proof: Proof | null): Promise<readonly string[]>;

  /** Null for somebody without recovery codes, and where the server has none. */
  recoveryCodesLeft(accessToken: string): Promise<number | null>;
}
