import type { Clock } from '../../identity/clock.ts';
import { signAccessToken } from './access-token.ts';
import type { SigningKeys } from './signing-keys.ts';

/** What a project key may stand for: anybody, or the operator's own services. */
export type ProjectRole = 'anon' | 'service_role';

/**
 * The JWT form of Supabase's project keys: a role, and nobody in particular. A `service_role` key can do anything. Signed with the newest key, so
 * that while a rotation is under way the keys that outlive it can be handed out already.
 */
export function signProjectKey(
  keys: SigningKeys,
  role: ProjectRole,
  clock: Clock,
  ttlSeconds: number,
): Promise<string> {
  const iat = Math.floor(clock().getTime() / 1000);
  return signAccessToken(
    { current: () => keys.newest() },
    { iss: 'supabase', exp: iat + ttlSeconds, iat, role },
  );
}
