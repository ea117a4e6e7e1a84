import type { User } from '@supabase/supabase-js';
import type { ImpersonationBackend } from '../../identity/administration/impersonation-backend.ts';
import { NotSupportedError } from '../../identity/errors.ts';
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

  constructor(extension: Extension | null) {
    this.#extension = extension;
  }

  async begin(accessToken: string, { userId, reason }: { userId: string; reason: string }) {
    if (!this.#extension) throw new NotSupportedError('IMPERSONATION');
    const begun = await this.#extension.call<Begun>(
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
