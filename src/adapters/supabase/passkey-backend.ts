import type { AuthError, Session as SupabaseSession } from '@supabase/supabase-js';
import { DeniedError } from '../../identity/denial.ts';
import { NotSupportedError } from '../../identity/errors.ts';
import type { Passkey } from '../../identity/factors/passkey.ts';
import type {
  CeremonyAnswer,
  PasskeyBackend,
  PasskeyCeremony,
} from '../../identity/factors/passkey-backend.ts';
import { PasskeyNotFoundError } from '../../identity/factors/passkey-errors.ts';
import type { JsonObject } from '../../identity/json.ts';
import type { Proof } from '../../identity/proof.ts';
import type { Transport } from './call.ts';
import type { Auth, Calls } from './calls.ts';
import { isGone } from './gone.ts';
import { KNOWN_CODES, outcomeOf } from './outcome.ts';
import type { Proving } from './proof.ts';
import { sessionFromSupabase } from './user.ts';

type PasskeyApi = Auth['passkey'];
type Failed = { error: AuthError; transport: Transport };

export class SupabasePasskeys implements PasskeyBackend {
  readonly #calls: Calls;
  readonly #proving: Proving;

  constructor(calls: Calls, proving: Proving) {
    this.#calls = calls;
    this.#proving = proving;
  }

  async startRegistration(accessToken: string, proof: Proof | null) {
    const answer = await this.#proving(proof, ({ headers }) =>
      this.#calls.asPerson(accessToken, (auth) => auth.passkey.startRegistration(), headers),
    );
    if (answer.error) throw failure(answer);
    return ceremonyOf(answer.data);
  }

  async finishRegistration(accessToken: string, { challengeId, credential }: CeremonyAnswer) {
    const answer = await this.#calls.asPerson(accessToken, (auth) =>
      withoutBrowser(auth.passkey.verifyRegistration({ challengeId, credential: unchecked(credential) })),
    );
    if (answer.error) throw failure(answer);
    return passkeyOf(answer.data);
  }

  async startSignIn() {
    const answer = await this.#calls.asAnybody((auth) => auth.passkey.startAuthentication());
    if (answer.error) throw failure(answer);
    return ceremonyOf(answer.data);
  }

  async finishSignIn({ challengeId, credential }: CeremonyAnswer) {
    const answer = await this.#calls.asAnybody((auth) =>
      withoutBrowser(auth.passkey.verifyAuthentication({ challengeId, credential: unchecked(credential) })),
    );
    // Here a ban is an outcome: there was no token that it could have ended.
    if (answer.error) throw unsupported(answer) ?? outcomeOf(answer.error, answer.transport);
    return sessionFromSupabase(answer.data.session as SupabaseSession);
  }

  async findOwn(accessToken: string) {
    const answer = await this.#calls.asPerson(accessToken, (auth) => auth.passkey.list());
    if (answer.error) throw failure(answer);
    return answer.data.map(passkeyOf);
  }

  async findOf(userId: string) {
    const answer = await this.#calls.asAdmin((auth) => auth.admin.passkey.listPasskeys({ userId }));
    if (answer.error) throw failure(answer);
    return answer.data.map(passkeyOf);
  }

  async rename(accessToken: string, passkeyId: string, friendlyName: string) {
    const answer = await this.#calls.asPerson(accessToken, (auth) =>
      auth.passkey.update({ passkeyId, friendlyName }),
    );
    if (answer.error) throw failureOfOne(answer);
    return passkeyOf(answer.data);
  }

  async remove(accessToken: string, passkeyId: string, proof: Proof | null) {
    const answer = await this.#proving(proof, ({ headers }) =>
      this.#calls.asPerson(accessToken, (auth) => auth.passkey.delete({ passkeyId }), headers),
    );
    if (answer.error) throw failureOfOne(answer);
  }
}

/** Whether it is a credential the server finds out. */
const unchecked = (credential: JsonObject) =>
  credential as unknown as Parameters<PasskeyApi['verifyRegistration']>[0]['credential'];

/** supabase-js names errors of the browser's too, which there are none of here. */
const withoutBrowser = <Data>(answer: Promise<{ data: Data | null; error: unknown }>) =>
  answer as Promise<{ data: Data; error: null } | { data: null; error: AuthError }>;

function ceremonyOf(started: { challenge_id: string; options: object; expires_at: number }): PasskeyCeremony {
  return {
    challengeId: started.challenge_id,
    options: started.options as JsonObject,
    expiresAt: new Date(started.expires_at * 1000),
  };
}

/** The last two are said by the embedded server, and by Supabase of a passkey that was just made, if at all. */
function passkeyOf(passkey: {
  id: string;
  friendly_name?: string;
  created_at: string;
  last_used_at?: string;
  backed_up?: boolean;
  transports?: string[];
}): Passkey {
  return {
    id: passkey.id,
    name: passkey.friendly_name || null,
    createdAt: new Date(passkey.created_at),
    lastUsedAt: passkey.last_used_at ? new Date(passkey.last_used_at) : null,
    isBackedUp: passkey.backed_up ?? null,
    transports: passkey.transports ?? null,
  };
}

function failure(failed: Failed): Error {
  const { error, transport } = failed;
  // The embedded server says so of somebody anonymous, whose token is as good as any.
  if (error.code === 'no_authorization' && error.status === 403) return new DeniedError('FORBIDDEN');
  return (
    unsupported(failed) ?? (isGone(error) ? new DeniedError('UNAUTHENTICATED') : outcomeOf(error, transport))
  );
}

/** Of one passkey; older servers say `validation_failed` where there is no such. */
function failureOfOne(failed: Failed): Error {
  const { status, code } = failed.error;
  return status === 404 && code === 'validation_failed' ? new PasskeyNotFoundError() : failure(failed);
}

/** Older servers know no such path. */
function unsupported({ error }: Failed): NotSupportedError | null {
  const isUnknown = [404, 405].includes(error.status ?? 0) && !KNOWN_CODES.has(error.code ?? '');
  return isUnknown && error.code !== 'user_not_found' ? new NotSupportedError('PASSKEYS') : null;
}
