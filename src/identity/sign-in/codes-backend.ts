/** What the rules need of Supabase Auth for codes and links by mail. Every method may throw what `AuthBackend`'s may. */
import type { Account } from '../account.ts';
import type { Contact } from '../contact.ts';
import type { JsonObject } from '../json.ts';
import type { Session } from '../sessions/session.ts';

/** What a code or link was sent for. Each counts for that alone. */
export type CodePurpose = 'signup' | 'magiclink' | 'recovery' | 'invite';

/** How somebody shows that a mailbox is theirs: by what its link holds, or by the code beside it. */
export type ShownCode = { readonly tokenHash: string } | { readonly email: string; readonly code: string };

interface Recipient {
  readonly email: string;
  /** Where the link leads in the end, if that is allowed; null: to the site. */
  readonly redirectTo: string | null;
}

export interface CodesBackend {
  /** Mails an address that has still to be confirmed; nothing happens for any other. */
  resendConfirmation(recipient: Recipient): Promise<void>;

  /** Nothing happens for an address that may not sign in. Where there is no account, and `newAccount` is not null, one is made. */
  sendSignInCode(recipient: Recipient, newAccount: { userMetadata: JsonObject } | null): Promise<void>;

  /** Nothing happens for an address without an account. */
  sendRecoveryCode(recipient: Recipient): Promise<void>;

  /**
   * Sends the token's person a code that stands for their current password.
   * @throws {EmailNotConfirmedError} @throws {PhoneNotConfirmedError} @throws {NotEnabledError} @throws {DeniedError}
   */
  sendReauthenticationCode(accessToken: string, contact: Contact): Promise<void>;

  /** Uses the code up, confirms the address, and begins a session. @throws {InvalidCodeError} @throws {AccountBannedError} */
  signInWithCode(purpose: CodePurpose, shown: ShownCode): Promise<Session>;

  /**
   * For somebody who has just shown who they are. Also ends their other sessions.
   * @throws {WeakPasswordError} @throws {SamePasswordError} @throws {ReauthenticationRequiredError} @throws {ManagedElsewhereError}
   * @throws {DeniedError} when the session is over
   */
  setPassword(accessToken: string, newPassword: string): Promise<Account>;

  /** As `setPassword`, and uses a code of `sendReauthenticationCode` up. @throws {InvalidCodeError} */
  setPasswordByCode(
    accessToken: string,
    input: { contact: Contact; code: string; newPassword: string },
  ): Promise<Account>;
}
