/** Supabase Auth over HTTP, put together, and the mirror of its people. */
import { openMirror } from './adapters/mirror/open-mirror.ts';
import { openUserDirectory } from './adapters/postgres/people/open-user-directory.ts';
import { createRoleHolders } from './adapters/postgres/people/role-holders.ts';
import { createSessionEnder } from './adapters/postgres/people/session-ender.ts';
import { createSignInChallenges } from './adapters/postgres/people/sign-in-challenges.ts';
import { createUserIds } from './adapters/postgres/people/user-ids.ts';
import { createSupabaseBackend } from './adapters/supabase/auth-backend.ts';
import { remoteProject } from './adapters/supabase/remote-project.ts';
import { createRemoteKeys } from './adapters/tokens/remote-keys.ts';
import type { Auth, Shared } from './auth.ts';
import type { Config } from './config/config.ts';
import type { SupabaseAuthConfig } from './config/supabase.ts';
import { SUPABASE_TIMEOUT_MS, type SupabaseDatabase } from './supabase-database.ts';

export async function supabaseAuth(
  { mirrorPeople }: Config,
  config: SupabaseAuthConfig,
  { mayMirror, isOwn, canEndSessions, upstream }: SupabaseDatabase,
  shared: Shared,
): Promise<Auth> {
  const { database, clock, log } = shared;
  const silent = remoteProject({ ...config, timeoutMs: SUPABASE_TIMEOUT_MS });
  const mirror = mayMirror
    ? await openMirror({
        database,
        clock,
        log,
        mode: mirrorPeople,
        projectUrl: config.url,
        upstream,
      })
    : null;
  const authFor = createSupabaseBackend({
    project: mirror ? { ...silent, listen: mirror.listen } : silent,
    secretKey: async () => config.secretKey,
    isEmbedded: false,
    isImpersonationOn: false,
    hasAnotherWithRole: isOwn ? createRoleHolders(database, clock) : null,
    findUserId: isOwn ? createUserIds(database) : null,
    signInChallenges: createSignInChallenges(database, clock, { ownsSessions: canEndSessions }),
    directory: isOwn ? await openUserDirectory(shared) : null,
    endSessions: canEndSessions ? createSessionEnder(database) : null,
  });
  const keys = createRemoteKeys({
    jwksUrl: `${config.url}/auth/v1/.well-known/jwks.json`,
    jwtSecret: config.jwtSecret,
    fetch,
    clock,
    timeoutMs: SUPABASE_TIMEOUT_MS,
  });
  // With the secret key, so that a wrong one is found out here and not by the first administrator.
  const isReady = async () => {
    const response = await fetch(`${config.url}/auth/v1/admin/users?page=1&per_page=1`, {
      headers: { apikey: config.secretKey, authorization: `Bearer ${config.secretKey}` },
      redirect: 'error',
      signal: AbortSignal.timeout(SUPABASE_TIMEOUT_MS),
    });
    await response.body?.cancel();
    if (response.status === 401 || response.status === 403)
      throw new Error('The secret key of Supabase is refused.');
    if (!response.ok) throw new Error(`Supabase Auth answered ${response.status}.`);
  };
  return {
    authFor,
    keys,
    signingKeys: null,
    issuer: config.issuer,
    server: null,
    mail: null,
    eraseAccount: null,
    webhookSecret: config.webhookSecret,
    mirror,
    isReady,
  };
}
