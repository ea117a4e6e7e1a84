import type { AuthError, Session as SupabaseSession } from '@supabase/supabase-js';
import { DeniedError } from '../../identity/denial.ts';
import { NotSupportedError } from '../../identity/errors.ts';
import type { FactorBackend, TotpEnrolment } from '../../identity/factors/factor-backend.ts';
import {
  FactorNameTakenError,
  FactorNotFoundError,
  InvalidMfaCodeError,
  LastFactorError,
} from '../../identity/factors/factor-errors.ts';
import type { Proof } from '../../identity/proof.ts';
import type { Transport } from './call.ts';
import type { Auth, Calls } from './calls.ts';
import type { Extension } from './extension.ts';
import { isGone } from './gone.ts';
import { outcomeOf } from './outcome.ts';
import type { Given, Proving } from './proof.ts';
import { sessionFromSupabase } from './user.ts';

/** What supabase-js puts before the SVG, so that it fits into `src`. */
const DATA_URI = 'data:image/svg+xml;utf-8,';

type Failed = { error: AuthError; transport: Transport };

export class SupabaseFactors implements FactorBackend {
  readonly #calls: Calls;
  readonly #proving: Proving;
  readonly #extension: Extension | null;

  /** @param extension null: where people live at Supabase */
  constructor(calls: Calls, proving: Proving, extension: Extension | null) {
    this.#calls = calls;
    this.#proving = proving;
    this.#extension = extension;
  }

