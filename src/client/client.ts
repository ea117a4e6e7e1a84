/** `limen/client`: the GraphQL API for browsers and Node, with a session that looks after itself. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
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
import type { Session, User } from './outcomes.ts';
import { registerPasskey, signInWithPasskey } from './passkeys.ts';
import { createSessionRefresh } from './session-refresh.ts';
import { createMemoryStorage, type SessionStorage } from './session-storage.ts';
import { createSessionStore, keep, type SessionListener } from './session-store.ts';
import { createPost, dataOf, isTokenRefused, type Post } from './transport.ts';
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
  /** For what changes the cookie. */
  const postInTurn: Post = (...call) => tokens.replacing(() => post(...call));

  async function ask<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    via: Post = post,
  ) {
    const send = (accessToken: string | null) => via(document, variables, accessToken);
    return dataOf(document, await tokens.withAccessToken(send, isTokenRefused));
  }

  /** Signing in must not fail for the token of an earlier session. */
  async function askAsNobody<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ) {
    return dataOf(document, await postInTurn(document, variables, null));
  }

  async function keepIfSession<Result extends { __typename: string }>(result: Result | Session) {
    if (isSession(result)) await store.change('SIGNED_IN', () => keep(result));
    return result;
  }

  async function keepIfRaised(result: { __typename: string }) {
    if (!isSession(result)) return;
    await store.change('TOKEN_REFRESHED', (kept) =>
      kept?.session.user.id === result.user.id ? keep(result) : undefined,
    );
  }

  /** Roles can be set for somebody else: only the person who is signed in is kept. */
  async function keepIfUser<Result extends { __typename: string }>(result: Result): Promise<Result> {
    if (isUser(result)) {
      await store.change('USER_UPDATED', (kept) =>
        kept?.session.user.id === result.id
          ? { ...kept, session: { ...kept.session, user: result } }
          : undefined,
      );
    }
    return result;
  }

  /** Unless somebody else is signed in by now. */
  async function signedOut(session: Session | null) {
    await store.change('SIGNED_OUT', (kept) =>
      kept && kept.session.user.id === session?.user.id ? null : undefined,
    );
  }

  const withChallenge = async <Input extends object>(input: Input) => ({
    ...input,
    codeChallenge: await verifiers.begin(),
  });

  type Mutation<Data, Input> = TypedDocumentNode<Data, { input: Input }>;

  /** As whoever is signed in, and nothing is kept. */
  const asking =
    <Data extends object, Input>(document: Mutation<Data, Input>) =>
    async (input: Input): Promise<Only<Data>> =>
      only<Data>(await ask(document, { input }));

  /** The session that comes back, if one does, is kept. */
  const signingIn =
    <Data extends Outcome, Input>(document: Mutation<Data, Input>) =>
    async (given: Input) => {
      const input = inCookie ? { ...given, transport: 'COOKIE' } : given;
      return keepIfSession(only(await askAsNobody(document, { input })));
    };

  /** As whoever is signed in; the person that comes back, if one does, is kept with the session. */
  const changingUser = <Data extends Outcome, Input>(document: Mutation<Data, Input>) => {
    const send = asking(document);
    return async (input: Input) => keepIfUser(await send(input));
  };

  /** As whoever is signed in; the session goes on with the tokens that come back, if any do. */
  const raising =
    <Data extends Outcome, Input>(document: Mutation<Data, Input>) =>
    async (given: Input) => {
      const input = inCookie ? { ...given, transport: 'COOKIE' } : given;
      const send = (accessToken: string | null) =>
        tokens.whileNotRefreshing(async () => {
          const answer = await post(document, { input }, accessToken);
          if (!isTokenRefused(answer)) await keepIfRaised(only(dataOf(document, answer)));
          return answer;
        });
      return only(dataOf(document, await tokens.withAccessToken(send, isTokenRefused)));
    };

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
    generateRecoveryCodes: async () => (await ask(GenerateRecoveryCodesDocument, {})).generateRecoveryCodes,
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
      const result = await ask(LogoutDocument, { input: { scope } }, postInTurn).then(
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
      const result = (await ask(RevokeSessionDocument, { input }, postInTurn)).revokeSession;
      if (result.__typename === 'SessionRevoked' && result.wasCurrent) await signedOut(asking);
      return result;
    },
    async deleteAccount(input) {
      const ending = await tokens.restore();
      const result = (await ask(DeleteAccountDocument, { input }, postInTurn)).deleteAccount;
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
          start: async () => only(await ask(StartPasskeyRegistrationDocument, {})),
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

/** What a mutation with a union of typed outcomes answers. */
type Outcome = Record<string, { __typename: string }>;
type Only<Data> = Data[keyof Data];

/** Each document asks for one field. */
const only = <Data extends object>(data: Data) => Object.values(data)[0] as Only<Data>;

const isSession = (result: { __typename: string }): result is Session => result.__typename === 'AuthSession';
const isUser = (result: { __typename: string }): result is User => result.__typename === 'User';

/** A copy, since a body can be sent only once. */
function withToken(request: Request, accessToken: string | null): Request {
  const copy = request.clone();
  if (accessToken !== null) copy.headers.set('authorization', `Bearer ${accessToken}`);
  return copy;
}
