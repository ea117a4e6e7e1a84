import type { AdminUserAttributes, AuthError } from '@supabase/supabase-js';
import type {
  DeletionMode,
  MfaReset,
  NewUser,
  UserAdministration,
  UserChange,
} from '../../identity/administration/user-administration.ts';
import { NotSupportedError } from '../../identity/errors.ts';
import type { Transport } from './call.ts';
import type { Calls } from './calls.ts';
import type { Extension } from './extension.ts';
import { outcomeOf } from './outcome.ts';
import { accountFromUser } from './user.ts';

interface Options {
  calls: Calls;
  /** Null on Supabase. */
  extension: Extension | null;
  /** The id by the address, where the `auth` schema is at hand. */
  findUserId: ((email: string) => Promise<string | null>) | null;
  /** How many there were, null for nobody's id; where the extension is not, and the `auth` schema is at hand. */
  endSessions: ((userId: string, reason: 'revoked' | 'mfa_reset') => Promise<number | null>) | null;
}

type Failed = { error: AuthError; transport: Transport };

export class SupabaseUserAdministration implements UserAdministration {
  readonly #calls: Calls;
  readonly #extension: Extension | null;
  readonly #findUserId: Options['findUserId'];
  readonly #endSessions: Options['endSessions'];

  constructor({ calls, extension, findUserId, endSessions }: Options) {
    this.#calls = calls;
    this.#extension = extension;
    this.#findUserId = findUserId;
    this.#endSessions = endSessions;
  }

  async create({ email, phone, password, isConfirmed, userMetadata, appMetadata }: NewUser) {
    const answer = await this.#calls.asAdmin((auth) =>
      auth.admin.createUser({
        ...(email && { email, email_confirm: isConfirmed }),
        ...(phone && { phone, phone_confirm: isConfirmed }),
        ...(password && { password }),
        user_metadata: userMetadata,
        app_metadata: appMetadata,
      }),
    );
    if (answer.error) throw outcomeOf(answer.error, answer.transport);
    return accountFromUser(answer.data.user);
  }

  async update(id: string, change: UserChange) {
    const answer = await this.#calls.asAdmin((auth) => auth.admin.updateUserById(id, attributesOf(change)));
    return answer.error ? nullIfUnknown(answer) : accountFromUser(answer.data.user);
  }

  async delete(id: string, mode: DeletionMode) {
    const answer = await this.#calls.asAdmin((auth) => auth.admin.deleteUser(id, mode === 'soft'));
    return answer.error ? nullIfUnknown(answer) !== null : true;
  }

  async endSessions(id: string) {
    if (this.#endSessions) return this.#endSessions(id, 'revoked');
    if (!this.#extension) throw new NotSupportedError('SESSION_REVOCATION');
    const { ended } = await this.#extension.call<{ ended: number }>(`/admin/users/${id}/logout`, {});
    return ended;
  }

  async resetMfa(id: string, { removePasskeys }: { removePasskeys: boolean }): Promise<MfaReset | null> {
    if (!this.#extension) return this.#removeOneByOne(id, removePasskeys);
    const gone = await this.#extension.call<{ factors: number; passkeys: number; sessions: number }>(
      `/admin/users/${id}/reset_mfa`,
      { passkeys: removePasskeys },
    );
    return { factorsRemoved: gone.factors, passkeysRemoved: gone.passkeys, sessionsEnded: gone.sessions };
  }

  async findByEmail(email: string) {
    const id = this.#findUserId ? await this.#findUserId(email) : await this.#idByLink(email);
    if (!id) return null;
    const answer = await this.#calls.asAdmin((auth) => auth.admin.getUserById(id));
    return answer.error ? nullIfUnknown(answer) : accountFromUser(answer.data.user);
  }

  /** The only way to ask Supabase's API for an address without reading everybody. The link is thrown away. */
  async #idByLink(email: string): Promise<string | null> {
    const answer = await this.#calls.asAdmin((auth) => auth.admin.generateLink({ type: 'recovery', email }));
    return answer.error ? nullIfUnknown(answer) : answer.data.user.id;
  }

  /** What fails half-way is finished by the next attempt. */
  async #removeOneByOne(userId: string, removePasskeys: boolean): Promise<MfaReset | null> {
    const listed = await this.#calls.asAdmin((auth) => auth.admin.mfa.listFactors({ userId }));
    if (listed.error) return nullIfUnknown(listed);
    const { factors } = listed.data;
    for (const { id } of factors) {
      const answer = await this.#calls.asAdmin((auth) => auth.admin.mfa.deleteFactor({ id, userId }));
      // Recovery codes go with the last factor.
      if (answer.error && answer.error.code !== 'mfa_factor_not_found')
        throw outcomeOf(answer.error, answer.transport);
    }
    const passkeysRemoved = removePasskeys ? await this.#removePasskeys(userId) : 0;
    const sessionsEnded = (await this.#endSessions?.(userId, 'mfa_reset')) ?? null;
    return { factorsRemoved: factors.length, passkeysRemoved, sessionsEnded };
  }

  async #removePasskeys(userId: string): Promise<number> {
    const listed = await this.#calls.asAdmin((auth) => auth.admin.passkey.listPasskeys({ userId }));
    // Off, or older than passkeys: there are none.
    if (listed.error?.status === 404) return 0;
    if (listed.error) throw outcomeOf(listed.error, listed.transport);
    for (const { id: passkeyId } of listed.data) {
      const answer = await this.#calls.asAdmin((auth) =>
        auth.admin.passkey.deletePasskey({ userId, passkeyId }),
      );
      if (answer.error) throw outcomeOf(answer.error, answer.transport);
    }
    return listed.data.length;
  }
}

/** `ban_reason` is the embedded server's own; Supabase's passes over what it does not know. */
function attributesOf(change: UserChange) {
  const { email, phone, confirmsEmail, confirmsPhone, userMetadata, appMetadata, ban } = change;
  return {
    ...(email && { email }),
    ...(phone && { phone }),
    ...(confirmsEmail && { email_confirm: true }),
    ...(confirmsPhone && { phone_confirm: true }),
    ...(userMetadata && { user_metadata: userMetadata }),
    ...(appMetadata && { app_metadata: appMetadata }),
    ...(ban !== undefined && { ban_duration: ban ? `${ban.seconds}s` : 'none' }),
    ...(ban?.reason && { ban_reason: ban.reason }),
  } satisfies AdminUserAttributes & { ban_reason?: string };
}

/** Null for an unknown id. @throws the outcome behind any other error */
function nullIfUnknown({ error, transport }: Failed): null {
  if (error.code === 'user_not_found') return null;
  throw outcomeOf(error, transport);
}
