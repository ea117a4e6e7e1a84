import { createCalls, only } from './calls.ts';
import { LimenClientError } from './client-error.ts';
import { createCodeVerifiers } from './code-verifier.ts';
import {
  AcceptInvitationDocument,
  AuditEventsDocument,
  AuthProvidersDocument,
  CancelAccountDeletionDocument,
  ChangeEmailDocument,
  ChangePasswordDocument,
  ChangePhoneDocument,
  CompleteOnboardingDocument,
  DeleteAccountDocument,
  EnrollTotpDocument,
  ExchangeCodeDocument,
  ExportMyDataDocument,
  FinishPasskeyRegistrationDocument,
  FinishPasskeySignInDocument,
  GenerateRecoveryCodesDocument,
  LinkIdentityDocument,
  LoginDocument,
  LogoutDocument,
  MeDocument,
  MyAccountDocument,
  MyActivityDocument,
  MyFactorsDocument,
  MyIdentitiesDocument,
  PasskeysDocument,
  RemoveFactorDocument,
  RemovePasskeyDocument,
  RenamePasskeyDocument,
  RequestPasswordResetDocument,
  RequestReauthenticationDocument,
  RequestSignInCodeDocument,
  ResendVerificationDocument,
  ResetPasswordDocument,
  RevokeSessionDocument,
  SessionsDocument,
  SignInAnonymouslyDocument,
  SignInWithCodeDocument,
  SignInWithIdTokenDocument,
  SignInWithOAuthDocument,
  SignupDocument,
  StartPasskeyRegistrationDocument,
  StartPasskeySignInDocument,
  StepUpDocument,
  UnlinkIdentityDocument,
  UpdatePreferencesDocument,
  UpdateProfileDocument,
  UserDocument,
  UserStatsDocument,
  UsersDocument,
  VerifyEmailChangeDocument,
  VerifyEmailDocument,
  VerifyMfaDocument,
  VerifyPhoneChangeDocument,
  VerifyPhoneDocument,
  VerifyTotpDocument,
  ViewerDocument,
} from './generated/operations.ts';
import type { IdentityClient } from './identity-client.ts';
import { operatorMethods } from './operators.ts';
import { registerPasskey, signInWithPasskey } from './passkeys.ts';
import { createSessionRefresh } from './session-refresh.ts';
import { createMemoryStorage, type SessionStorage } from './session-storage.ts';
import { createSessionStore, type SessionListener } from './session-store.ts';
import { createPost } from './transport.ts';
import { createWebhookCalls } from './webhooks.ts';

export { LimenClientError, type LimenClientErrorCode } from './client-error.ts';
export * from './generated/operations.ts';
export type { IdentityClient } from './identity-client.ts';
export type * from './operators.ts';
export type * from './outcomes.ts';
export type { RegisterPasskeyOptions, SignInWithPasskeyOptions } from './passkeys.ts';
export type { SessionStorage } from './session-storage.ts';
export type { SessionEvent, SessionListener } from './session-store.ts';
export type * from './webhooks.ts';

export interface IdentityClientOptions {
  /** Of the GraphQL endpoint: `https://id.example.com/graphql`. In a browser it may be relative to the page. */
  url: string;
  /**
   * `cookie`: for browsers. The refresh token is kept in a cookie that no script can read, the access token in the memory of the page, and
   * nothing in a storage; the first call of a page takes the session up again. Default: `storage`.
   */
  session?: 'storage' | 'cookie';
  /** Where the session is kept. Clients with one storage and key share one session. Default: memory, of this client alone. */
  storage?: SessionStorage;
  /** Default: `limen.session`. */
  storageKey?: string;
  fetch?: typeof globalThis.fetch;
  /** As `client.onSessionChange`. */
  onSessionChange?: SessionListener;
}

