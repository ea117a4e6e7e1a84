import type { AuthError, UserAttributes } from '@supabase/supabase-js';
import type {
  AddressBackend,
  CurrentPassword,
  EmailChange,
  PhoneChange,
} from '../../identity/address-backend.ts';
import type { ShownCode } from '../../identity/codes-backend.ts';
import { DeniedError, InvalidCodeError, InvalidCredentialsError } from '../../identity/errors.ts';
import type { JsonObject } from '../../identity/json.ts';
import type { Session } from '../../identity/session.ts';
import type { Transport } from './call.ts';
import type { Calls } from './calls.ts';
import { SAYS_UNKNOWN } from './codes-backend.ts';
import { isGone } from './gone.ts';
import { outcomeOf } from './outcome.ts';
import { accountFromUser, sessionFromSupabase } from './user.ts';

export class SupabaseAddressBackend implements AddressBackend {
  readonly #calls: Calls;
  readonly #trySignIn: TrySignIn | null;

  /** @param trySignIn proves a password where the server does not compare `current_password` itself; null where it does */
  constructor(calls: Calls, trySignIn: TrySignIn | null) {
    this.#calls = calls;
    this.#trySignIn = trySignIn;
  }

  async changeEmail(accessToken: string, { email, redirectTo, current }: EmailChange) {
    return this.#change(accessToken, { email }, current, redirectTo ? { emailRedirectTo: redirectTo } : {});
  }

  async changePhone(accessToken: string, { phone, current }: PhoneChange) {
    return this.#change(accessToken, { phone }, current);
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

  async signInWithText(shown: { phone: string; code: string }) {
    return this.#verifyText('sms', shown);
  }

  async confirmPhoneChange(shown: { phone: string; code: string }) {
    return this.#verifyText('phone_change', shown);
  }

  async #verifyText(type: 'sms' | 'phone_change', { phone, code }: { phone: string; code: string }) {
    const answer = await this.#calls.asAnybody((auth) => auth.verifyOtp({ phone, token: code, type }));
    if (answer.error) throw refusalOfCode(answer.error, answer.transport);
    if (!answer.data.session) throw new InvalidCodeError();
    return sessionFromSupabase(answer.data.session);
  }

  async #change(
    accessToken: string,
    changes: UserAttributes,
    current: CurrentPassword | null,
    options: { emailRedirectTo?: string } = {},
  ) {
    const trial = current && this.#trySignIn && (await this.#try(current));
    try {
      const given = current ? { ...changes, current_password: current.password } : changes;
      const answer = await this.#calls.asPerson(accessToken, (auth) => auth.updateUser(given, options));
      if (answer.error && isGone(answer.error)) throw new DeniedError('UNAUTHENTICATED');
      if (answer.error) throw outcomeOf(answer.error, answer.transport);
      return accountFromUser(answer.data.user);
    } finally {
      if (trial) await this.#calls.asAnybody((auth) => auth.admin.signOut(trial.accessToken, 'local'));
    }
  }

  async #try({ email, password }: CurrentPassword): Promise<Session> {
    if (!email || !this.#trySignIn) throw new InvalidCredentialsError();
    return this.#trySignIn({ email, password });
  }
}

type TrySignIn = (credentials: { email: string; password: string }) => Promise<Session>;

/** The server says `validation_failed` of what is no code at all. */
function refusalOfCode(error: AuthError, transport: Transport): Error {
  return error.code === 'validation_failed' ? new InvalidCodeError() : outcomeOf(error, transport);
}
