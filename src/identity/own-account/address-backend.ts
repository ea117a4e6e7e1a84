/** The addresses by which a person is reached, and how they come to others. */
import type { Account } from '../account.ts';
import type { JsonObject } from '../json.ts';
import type { Proof } from '../proof.ts';
import type { Session } from '../sessions/session.ts';
import type { ShownCode } from '../sign-in/codes-backend.ts';

/** Every method may throw what every `AuthBackend` method may. */
export interface AddressBackend {
  /**
   * The account, with the address where it changed at once, and with `newEmail` in its record where it must be confirmed.
   * @throws {InvalidCredentialsError} the current password is wrong, or missing @throws {InvalidCodeError} @throws {EmailTakenError}
   * @throws {ReauthenticationRequiredError} @throws {ManagedElsewhereError} @throws {DeniedError} when the session is over
   */
  changeEmail(accessToken: string, change: EmailChange): Promise<Account>;

  /** Null when the other address has to confirm too. @throws {InvalidCodeError} @throws {EmailTakenError} somebody was quicker */
  confirmEmailChange(shown: ShownCode): Promise<Session | null>;

  /** Nothing happens for a number that may not sign in; `newAccount` null makes none. @throws {NotEnabledError} */
  sendSignInText(phone: string, newAccount: { userMetadata: JsonObject } | null): Promise<void>;

  /** To a number that somebody signed up with and has still to confirm; nothing happens for any other. @throws {NotEnabledError} */
  resendSignUpText(phone: string): Promise<void>;

  /** Uses the code up, confirms the number, and begins a session. @throws {InvalidCodeError} @throws {AccountBannedError} */
  signInWithText(purpose: TextPurpose, shown: { phone: string; code: string }): Promise<Session>;

  /** As `changeEmail`, for `newPhone`. @throws {PhoneTakenError} @throws {NotEnabledError} and what `changeEmail` does */
  changePhone(accessToken: string, change: PhoneChange): Promise<Account>;

  /** @throws {InvalidCodeError} @throws {PhoneTakenError} somebody was quicker */
  confirmPhoneChange(proof: { phone: string; code: string }): Promise<Session>;
}

/** What a code by text message was sent for. Supabase's server does not tell them apart. */
export type TextPurpose = 'signup' | 'magiclink';

export interface EmailChange {
  readonly email: string;
  /** Where the links in the mails lead in the end; null: where the server sends everybody. */
  readonly redirectTo: string | null;
  readonly proof: Proof | null;
}

export interface PhoneChange {
  readonly phone: string;
  readonly proof: Proof | null;
}
