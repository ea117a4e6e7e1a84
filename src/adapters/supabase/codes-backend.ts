import type { AuthError, EmailOtpType, UserAttributes } from '@supabase/supabase-js';
import { decodeJwt } from 'jose';
import type { Contact } from '../../identity/contact.ts';
import { DeniedError } from '../../identity/denial.ts';
import { InvalidCodeError } from '../../identity/errors.ts';
import type { JsonObject } from '../../identity/json.ts';
import type { AddressBackend } from '../../identity/own-account/address-backend.ts';
import type { CodePurpose, CodesBackend, ShownCode } from '../../identity/sign-in/codes-backend.ts';
import type { Answer } from './call.ts';
import type { Calls } from './calls.ts';
import { isGone } from './gone.ts';
import { outcomeOf } from './outcome.ts';
import { endTrial } from './proof.ts';
import { accountFromUser, sessionFromSupabase } from './user.ts';

interface SupabaseCodesOptions {
  /**
   * The embedded server compares a nonce whenever there is one, Supabase's only where it is configured to: so there the code of a sign-in
   * takes its place. And the embedded server sends whoever is new a sign-in code, Supabase's the code of a sign-up.
   */
  isEmbedded: boolean;
  /** For codes to people without an address. */
  texts: () => AddressBackend;
}

interface Recipient {
  email: string;
  redirectTo: string | null;
}

export class SupabaseCodes implements CodesBackend {
  readonly #calls: Calls;
  readonly #isEmbedded: boolean;
  readonly #texts: () => AddressBackend;

  constructor(calls: Calls, { isEmbedded, texts }: SupabaseCodesOptions) {
    this.#calls = calls;
    this.#texts = texts;
    this.#isEmbedded = isEmbedded;
  }

  async resendConfirmation({ email, redirectTo }: Recipient) {
    const options = emailRedirect(redirectTo);
    const answer = await this.#calls.asAnybody((auth) => auth.resend({ type: 'signup', email, options }));
    if (answer.error) throw outcomeOf(answer.error, answer.transport);
  }

  async sendSignInCode({ email, redirectTo }: Recipient, newAccount: { userMetadata: JsonObject } | null) {
    const options = {
      ...emailRedirect(redirectTo),
      shouldCreateUser: newAccount !== null,
      ...(newAccount && { data: newAccount.userMetadata }),
    };
    const answer = await this.#calls.asAnybody((auth) => auth.signInWithOtp({ email, options }));
    // Said of an address without an account, and of none other.
    if (answer.error && !SAYS_UNKNOWN.has(answer.error.code ?? '')) {
      throw outcomeOf(answer.error, answer.transport);
    }
  }

  async sendRecoveryCode({ email, redirectTo }: Recipient) {
    const options = redirectTo ? { redirectTo } : {};
    const answer = await this.#calls.asAnybody((auth) => auth.resetPasswordForEmail(email, options));
    if (answer.error) throw outcomeOf(answer.error, answer.transport);
  }

  async sendReauthenticationCode(accessToken: string, contact: Contact) {
    if (!this.#isEmbedded) {
      if ('phone' in contact) return this.#texts().sendSignInText(contact.phone, null);
      return this.sendSignInCode({ ...contact, redirectTo: null }, null);
    }
    const answer = await this.#calls.asPerson(accessToken, (auth) => auth.reauthenticate());
    if (answer.error) throw deniedOr(answer);
  }

  async signInWithCode(purpose: CodePurpose, shown: ShownCode) {
    const type: EmailOtpType = purpose === 'magiclink' && !this.#isEmbedded ? 'email' : purpose;
    const answer = await this.#calls.asAnybody((auth) =>
      auth.verifyOtp(
        'tokenHash' in shown
          ? { type, token_hash: shown.tokenHash }
          : { type, email: shown.email, token: shown.code },
      ),
    );
    if (answer.data.session) return sessionFromSupabase(answer.data.session);
    // The server says `validation_failed` of what is no code at all.
    if (!answer.error || answer.error.code === 'validation_failed') throw new InvalidCodeError();
    throw outcomeOf(answer.error, answer.transport);
  }

  async setPassword(accessToken: string, newPassword: string) {
    return this.#updateUser(accessToken, { password: newPassword });
  }

  async setPasswordByCode(
    accessToken: string,
    { contact, code, newPassword }: { contact: Contact; code: string; newPassword: string },
  ) {
    if (this.#isEmbedded) return this.#updateUser(accessToken, { password: newPassword, nonce: code });
    // The trial session, like all others, is ended by the change itself.
    const trial =
      'phone' in contact
        ? await this.#texts().signInWithText('magiclink', { ...contact, code })
        : await this.signInWithCode('magiclink', { ...contact, code });
    try {
      // Whoever has by now the address that the token names is somebody else.
      if (trial.account.id !== decodeJwt(accessToken).sub) throw new InvalidCodeError();
      return await this.#updateUser(accessToken, { password: newPassword });
    } catch (error) {
      await endTrial(this.#calls, trial);
      throw error;
    }
  }

  async #updateUser(accessToken: string, changes: UserAttributes) {
    const answer = await this.#calls.asPerson(accessToken, (auth) => auth.updateUser(changes));
    if (answer.error) throw deniedOr(answer);
    return accountFromUser(answer.data.user);
  }
}

export const SAYS_UNKNOWN: ReadonlySet<string> = new Set([
  'otp_disabled',
  'signup_disabled',
  'user_not_found',
]);

const emailRedirect = (redirectTo: string | null) => (redirectTo ? { emailRedirectTo: redirectTo } : {});

function deniedOr(answer: Answer & { error: AuthError; transport: Parameters<typeof outcomeOf>[1] }): Error {
  return isGone(answer.error)
    ? new DeniedError('UNAUTHENTICATED')
    : outcomeOf(answer.error, answer.transport);
}
