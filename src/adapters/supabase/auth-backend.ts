/** The rules' `AuthBackend`, by supabase-js: hosted, self-hosted or embedded, the calls are the same. */

import type { UserAttributes, UserResponse } from '@supabase/supabase-js';
import { decodeJwt } from 'jose';
import { type Account, grantsOf } from '../../identity/account.ts';
import type { UserDirectory } from '../../identity/administration/user-directory.ts';
import type { AuthBackend, PasswordChange } from '../../identity/auth-backend.ts';
import type { Client } from '../../identity/client.ts';
import type { Contact } from '../../identity/contact.ts';
import { DeniedError } from '../../identity/denial.ts';
import {
  AccountBannedError,
  EmailTakenError,
  InvalidCredentialsError,
  InvalidRefreshTokenError,
  PhoneTakenError,
} from '../../identity/errors.ts';
import type { FactorBackend } from '../../identity/factors/factor-backend.ts';
import type { PasskeyBackend } from '../../identity/factors/passkey-backend.ts';
import type { JsonObject } from '../../identity/json.ts';
import type { Proof } from '../../identity/proof.ts';
import type { LogoutScope } from '../../identity/sessions/session.ts';
import type { CodesBackend } from '../../identity/sign-in/codes-backend.ts';
import type { SignInChallengeStore } from '../../identity/sign-in/sign-in-challenge.ts';
import type { EndSessions } from '../postgres/people/session-ender.ts';
import { SupabaseAddressBackend } from './address-backend.ts';
import { SupabaseAnonymousBackend } from './anonymous-backend.ts';
import type { Project, Transport } from './call.ts';
import { type Calls, createCalls } from './calls.ts';
import { SupabaseCodes } from './codes-backend.ts';
import { createExtension, type Extension } from './extension.ts';
import { SupabaseFactors } from './factor-backend.ts';
import { isGone } from './gone.ts';
import { SupabaseImpersonation } from './impersonation-backend.ts';
import { SupabaseInvitationBackend } from './invitation-backend.ts';
import { SupabaseOAuth } from './oauth-backend.ts';
import { outcomeOf } from './outcome.ts';
import { SupabasePasskeys } from './passkey-backend.ts';
import { endTrial, type Proving, provingByServer, provingByTrial } from './proof.ts';
import { createProviderList, type ProviderList } from './provider-list.ts';
import { accountFromUser, sessionFromSupabase } from './user.ts';
import { SupabaseUserAdministration } from './user-administration.ts';
import { SupabaseUserDirectory } from './user-directory.ts';

export interface SupabaseBackendOptions {
  project: Project;
  /** The secret (or `service_role`) key, for what only an administrator may do. */
  secretKey: () => Promise<string>;
  /**
   * Whether the server is Limen's own. That one holds back "banned" until the password was right, and compares `current_password` itself.
   * Supabase's does neither unless configured, so there a ban reads as wrong credentials and the current password is tried by signing in.
   */
  isEmbedded: boolean;
  /** Whether operators may act in somebody's stead. On Supabase nobody can. */
  isImpersonationOn: boolean;
  /** Finds other holders of a role where the `auth` schema is at hand; null: ask the server, page by page. */
  hasAnotherWithRole: AuthBackend['hasAnotherWithRole'] | null;
  signInChallenges: SignInChallengeStore;
  /** The id by the address, where the `auth` schema is at hand; null: ask the server for a link. */
  findUserId: ((email: string) => Promise<string | null>) | null;
  /** Lists people where the `auth` schema is at hand; null: ask the server, page by page. */
  directory: UserDirectory | null;
  /** Where the protocol cannot and `auth.sessions` is at hand; null: ask the embedded server, or nobody. */
  endSessions: EndSessions | null;
}

export function createSupabaseBackend(options: SupabaseBackendOptions): (client: Client) => AuthBackend {
  const providers = createProviderList(options.project);
  return (client) => new SupabaseBackend(options, client, () => providers(client));
}

