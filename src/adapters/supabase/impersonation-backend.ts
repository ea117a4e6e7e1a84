import type { User } from '@supabase/supabase-js';
import type { ImpersonationBackend } from '../../identity/administration/impersonation-backend.ts';
import { NotEnabledError, NotSupportedError } from '../../identity/errors.ts';
import type { Extension } from './extension.ts';
import { accountFromUser } from './user.ts';

interface Begun {
  access_token: string;
  expires_in: number;
  expires_at: number;
  session_id: string;
  user: User;
}

/** Only whoever signs the tokens can say in one who acts. */
export class SupabaseImpersonation implements ImpersonationBackend {
  readonly #extension: Extension | null;

  readonly #isOn: boolean;

  /** @param extension null on Supabase @param isOn what the embedded server's configuration says */
  constructor(extension: Extension | null, isOn: boolean) {
    this.#extension = extension;
    this.#isOn = isOn;
  }

  assertOffered() {
    this.#offered();
  }

  #offered(): Extension {
    if (!this.#extension) throw new NotSupportedError('IMPERSONATION');
    if (!this.#isOn)
      throw new NotEnabledError(
        'Nobody acts in another’s stead here. The operator of this installation can allow it by IMPERSONATION_ENABLED=on.',
      );
    return this.#extension;
  }

  async begin(accessToken: string, { userId, reason }: { userId: string; reason: string }) {
    const begun = await this.#offered().call<Begun>(
      '/impersonations',
      { user_id: userId, reason },
      accessToken,
    );
    return {
      impersonationToken: begun.access_token,
      expiresIn: begun.expires_in,
      expiresAt: new Date(begun.expires_at * 1000),
      sessionId: begun.session_id,
      account: accountFromUser(begun.user),
    };
  }
}
