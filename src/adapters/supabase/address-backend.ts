import type { AuthError, MobileOtpType, UserAttributes } from '@supabase/supabase-js';
import { DeniedError } from '../../identity/denial.ts';
import { InvalidCodeError } from '../../identity/errors.ts';
import type { JsonObject } from '../../identity/json.ts';
import type {
  AddressBackend,
  EmailChange,
  PhoneChange,
  TextPurpose,
} from '../../identity/own-account/address-backend.ts';
import type { Proof } from '../../identity/proof.ts';
import type { ShownCode } from '../../identity/sign-in/codes-backend.ts';
import type { Transport } from './call.ts';
import type { Calls } from './calls.ts';
import { SAYS_UNKNOWN } from './codes-backend.ts';
import { isGone } from './gone.ts';
import { outcomeOf } from './outcome.ts';
import type { Proving } from './proof.ts';
import { accountFromUser, sessionFromSupabase } from './user.ts';

export class SupabaseAddressBackend implements AddressBackend {
  readonly #calls: Calls;
  readonly #proving: Proving;
  readonly #isEmbedded: boolean;

  constructor(calls: Calls, proving: Proving, { isEmbedded }: { isEmbedded: boolean }) {
    this.#calls = calls;
    this.#proving = proving;
    this.#isEmbedded = isEmbedded;
  }

  async changeEmail(accessToken: string, { email, redirectTo, proof }: EmailChange) {
    return this.#change(accessToken, { email }, proof, redirectTo ? { emailRedirectTo: redirectTo } : {});
  }

  async changePhone(accessToken: string, { phone, proof }: PhoneChange) {
    return this.#change(accessToken, { phone }, proof);
  }

  async confirmEmailChange(shown: ShownCode) {
    const answer = await this.#calls.asAnybody((auth) =>
      'tokenHash' in shown
        ? auth.verifyOtp({ token_hash: shown.tokenHash, type: 'email_change' })
        : auth.verifyOtp({ email: shown.email, token: shown.code, type: 'email_change' }),
    );
    if (answer.error) throw refusalOfCode(answer.error, answer.transport);
    return answer.data.session && sessionFromSupabase(answer.data.session);
  }

  async sendSignInText(phone: string, newAccount: { userMetadata: JsonObject } | null) {
    const options = {
      shouldCreateUser: newAccount !== null,
      ...(newAccount && { data: newAccount.userMetadata }),
    };
    const answer = await this.#calls.asAnybody((auth) => auth.signInWithOtp({ phone, options }));
    if (answer.error && !SAYS_UNKNOWN.has(answer.error.code ?? '')) {
      throw outcomeOf(answer.error, answer.transport);
    }
  }

  async resendSignUpText(phone: string) {
    const answer = await this.#calls.asAnybody((auth) => auth.resend({ type: 'sms', phone }));
    if (answer.error) throw outcomeOf(answer.error, answer.transport);
  }

  async signInWithText(purpose: TextPurpose, shown: { phone: string; code: string }) {
    // The protocol, and so the library's types, have one word for both; the embedded server takes the narrower ones too.
    return this.#verifyText(this.#isEmbedded ? (purpose as MobileOtpType) : 'sms', shown);
  }

  async confirmPhoneChange(shown: { phone: string; code: string }) {
    return this.#verifyText('phone_change', shown);
  }

  async #verifyText(type: MobileOtpType, { phone, code }: { phone: string; code: string }) {
    const answer = await this.#calls.asAnybody((auth) => auth.verifyOtp({ phone, token: code, type }));
    if (answer.error) throw refusalOfCode(answer.error, answer.transport);
    if (!answer.data.session) throw new InvalidCodeError();
    return sessionFromSupabase(answer.data.session);
  }

  async #change(
    accessToken: string,
    changes: UserAttributes,
    proof: Proof | null,
    options: { emailRedirectTo?: string } = {},
  ) {
    return this.#proving(proof, async ({ attributes }) => {
      const answer = await this.#calls.asPerson(accessToken, (auth) =>
        auth.updateUser({ ...changes, ...attributes }, options),
      );
      if (answer.error && isGone(answer.error)) throw new DeniedError('UNAUTHENTICATED');
      if (answer.error) throw outcomeOf(answer.error, answer.transport);
      return accountFromUser(answer.data.user);
    });
  }
}

/** The server says `validation_failed` of what is no code at all. */
function refusalOfCode(error: AuthError, transport: Transport): Error {
  return error.code === 'validation_failed' ? new InvalidCodeError() : outcomeOf(error, transport);
}
