import type { JsonObject } from '../json.ts';
import type { Proof } from '../proof.ts';
import type { Session } from '../sessions/session.ts';
import type { Passkey } from './passkey.ts';

/** What a browser is to do, and until when. */
export interface PasskeyCeremony {
  readonly challengeId: string;
  /** For `PublicKeyCredential.parseCreationOptionsFromJSON`, or `parseRequestOptionsFromJSON` where somebody signs in. */
  readonly options: JsonObject;
  readonly expiresAt: Date;
}

/** What a browser did. */
export interface CeremonyAnswer {
  readonly challengeId: string;
  /** As `PublicKeyCredential.toJSON` writes it. */
  readonly credential: JsonObject;
}

/**
 * Every method may throw `NotSupportedError`, and those with an access token `DeniedError` when the session is over. What adds passkeys or
 * takes them away may throw `AssuranceRequiredError`, for somebody with a second factor that the session has not shown. Proofs are as in `FactorBackend`.
 */
export interface PasskeyBackend {
  /** @throws {TooManyPasskeysError} @throws {ManagedElsewhereError} @throws {DeniedError} FORBIDDEN for somebody anonymous */
  startRegistration(accessToken: string, proof: Proof | null): Promise<PasskeyCeremony>;

  /** @throws {PasskeyChallengeExpiredError} @throws {PasskeyNotAcceptedError} @throws {PasskeyExistsError} and as `startRegistration` */
  finishRegistration(accessToken: string, answer: CeremonyAnswer): Promise<Passkey>;

  startSignIn(): Promise<PasskeyCeremony>;

  /**
   * @throws {PasskeyChallengeExpiredError} @throws {PasskeyNotAcceptedError}
   * @throws {EmailNotConfirmedError} @throws {PhoneNotConfirmedError} @throws {AccountBannedError} to whoever has the passkey
   */
  finishSignIn(answer: CeremonyAnswer): Promise<Session>;

  /** The oldest first. */
  findOwn(accessToken: string): Promise<Passkey[]>;

  /** Needs the project's secret key. */
  findOf(userId: string): Promise<Passkey[]>;

  /** @param id a UUID @throws {PasskeyNotFoundError} */
  rename(accessToken: string, id: string, name: string): Promise<Passkey>;

  /** @param id a UUID @throws {PasskeyNotFoundError} */
  remove(accessToken: string, id: string, proof: Proof | null): Promise<void>;
}
