import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type {
  AcceptInvitationInput,
  AuditEventsQueryVariables,
  ChangeEmailInput,
  ChangePasswordInput,
  ChangePhoneInput,
  CompleteOnboardingInput,
  DeleteAccountInput,
  EnrollTotpInput,
  GenerateRecoveryCodesInput,
  LinkIdentityInput,
  LoginInput,
  LogoutInput,
  MyActivityQueryVariables,
  RemoveFactorInput,
  RemovePasskeyInput,
  RenamePasskeyInput,
  RequestPasswordResetInput,
  RequestSignInCodeInput,
  ResendVerificationInput,
  ResetPasswordInput,
  RevokeSessionInput,
  SignInAnonymouslyInput,
  SignInWithCodeInput,
  SignInWithIdTokenInput,
  SignInWithOAuthInput,
  SignupInput,
  StepUpInput,
  UnlinkIdentityInput,
  UpdatePreferencesInput,
  UpdateProfileInput,
  UserStatsQueryVariables,
  UsersQueryVariables,
  VerifyEmailChangeInput,
  VerifyEmailInput,
  VerifyMfaInput,
  VerifyPhoneChangeInput,
  VerifyPhoneInput,
  VerifyTotpInput,
} from './generated/operations.ts';
import type { OperatorClient } from './operators.ts';
import type {
  AcceptInvitationResult,
  AuditEvents,
  AuthProvider,
  CancelAccountDeletionResult,
  ChangeEmailResult,
  ChangePasswordResult,
  ChangePhoneResult,
  CompleteOnboardingResult,
  DeleteAccountResult,
  EnrollTotpResult,
  ExchangeCodeResult,
  ExportMyDataResult,
  GenerateRecoveryCodesResult,
  Identity,
  LinkIdentityResult,
  LoginResult,
  LogoutResult,
  MyAccount,
  MyActivity,
  MyFactors,
  Passkey,
  RefreshSessionResult,
  RegisterPasskeyResult,
  RemoveFactorResult,
  RemovePasskeyResult,
  RenamePasskeyResult,
  RequestPasswordResetResult,
  RequestReauthenticationResult,
  RequestSignInCodeResult,
  ResendVerificationResult,
  ResetPasswordResult,
  RevokeSessionResult,
  Session,
  SessionsResult,
  SignInAnonymouslyResult,
  SignInWithCodeResult,
  SignInWithIdTokenResult,
  SignInWithOAuthResult,
  SignInWithPasskeyResult,
  SignupResult,
  StepUpResult,
  UnlinkIdentityResult,
  UpdatePreferencesResult,
  UpdateProfileResult,
  User,
  UserConnection,
  UserStatsResult,
  UserWithRecord,
  VerifyEmailChangeResult,
  VerifyEmailResult,
  VerifyMfaResult,
  VerifyPhoneChangeResult,
  VerifyPhoneResult,
  VerifyTotpResult,
  Viewer,
} from './outcomes.ts';
import type { RegisterPasskeyOptions, SignInWithPasskeyOptions } from './passkeys.ts';
import type { SessionListener } from './session-store.ts';
import type { WebhookCalls } from './webhooks.ts';

/**
 * Every call resolves to what the schema answers, typed errors included, and rejects with a `LimenClientError` for everything else. Calls
 * carry the access token, refreshed when it has expired or is refused. When the session turns out to be over, they reject with
 * `UNAUTHENTICATED` and the listeners are told `SIGNED_OUT`; when it cannot be refreshed at the moment, it stays.
 */