/** @throws {TypeError} when the url is not one, or a storage is given for a session that a cookie keeps */
export function createIdentityClient(options: IdentityClientOptions): IdentityClient {
  const { href: url, origin } = new URL(options.url, globalThis.location?.href);
  const fetch: typeof globalThis.fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const inCookie = options.session === 'cookie';
  if (inCookie && options.storage) throw new TypeError('A session in a cookie is kept in no storage.');
  const store = createSessionStore(
    options.storage ?? createMemoryStorage(),
    options.storageKey ?? 'limen.session',
  );
  if (options.onSessionChange) store.listen(options.onSessionChange);
  // Where no storage is given, the page alone would lose it on the way to the provider.
  const verifiers = createCodeVerifiers(
    options.storage ?? globalThis.sessionStorage ?? createMemoryStorage(),
    `${options.storageKey ?? 'limen.session'}.code-verifier`,
  );
  const post = createPost(url, fetch, inCookie ? 'include' : undefined);
  const tokens = createSessionRefresh(store, post, inCookie ? origin : null);
  const calls = createCalls({ store, tokens, post, inCookie });
  const { ask, askInTurn, askAsNobody, keepIfSession, keepIfUser, signedOut } = calls;
  const { asking, signingIn, changingUser, raising } = calls;

  const withChallenge = async <Input extends object>(input: Input) => ({
    ...input,
    codeChallenge: await verifiers.begin(),
  });

  return {
    signup: signingIn(SignupDocument),
    verifyEmail: signingIn(VerifyEmailDocument),
    verifyPhone: signingIn(VerifyPhoneDocument),
    resendVerification: asking(ResendVerificationDocument),
    login: signingIn(LoginDocument),
    requestSignInCode: asking(RequestSignInCodeDocument),
    signInWithCode: signingIn(SignInWithCodeDocument),
    requestPasswordReset: asking(RequestPasswordResetDocument),
    resetPassword: signingIn(ResetPasswordDocument),
    verifyMfa: signingIn(VerifyMfaDocument),
    stepUp: raising(StepUpDocument),
    enrollTotp: asking(EnrollTotpDocument),
    verifyTotp: raising(VerifyTotpDocument),
    removeFactor: asking(RemoveFactorDocument),
    generateRecoveryCodes: async (input = {}) =>
      (await ask(GenerateRecoveryCodesDocument, { input })).generateRecoveryCodes,
    factors: async () => (await ask(MyFactorsDocument, {})).me,
    signInAnonymously: (input = {}) => signingIn(SignInAnonymouslyDocument)(input),
    changeEmail: changingUser(ChangeEmailDocument),
    verifyEmailChange: signingIn(VerifyEmailChangeDocument),
    changePhone: changingUser(ChangePhoneDocument),
    verifyPhoneChange: signingIn(VerifyPhoneChangeDocument),
    acceptInvitation: signingIn(AcceptInvitationDocument),
    async logout(input = {}) {
      const scope = input.scope ?? 'LOCAL';
      const ending = await tokens.restore();
      const result = await askInTurn(LogoutDocument, { input: { scope } }).then(
        (data) => data.logout,
        (error: unknown) => {
          const isOver = error instanceof LimenClientError && error.code === 'UNAUTHENTICATED';
          if (isOver && scope === 'LOCAL') return { __typename: 'LoggedOut' as const, scope };
          throw error;
        },
      );
      if (result.__typename === 'LoggedOut' && scope !== 'OTHERS') await signedOut(ending);
      return result;
    },
    sessions: async () => (await ask(SessionsDocument, {})).sessions,
    async revokeSession(input) {
      const asking = await tokens.restore();
      const result = (await askInTurn(RevokeSessionDocument, { input })).revokeSession;
      if (result.__typename === 'SessionRevoked' && result.wasCurrent) await signedOut(asking);
      return result;
    },
    async deleteAccount(input) {
      const ending = await tokens.restore();
      const result = (await askInTurn(DeleteAccountDocument, { input })).deleteAccount;
      if (result.__typename === 'AccountDeleted') await signedOut(ending);
      return result;
    },
    cancelAccountDeletion: async () =>
      keepIfUser((await ask(CancelAccountDeletionDocument, {})).cancelAccountDeletion),
    exportMyData: async () => (await ask(ExportMyDataDocument, {})).exportMyData,
    account: async () => (await ask(MyAccountDocument, {})).me,
    completeOnboarding: changingUser(CompleteOnboardingDocument),
    updatePreferences: changingUser(UpdatePreferencesDocument),
    me: async () => (await ask(MeDocument, {})).me,
    viewer: async () => (await ask(ViewerDocument, {})).viewer,
    user: async (id) => (await ask(UserDocument, { id })).user,
    users: async (list = {}) => (await ask(UsersDocument, list)).users,
    userStats: async (plot) => (await ask(UserStatsDocument, plot)).userStats,
    updateProfile: changingUser(UpdateProfileDocument),
    async changePassword(input) {
      const result = (await ask(ChangePasswordDocument, { input })).changePassword;
      if (result.__typename === 'PasswordChanged') await keepIfUser(result.user);
      return result;
    },
    ...operatorMethods(asking, changingUser),
    requestReauthentication: async () =>
      (await ask(RequestReauthenticationDocument, {})).requestReauthentication,
    auditEvents: async (variables = {}) => (await ask(AuditEventsDocument, variables)).auditEvents,
    myActivity: async (variables = {}) => (await ask(MyActivityDocument, variables)).myActivity,
    authProviders: async () => (await ask(AuthProvidersDocument, {})).authProviders,
    signInWithOAuth: async (input) =>
      only(await askAsNobody(SignInWithOAuthDocument, { input: await withChallenge(input) })),
    linkIdentity: async (input) => asking(LinkIdentityDocument)(await withChallenge(input)),
    async exchangeCode(code) {
      const given = { code, codeVerifier: await verifiers.current() };
      const input = inCookie ? { ...given, transport: 'COOKIE' as const } : given;
      const result = only(await askAsNobody(ExchangeCodeDocument, { input }));
      // A code that was not judged can be exchanged yet.
      if (!['RateLimitedError', 'ServiceUnavailableError'].includes(result.__typename))
        await verifiers.forget();
      if (result.__typename !== 'AuthSession') return result;
      const { providerToken, providerRefreshToken, ...session } = result;
      await keepIfSession(session);
      return result;
    },
    signInWithIdToken: signingIn(SignInWithIdTokenDocument),
    identities: async () => (await ask(MyIdentitiesDocument, {})).me?.identities ?? null,
    unlinkIdentity: asking(UnlinkIdentityDocument),
    registerPasskey: (options = {}) =>
      registerPasskey(
        {
          start: asking(StartPasskeyRegistrationDocument),
          finish: asking(FinishPasskeyRegistrationDocument),
        },
        options,
      ),
    signInWithPasskey: (options = {}) =>
      signInWithPasskey(
        {
          start: async () => only(await askAsNobody(StartPasskeySignInDocument, {})),
          finish: signingIn(FinishPasskeySignInDocument),
        },
        options,
      ),
    passkeys: async () => (await ask(PasskeysDocument, {})).me?.passkeys ?? [],
    renamePasskey: asking(RenamePasskeyDocument),
    removePasskey: asking(RemovePasskeyDocument),
    ...createWebhookCalls(ask),
    refresh: tokens.refresh,
    restore: tokens.restore,
    getSession: async () => (await store.read())?.session ?? null,
    onSessionChange: store.listen,
    request: (document, ...[variables]) => ask(document, variables as never),
    async authorizationHeader() {
      const accessToken = await tokens.accessToken();
      return accessToken && `Bearer ${accessToken}`;
    },
    async fetch(input, init) {
      const request = new Request(input, init);
      if (new URL(request.url).origin !== origin) return fetch(request);
      return tokens.withAccessToken(
        (accessToken) => fetch(withToken(request, accessToken)),
        (response) => response.status === 401,
      );
    },
  };
}

/** A copy, since a body can be sent only once. */
function withToken(request: Request, accessToken: string | null): Request {
  const copy = request.clone();
  if (accessToken !== null) copy.headers.set('authorization', `Bearer ${accessToken}`);
  return copy;
}
