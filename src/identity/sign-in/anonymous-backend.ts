import type { JsonObject } from '../json.ts';
import type { Session } from '../sessions/session.ts';

/** May throw what every `AuthBackend` method may. */
export interface AnonymousBackend {
  /** An account without an address, and its first session. @throws {NotEnabledError} @throws {SignupDisabledError} */
  signIn(userMetadata: JsonObject): Promise<Session>;
}
