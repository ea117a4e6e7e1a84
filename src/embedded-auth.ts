/** The embedded auth server, put together. */
import type { Hooks } from './adapters/hooks/hook.ts';
import { createHookCaller } from './adapters/hooks/hook-caller.ts';
import { type Mail, openMail } from './adapters/mail/mail.ts';
import { createOAuthProviders } from './adapters/oauth/providers.ts';
import { createPasswordHasher } from './adapters/passwords/hasher.ts';
import { openUserDirectory } from './adapters/postgres/people/open-user-directory.ts';
import { createRoleHolders } from './adapters/postgres/people/role-holders.ts';
import { createSignInChallenges } from './adapters/postgres/people/sign-in-challenges.ts';
import { createUserIds } from './adapters/postgres/people/user-ids.ts';
import { createSupabaseBackend } from './adapters/supabase/auth-backend.ts';
import { embeddedProject } from './adapters/supabase/embedded-project.ts';
import { createConfiguredSigningKeys } from './adapters/tokens/configured-signing-keys.ts';
import { openDatabaseSigningKeys } from './adapters/tokens/database-signing-keys.ts';
import { signProjectKey } from './adapters/tokens/project-key.ts';
import type { Auth, Shared } from './auth.ts';
import { createAuthServer } from './auth-server/auth-server.ts';
import { channelsOfHooks } from './auth-server/hooks/hook-delivery.ts';
import { createAccountEraser } from './auth-server/users/erased-account.ts';
import type { Config, EmbeddedConfig } from './config/config.ts';

/** The embedded server takes its own project key in the process; it lives only as long as a call may take. */
const PROCESS_KEY_TTL_SECONDS = 60;

async function mailOf(
  config: Config,
  { siteUrl, issuer, codes }: EmbeddedConfig,
  hooks: Hooks,
  { database, clock, log }: Shared,
): Promise<Mail> {
  const hasMailbox = !config.production;
  const settings = { ...config.mail, siteUrl, hasMailbox, codeTtlSeconds: codes.ttlSeconds };
  if (!config.mail.smtp && !hasMailbox && !hooks.isOn('send_email'))
    log.warn('no mail can be sent: SMTP_URL is not set');
  const byHook = channelsOfHooks({ hooks, database, clock, issuer });
  return openMail({ database, clock, log, settings, byHook });
}

export async function embeddedAuth(config: Config, auth: EmbeddedConfig, shared: Shared): Promise<Auth> {
  const { database, clock } = shared;
  const hooks = createHookCaller({ ...shared, targets: auth.hooks });
  const mail = await mailOf(config, auth, hooks, shared);
  const keys =
    auth.jwtKeys || auth.jwtSecret
      ? await createConfiguredSigningKeys(auth)
      : await openDatabaseSigningKeys({ database, clock });
  const passwords = createPasswordHasher({ scheme: auth.passwordRules.scheme });
  const { outbox } = mail;
  const server = createAuthServer({
    ...shared,
    keys,
    passwords,
    outbox,
    hooks,
    oauth: createOAuthProviders(auth.oauth.providers),
    settings: {
      ...auth,
      manualLinking: auth.oauth.manualLinking,
      linkingNeedsProof: auth.oauth.linkingNeedsProof,
    },
  });
  const authFor = createSupabaseBackend({
    project: embeddedProject(server, auth.issuer.replace(/\/auth\/v1$/, '')),
    secretKey: () => signProjectKey(keys, 'service_role', clock, PROCESS_KEY_TTL_SECONDS),
    isEmbedded: true,
    isImpersonationOn: auth.impersonation !== null,
    hasAnotherWithRole: createRoleHolders(database, clock),
    findUserId: createUserIds(database),
    signInChallenges: createSignInChallenges(database, clock, { ownsSessions: true }),
    directory: await openUserDirectory(shared),
    endSessions: null,
  });
  const isReady = async () => void (await keys.current());
  const erase = createAccountEraser({ ...shared, outbox });
  return {
    authFor,
    keys,
    signingKeys: keys,
    issuer: auth.issuer,
    server,
    mail,
    mirror: null,
    eraseAccount: ({ client }, { id }) => erase(client, id),
    webhookSecret: null,
    isReady,
  };
}
