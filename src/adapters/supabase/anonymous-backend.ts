import type { JsonObject } from '../../identity/json.ts';
import type { AnonymousBackend } from '../../identity/sign-in/anonymous-backend.ts';
import type { Calls } from './calls.ts';
import { outcomeOf } from './outcome.ts';
import { sessionFromSupabase } from './user.ts';

export class SupabaseAnonymousBackend implements AnonymousBackend {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  async signIn(userMetadata: JsonObject) {
    const answer = await this.#calls.asAnybody((auth) =>
      auth.signInAnonymously({ options: { data: userMetadata } }),
    );
    if (answer.error) throw outcomeOf(answer.error, answer.transport);
    if (!answer.data.session)
      throw new Error('Supabase Auth answered an anonymous sign-in without a session.');
    return sessionFromSupabase(answer.data.session);
  }
}