  async enrollTotp(
    accessToken: string,
    { name, proof }: { name: string; proof: Proof | null },
  ): Promise<TotpEnrolment> {
    return this.#proving(proof, async ({ headers }) => {
      const enroll = () =>
        this.#calls.asPerson(
          accessToken,
          (auth) => auth.mfa.enroll({ factorType: 'totp', friendlyName: name }),
          headers,
        );
      const answer = await enroll();
      if (!answer.error) return enrolmentOf(answer.data);
      const outcome = failure(answer);
      if (!(outcome instanceof FactorNameTakenError)) throw outcome;
      if (!(await this.#dropBegun(accessToken, name))) throw outcome;
      // What was refused has not used the proof up.
      const again = await enroll();
      if (again.error) throw failure(again);
      return enrolmentOf(again.data);
    });
  }

  async verifyTotp(accessToken: string, proof: { factorId: string; code: string }) {
    const answer = await this.#calls.asPerson(accessToken, (auth) => auth.mfa.challengeAndVerify(proof));
    if (answer.error) throw failure(answer);
    return sessionFromSupabase(answer.data as SupabaseSession);
  }

  async verifyAnyTotp(
    accessToken: string,
    { factorIds, code }: { factorIds: readonly string[]; code: string },
  ) {
    if (this.#extension) {
      return sessionFromSupabase(await this.#extension.call('/factors/verify', { code }, accessToken));
    }
    // Supabase is asked for one after the other, and so is a hook of its project: it hears of a wrong code for each that does not match.
    for (const factorId of factorIds) {
      try {
        return await this.verifyTotp(accessToken, { factorId, code });
      } catch (error) {
        if (!(error instanceof InvalidMfaCodeError || error instanceof FactorNotFoundError)) throw error;
      }
    }
    throw new InvalidMfaCodeError();
  }

  async verifyRecoveryCode(accessToken: string, code: string) {
    const answer = await this.#calls.asPerson(accessToken, (auth) => auth.mfa.recoveryCodes.verify({ code }));
    if (answer.error) throw failureOfRecoveryCodes(answer);
    return sessionFromSupabase(answer.data as SupabaseSession);
  }

  async removeFactor(accessToken: string, factorId: string, proof: Proof | null) {
    await this.#proving(proof, (given) => this.#removeFactor(accessToken, factorId, given));
  }

  async #removeFactor(accessToken: string, factorId: string, { headers }: Given) {
    const unenroll = (auth: Auth) => auth.mfa.unenroll({ factorId });
    const alongWithCodes = this.#extension ? { 'limen-recovery-codes': 'remove' } : {};
    const answer = await this.#calls.asPerson(accessToken, unenroll, { ...headers, ...alongWithCodes });
    if (!answer.error) return;
    const outcome = failure(answer);
    // Where the server takes the codes along, it has its reason not to.
    if (this.#extension) throw outcome;
    if (!(outcome instanceof LastFactorError)) throw outcome;
    // A session that a recovery code raised falls with the codes, and could then not remove the factor: nothing would be left to get in by.
    if (isRaisedByRecoveryCode(accessToken)) throw outcome;
    const codes = await this.#calls.asPerson(accessToken, (auth) => auth.mfa.recoveryCodes.unenroll());
    if (codes.error) throw failureOfRecoveryCodes(codes);
    const again = await this.#calls.asPerson(accessToken, unenroll);
    if (again.error) throw failure(again);
  }

  async generateRecoveryCodes(accessToken: string, proof: Proof | null) {
    return this.#proving(proof, async ({ headers }) => {
      const generate = (auth: Auth) => auth.mfa.recoveryCodes.generate();
      const made = await this.#calls.asPerson(accessToken, generate, headers);
      if (!made.error) return made.data.codes;
      if (made.error.code !== 'mfa_verified_factor_exists') throw failureOfRecoveryCodes(made);
      const regenerate = (auth: Auth) => auth.mfa.recoveryCodes.regenerate();
      const renewed = await this.#calls.asPerson(accessToken, regenerate, headers);
      if (renewed.error) throw failureOfRecoveryCodes(renewed);
      return renewed.data.codes;
    });
  }

  async recoveryCodesLeft(accessToken: string) {
    const answer = await this.#calls.asPerson(accessToken, (auth) => auth.mfa.recoveryCodes.getStatus());
    if (!answer.error) return answer.data.remaining;
    if (answer.error.code === 'mfa_factor_not_found') return null;
    const outcome = failureOfRecoveryCodes(answer);
    if (outcome instanceof NotSupportedError) return null;
    throw outcome;
  }

  /** Whether an enrolment of that name was begun, and is now taken away. */
  async #dropBegun(accessToken: string, name: string): Promise<boolean> {
    const { data } = await this.#calls.asPerson(accessToken, (auth) => auth.mfa.listFactors());
    const begun = data?.all.find((factor) => factor.friendly_name === name && factor.status === 'unverified');
    if (!begun) return false;
    const answer = await this.#calls.asPerson(accessToken, (auth) =>
      auth.mfa.unenroll({ factorId: begun.id }),
    );
    return !answer.error;
  }
}

function enrolmentOf({
  id,
  totp,
}: {
  id: string;
  totp: { uri: string; secret: string; qr_code: string };
}): TotpEnrolment {
  const { uri, secret, qr_code: shown } = totp;
  return {
    factorId: id,
    uri,
    secret,
    qrCode: shown.startsWith(DATA_URI) ? shown.slice(DATA_URI.length) : shown,
  };
}

function failure({ error, transport }: Failed): Error {
  // Told to somebody anonymous, who is signed in all the same.
  if (error.code === 'no_authorization' && error.status === 403) return new DeniedError('FORBIDDEN');
  return isGone(error) ? new DeniedError('UNAUTHENTICATED') : outcomeOf(error, transport);
}

/** Older servers take `recovery-codes` for a factor's id, or know no such path. */
function failureOfRecoveryCodes({ error, transport }: Failed): Error {
  const isUnknown = [404, 405].includes(error.status ?? 0) && error.code !== 'mfa_factor_not_found';
  return isUnknown ? new NotSupportedError('RECOVERY_CODES') : failure({ error, transport });
}

/** The server decides what the token is worth; here it only chooses between two refusals. */
function isRaisedByRecoveryCode(accessToken: string): boolean {
  const payload = Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString();
  const { amr = [] } = JSON.parse(payload) as { amr?: { method: string }[] };
  return amr.some(({ method }) => method === 'mfa/recovery_code');
}
