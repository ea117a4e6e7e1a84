/** What shows that a person asks, in the words of the auth server. */
import type { UserAttributes } from '@supabase/supabase-js';
import type { Contact } from '../../identity/contact.ts';
import { InvalidCodeError, InvalidCredentialsError, ServiceUnavailableError } from '../../identity/errors.ts';
import type { Proof } from '../../identity/proof.ts';
import type { Session } from '../../identity/sessions/session.ts';
import type { Calls } from './calls.ts';

/** How what was proven goes along with the call it was proven for. */
export interface Given {
  /** For `updateUser`. */
  readonly attributes: Pick<UserAttributes, 'current_password' | 'nonce'>;
  /** For calls that supabase-js sends without a body. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Does the work with the proof, where there is one. @throws {InvalidCredentialsError} @throws {InvalidCodeError} */
export type Proving = <Result>(
  proof: Proof | null,
  work: (given: Given) => Promise<Result>,
) => Promise<Result>;

const NOTHING: Given = { attributes: {}, headers: {} };

/** The embedded server looks at the proof itself, in the transaction of what it is for. */
export const provingByServer: Proving = async (proof, work) => {
  if (!proof) return work(NOTHING);
  if ('code' in proof) {
    return work({
      attributes: { nonce: proof.code },
      headers: { 'limen-proof': `nonce ${encodeURIComponent(proof.code)}` },
    });
  }
  return work({
    attributes: { current_password: proof.password },
    headers: { 'limen-proof': `password ${encodeURIComponent(proof.password)}` },
  });
};

export interface Trials {
  byPassword(credentials: Contact & { password: string }): Promise<Session>;
  byCode(shown: Contact & { code: string }): Promise<Session>;
}

/** Supabase looks at no proof but with a new password: so a sign-in shows it, whose session ends with the work. */
export function provingByTrial(calls: Calls, trials: Trials): Proving {
  return async (proof, work) => {
    if (!proof) return work(NOTHING);
    const trial = await begin(trials, proof);
    try {
      // Whoever has by now the address that the token names is somebody else.
      if (trial.account.id !== proof.userId) throw refusalOf(proof);
      const attributes = 'password' in proof ? { current_password: proof.password } : {};
      return await work({ attributes, headers: {} });
    } finally {
      await endTrial(calls, trial);
    }
  };
}

/**
 * Whatever comes of it: an outage by now must not hide what the work came to, nor have it done again. Nobody has the tokens of a session that is left
 * over, and it ends like any other.
 */
export async function endTrial(calls: Calls, { accessToken }: Session): Promise<void> {
  try {
    await calls.asAnybody((auth) => auth.admin.signOut(accessToken, 'local'));
  } catch (error) {
    if (!(error instanceof ServiceUnavailableError)) throw error;
  }
}

function begin(trials: Trials, proof: Proof): Promise<Session> {
  if ('code' in proof) return trials.byCode({ ...proof.contact, code: proof.code });
  const { contact, password } = proof;
  if (!contact) throw new InvalidCredentialsError();
  return trials.byPassword({ ...contact, password });
}

const refusalOf = (proof: Proof) =>
  'code' in proof ? new InvalidCodeError() : new InvalidCredentialsError();