class SupabaseBackend implements AuthBackend {
  readonly #options: SupabaseBackendOptions;
  readonly #calls: Calls;
  readonly #proving: Proving;
  /** Null on Supabase. */
  readonly #extension: Extension | null;
  readonly codes: CodesBackend;
  readonly pausesMessages: boolean;
  readonly factors: FactorBackend;
  readonly signInChallenges: SignInChallengeStore;
  readonly addresses: AuthBackend['addresses'];
  readonly anonymous: AuthBackend['anonymous'];
  readonly invitations: AuthBackend['invitations'];
  readonly oauth: SupabaseOAuth;
  readonly passkeys: PasskeyBackend;
  readonly users: AuthBackend['users'];
  readonly impersonation: AuthBackend['impersonation'];
  readonly directory: UserDirectory;

  constructor(options: SupabaseBackendOptions, client: Client, providers: () => Promise<ProviderList>) {
    this.#options = options;
    this.#calls = createCalls(options.project, options.secretKey, client);
    const { isEmbedded } = options;
    this.codes = new SupabaseCodes(this.#calls, { isEmbedded, texts: () => this.addresses });
    this.pausesMessages = isEmbedded;
    const extension = isEmbedded ? createExtension(options, client) : null;
    this.#extension = extension;
    this.signInChallenges = options.signInChallenges;
    this.#proving = isEmbedded
      ? provingByServer
      : provingByTrial(this.#calls, {
          byPassword: (credentials) => this.signInWithPassword(credentials),
          byCode: (shown) =>
            'email' in shown
              ? this.codes.signInWithCode('magiclink', shown)
              : this.addresses.signInWithText('magiclink', shown),
        });
    this.factors = new SupabaseFactors(this.#calls, this.#proving, extension);
    this.addresses = new SupabaseAddressBackend(this.#calls, this.#proving, { isEmbedded });
    this.anonymous = new SupabaseAnonymousBackend(this.#calls);
    this.invitations = new SupabaseInvitationBackend(this.#calls);
    this.oauth = new SupabaseOAuth({
      project: options.project,
      calls: this.#calls,
      proving: this.#proving,
      providers,
      tellsChanges: isEmbedded,
    });
    this.passkeys = new SupabasePasskeys(this.#calls, this.#proving);
    const { findUserId, endSessions } = options;
    this.users = new SupabaseUserAdministration({
      calls: this.#calls,
      extension,
      findUserId,
      endSessions: endSessions && ((userId, reason) => endSessions(client, userId, reason)),
    });
    this.impersonation = new SupabaseImpersonation(extension, options.isImpersonationOn);
    this.directory = options.directory ?? new SupabaseUserDirectory(this.#calls);
  }

  async signUp({ userMetadata, ...credentials }: Contact & { password: string; userMetadata: JsonObject }) {
    const answer = await this.#calls.asAnybody((auth) =>
      auth.signUp({ ...credentials, options: { data: userMetadata } }),
    );
    if (answer.error) {
      const outcome = outcomeOf(answer.error, answer.transport);
      // The protocol has one code for both.
      throw outcome instanceof EmailTakenError && 'phone' in credentials ? new PhoneTakenError() : outcome;
    }
    return answer.data.session && sessionFromSupabase(answer.data.session);
  }

  async signInWithPassword(credentials: Contact & { password: string }) {
    const answer = await this.#calls.asAnybody((auth) => auth.signInWithPassword(credentials));
    if (!answer.error) return sessionFromSupabase(answer.data.session);
    const outcome = outcomeOf(answer.error, answer.transport);
    // Told before the password was checked, a ban would tell strangers that the account exists.
    if (outcome instanceof AccountBannedError && !this.#options.isEmbedded) {
      throw new InvalidCredentialsError();
    }
    throw outcome;
  }

  async refreshSession(refreshToken: string) {
    const answer = await this.#calls.asAnybody((auth) =>
      auth.refreshSession({ refresh_token: refreshToken }),
    );
    if (answer.data.session) return sessionFromSupabase(answer.data.session);
    // The server says `validation_failed` of a token that is none at all.
    if (!answer.error || isGone(answer.error) || answer.error.code === 'validation_failed') {
      throw new InvalidRefreshTokenError();
    }
    throw outcomeOf(answer.error, answer.transport);
  }

  async signOut(accessToken: string, scope: LogoutScope) {
    const answer = await this.#calls.asAnybody((auth) => auth.admin.signOut(accessToken, scope));
    if (answer.error && !isGone(answer.error)) throw outcomeOf(answer.error, answer.transport);
  }

  async findOwnAccount(accessToken: string) {
    const answer = await this.#calls.asAnybody((auth) => auth.getUser(accessToken));
    if (!answer.error) return accountFromUser(answer.data.user);
    if (isGone(answer.error)) return null;
    throw outcomeOf(answer.error, answer.transport);
  }

  async updateUserMetadata(accessToken: string, changes: JsonObject) {
    return this.#updateUser(accessToken, { data: changes });
  }

  async changePassword(accessToken: string, { contact, currentPassword, newPassword }: PasswordChange) {
    // The trial session, like all others, is ended by the change itself.
    const trial = this.#options.isEmbedded
      ? null
      : await this.signInWithPassword({ ...contact, password: currentPassword });
    try {
      // Whoever has by now the address that the token names is somebody else.
      if (trial && trial.account.id !== decodeJwt(accessToken).sub) throw new InvalidCredentialsError();
      return await this.#updateUser(accessToken, {
        password: newPassword,
        current_password: currentPassword,
      });
    } catch (error) {
      if (trial) await endTrial(this.#calls, trial);
      throw error;
    }
  }

  async findAccount(id: string) {
    return this.#accountOrNull(await this.#calls.asAdmin((auth) => auth.admin.getUserById(id)));
  }

  async prove(accessToken: string, proof: Proof) {
    await this.#proving(proof, async ({ headers }) => {
      await this.#extension?.call('/proof', {}, accessToken, headers);
    });
  }

  async hasAnyAccount() {
    const answer = await this.#calls.asAdmin((auth) => auth.admin.listUsers({ page: 1, perPage: 1 }));
    if (answer.error) throw outcomeOf(answer.error, answer.transport);
    return answer.data.users.length > 0;
  }

  async hasAnotherWithRole(role: string, exceptId: string) {
    if (this.#options.hasAnotherWithRole) return this.#options.hasAnotherWithRole(role, exceptId);
    let previous: string | undefined;
    for (let page = 1; ; page += 1) {
      const answer = await this.#calls.asAdmin((auth) => auth.admin.listUsers({ page, perPage: 1000 }));
      if (answer.error) throw outcomeOf(answer.error, answer.transport);
      const { users } = answer.data;
      if (users.some((user) => user.id !== exceptId && holds(accountFromUser(user), role))) return true;
      // The second: a server that takes no page numbers gives the first page for ever.
      if (users.length === 0 || users[0]?.id === previous) return false;
      previous = users[0]?.id;
    }
  }

  async #updateUser(accessToken: string, changes: UserAttributes) {
    const answer = await this.#calls.asPerson(accessToken, (auth) => auth.updateUser(changes));
    if (answer.error && isGone(answer.error)) throw new DeniedError('UNAUTHENTICATED');
    if (answer.error) throw outcomeOf(answer.error, answer.transport);
    return accountFromUser(answer.data.user);
  }

  #accountOrNull(answer: UserResponse & { transport: Transport }) {
    if (!answer.error) return accountFromUser(answer.data.user);
    if (answer.error.code === 'user_not_found') return null;
    throw outcomeOf(answer.error, answer.transport);
  }
}

function holds(account: Account, role: string): boolean {
  const bannedUntil = account.record?.bannedUntil;
  return grantsOf(account.appMetadata).roles.includes(role) && !(bannedUntil && bannedUntil > new Date());
}