export interface IdentityClient extends OperatorClient, WebhookCalls {
  /** With an `AuthSession` the person is signed in. */
  signup(input: SignupInput): Promise<SignupResult>;
  /** By the code of a sign-up, or what its link holds. With an `AuthSession` the person is signed in. */
  verifyEmail(input: VerifyEmailInput): Promise<VerifyEmailResult>;
  /** By the code of a sign-up with a number. With an `AuthSession` the person is signed in. */
  verifyPhone(input: VerifyPhoneInput): Promise<VerifyPhoneResult>;
  resendVerification(input: ResendVerificationInput): Promise<ResendVerificationResult>;
  /** With an `AuthSession` the person is signed in. */
  login(input: LoginInput): Promise<LoginResult>;
  requestSignInCode(input: RequestSignInCodeInput): Promise<RequestSignInCodeResult>;
  /** With an `AuthSession` the person is signed in. */
  signInWithCode(input: SignInWithCodeInput): Promise<SignInWithCodeResult>;
  requestPasswordReset(input: RequestPasswordResetInput): Promise<RequestPasswordResetResult>;
  /** With an `AuthSession` the person is signed in, and every other session of theirs is over. */
  resetPassword(input: ResetPasswordInput): Promise<ResetPasswordResult>;
  /** Finishes a sign-in that answered `MfaRequired`. With an `AuthSession` the person is signed in. */
  verifyMfa(input: VerifyMfaInput): Promise<VerifyMfaResult>;
  /** With an `AuthSession` the session goes on at AAL2: what was refused with the reason `AAL2_REQUIRED` can be asked again. */
  stepUp(input: StepUpInput): Promise<StepUpResult>;
  enrollTotp(input: EnrollTotpInput): Promise<EnrollTotpResult>;
  /** With an `AuthSession` the session goes on at AAL2. */
  verifyTotp(input: VerifyTotpInput): Promise<VerifyTotpResult>;
  removeFactor(input: RemoveFactorInput): Promise<RemoveFactorResult>;
  /** Rejects with `FORBIDDEN`, reason `AAL2_REQUIRED`, in a session that has not shown a second factor. */
  generateRecoveryCodes(input?: GenerateRecoveryCodesInput): Promise<GenerateRecoveryCodesResult>;
  /** The viewer's second factors, and how many recovery codes are left. Null when nobody is signed in. */
  factors(): Promise<MyFactors | null>;
  /** Signs the person out here, unless `OTHERS` are asked for. A session that was over already is no error. */
  logout(input?: LogoutInput): Promise<LogoutResult>;
  /** Null when nobody is signed in. Costs the server no query; `MeWithRecordDocument` asks for more. */
  me(): Promise<User | null>;
  viewer(): Promise<Viewer>;
  /** Null for an id nobody has. Rejects with `FORBIDDEN` unless the viewer may ask. */
  user(id: string): Promise<UserWithRecord | null>;
  /** For operators, the newest first unless asked otherwise; 40 people at most. Rejects with `FORBIDDEN`, `VALIDATION_FAILED` or `NOT_SUPPORTED`. */
  users(list?: UsersQueryVariables): Promise<UserConnection>;
  /** For operators: figures over time. Rejects with `FORBIDDEN`. */
  userStats(plot: UserStatsQueryVariables): Promise<UserStatsResult>;
  updateProfile(input: UpdateProfileInput): Promise<UpdateProfileResult>;
  completeOnboarding(input: CompleteOnboardingInput): Promise<CompleteOnboardingResult>;
  /** Merges: only what changes has to be given. */
  updatePreferences(input: UpdatePreferencesInput): Promise<UpdatePreferencesResult>;
  /** Where the person is signed in. Rejects with `UNAUTHENTICATED` when nobody is. */
  sessions(): Promise<SessionsResult>;
  /** With the id of the session that asks the person is signed out here. */
  revokeSession(input: RevokeSessionInput): Promise<RevokeSessionResult>;
  /** With `AccountDeleted` the person is signed out here too; with `AccountDeletionScheduled` this session goes on. */
  deleteAccount(input: DeleteAccountInput): Promise<DeleteAccountResult>;
  cancelAccountDeletion(): Promise<CancelAccountDeletionResult>;
  exportMyData(): Promise<ExportMyDataResult>;
  /** When the account is deleted, if it is to be, and when the onboarding and the consent were. Null when nobody is signed in. */
  account(): Promise<MyAccount | null>;
  /** The session goes on; every other one of the person ends. */
  changePassword(input: ChangePasswordInput): Promise<ChangePasswordResult>;
  /** Sends the person a code, by mail or by text message, that `changePassword` takes as `nonce`. */
  requestReauthentication(): Promise<RequestReauthenticationResult>;
  /** With an `AuthSession` the person is signed in. Keep the session: there is no other way back in. */
  signInAnonymously(input?: SignInAnonymouslyInput): Promise<SignInAnonymouslyResult>;
  /** With a `User` the address has changed; otherwise mails are under way. */
  changeEmail(input: ChangeEmailInput): Promise<ChangeEmailResult>;
  /** With an `AuthSession` the address has changed and the person is signed in. */
  verifyEmailChange(input: VerifyEmailChangeInput): Promise<VerifyEmailChangeResult>;
  /** With a `User` the number has changed; otherwise a code is under way. */
  changePhone(input: ChangePhoneInput): Promise<ChangePhoneResult>;
  /** With an `AuthSession` the number has changed and the person is signed in. */
  verifyPhoneChange(input: VerifyPhoneChangeInput): Promise<VerifyPhoneChangeResult>;
  /** With an `AuthSession` the person is signed in. */
  acceptInvitation(input: AcceptInvitationInput): Promise<AcceptInvitationResult>;
  /** The newest first; the next page begins `after` the `endCursor` of this one. Rejects with `FORBIDDEN` unless the viewer may ask. */
  auditEvents(variables?: AuditEventsQueryVariables): Promise<AuditEvents>;
  /** What happened to the account of whoever is signed in, the newest first. */
  myActivity(variables?: MyActivityQueryVariables): Promise<MyActivity>;
  /** For the buttons of a sign-in page. */
  authProviders(): Promise<AuthProvider[]>;
  /**
   * With a `ProviderRedirect`, send the browser to its `url`; `exchangeCode` ends what this begins. What shows on return who it was is kept in
   * the storage, or else in the `sessionStorage` of the page.
   */
  signInWithOAuth(input: Route<SignInWithOAuthInput>): Promise<SignInWithOAuthResult>;
  /** With the `code` of the address that the browser came back to. With an `AuthSession` the person is signed in. */
  exchangeCode(code: string): Promise<ExchangeCodeResult>;
  /** With an `AuthSession` the person is signed in. */
  signInWithIdToken(input: SignInWithIdTokenInput): Promise<SignInWithIdTokenResult>;
  /** The ways the person signs in; null when nobody is. */
  identities(): Promise<Identity[] | null>;
  /** As `signInWithOAuth`, to add a provider to the account. */
  linkIdentity(input: Route<LinkIdentityInput>): Promise<LinkIdentityResult>;
  unlinkIdentity(input: UnlinkIdentityInput): Promise<UnlinkIdentityResult>;
  /**
   * In a browser, for whoever is signed in: makes a passkey and registers it. Rejects with `PASSKEYS_NOT_SUPPORTED`, `PASSKEY_CANCELLED` or
   * `PASSKEY_FAILED` for what goes wrong in the browser.
   */
  registerPasskey(options?: RegisterPasskeyOptions): Promise<RegisterPasskeyResult>;
  /** In a browser: with an `AuthSession` the person is signed in. Rejects as `registerPasskey`. */
  signInWithPasskey(options?: SignInWithPasskeyOptions): Promise<SignInWithPasskeyResult>;
  /** Of whoever is signed in; none when nobody is. */
  passkeys(): Promise<Passkey[]>;
  renamePasskey(input: RenamePasskeyInput): Promise<RenamePasskeyResult>;
  removePasskey(input: RemovePasskeyInput): Promise<RemovePasskeyResult>;
  /** Calls do so by themselves; this is for a token that shall hold at once what changed about the person. */
  refresh(): Promise<RefreshSessionResult>;
  /**
   * The session there is when a page begins: of the storage, or what the server makes of the cookie, which takes a request. Calls do so by
   * themselves; this is for pages that show nothing before they know. Null when nobody is signed in.
   */
  restore(): Promise<Session | null>;
  /** As it was kept last: asks no server. Null when nobody is signed in. */
  getSession(): Promise<Session | null>;
  /** Returns what takes the listener away again. Not told: what another client does to a storage that both share. */
  onSessionChange(listener: SessionListener): () => void;
  /** Any operation on the schema. Those that sign somebody in or out have methods of their own, which keep the session. */
  request<Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    ...variables: VariablesOf<Variables>
  ): Promise<Data>;
  /** What to send as `Authorization` by other means; null when nobody is signed in. */
  authorizationHeader(): Promise<string | null>;
  /** For urql, Apollo and others: carries the access token to the endpoint's origin, and goes anywhere else as it is. */
  fetch: typeof globalThis.fetch;
}

/** The client makes the challenge. */
type Route<Input> = Omit<Input, 'codeChallenge' | 'codeChallengeMethod'>;

type VariablesOf<Variables> =
  Record<string, never> extends Variables ? [variables?: Variables] : [variables: Variables];
