/** What the client's calls answer: unions that narrow by `__typename`. */
import type {
  AcceptInvitationMutation,
  AuditEventsQuery,
  AuthProvidersQuery,
  AuthSessionFieldsFragment,
  CancelAccountDeletionMutation,
  ChangeEmailMutation,
  ChangePasswordMutation,
  ChangePhoneMutation,
  CompleteOnboardingMutation,
  DeleteAccountMutation,
  EnrollTotpMutation,
  ExchangeCodeMutation,
  ExportMyDataMutation,
  GenerateRecoveryCodesMutation,
  LinkIdentityMutation,
  LoginMutation,
  LogoutMutation,
  MyAccountQuery,
  MyActivityQuery,
  MyFactorsQuery,
  MyIdentitiesQuery,
  PasskeyFieldsFragment,
  RefreshSessionMutation,
  RemoveFactorMutation,
  RemovePasskeyMutation,
  RenamePasskeyMutation,
  RequestPasswordResetMutation,
  RequestReauthenticationMutation,
  RequestSignInCodeMutation,
  ResendVerificationMutation,
  ResetPasswordMutation,
  RevokeSessionMutation,
  SessionsQuery,
  SignInAnonymouslyMutation,
  SignInWithCodeMutation,
  SignInWithIdTokenMutation,
  SignInWithOAuthMutation,
  SignupMutation,
  StepUpMutation,
  UnlinkIdentityMutation,
  UpdatePreferencesMutation,
  UpdateProfileMutation,
  UserFieldsFragment,
  UserQuery,
  UserStatsQuery,
  UsersQuery,
  VerifyEmailChangeMutation,
  VerifyEmailMutation,
  VerifyMfaMutation,
  VerifyPhoneChangeMutation,
  VerifyPhoneMutation,
  VerifyTotpMutation,
  ViewerQuery,
} from './generated/operations.ts';

export type Session = AuthSessionFieldsFragment;
export type User = UserFieldsFragment;
export type Passkey = PasskeyFieldsFragment;
export type UserWithRecord = NonNullable<UserQuery['user']>;
/** A page of people. */
export type UserConnection = UsersQuery['users'];
export type UserStatsResult = UserStatsQuery['userStats'];
export type Viewer = ViewerQuery['viewer'];

export type SignupResult = SignupMutation['signup'];
export type VerifyEmailResult = VerifyEmailMutation['verifyEmail'];
export type ResendVerificationResult = ResendVerificationMutation['resendVerification'];
export type RequestSignInCodeResult = RequestSignInCodeMutation['requestSignInCode'];
export type SignInWithCodeResult = SignInWithCodeMutation['signInWithCode'];
export type RequestPasswordResetResult = RequestPasswordResetMutation['requestPasswordReset'];
export type ResetPasswordResult = ResetPasswordMutation['resetPassword'];
export type RequestReauthenticationResult = RequestReauthenticationMutation['requestReauthentication'];
export type LoginResult = LoginMutation['login'];
export type RefreshSessionResult = RefreshSessionMutation['refreshSession'];
export type LogoutResult = LogoutMutation['logout'];
export type UpdateProfileResult = UpdateProfileMutation['updateProfile'];
export type ChangePasswordResult = ChangePasswordMutation['changePassword'];
export type VerifyMfaResult = VerifyMfaMutation['verifyMfa'];
export type StepUpResult = StepUpMutation['stepUp'];
export type EnrollTotpResult = EnrollTotpMutation['enrollTotp'];
export type VerifyTotpResult = VerifyTotpMutation['verifyTotp'];
export type RemoveFactorResult = RemoveFactorMutation['removeFactor'];
export type GenerateRecoveryCodesResult = GenerateRecoveryCodesMutation['generateRecoveryCodes'];
export type MyFactors = NonNullable<MyFactorsQuery['me']>;
export type SignInAnonymouslyResult = SignInAnonymouslyMutation['signInAnonymously'];
export type ChangeEmailResult = ChangeEmailMutation['changeEmail'];
export type VerifyEmailChangeResult = VerifyEmailChangeMutation['verifyEmailChange'];
export type ChangePhoneResult = ChangePhoneMutation['changePhone'];
export type VerifyPhoneResult = VerifyPhoneMutation['verifyPhone'];
export type VerifyPhoneChangeResult = VerifyPhoneChangeMutation['verifyPhoneChange'];
export type AcceptInvitationResult = AcceptInvitationMutation['acceptInvitation'];

export type AuditEvents = AuditEventsQuery['auditEvents'];
export type MyActivity = MyActivityQuery['myActivity'];
export type AuthProvider = AuthProvidersQuery['authProviders'][number];
export type Identity = NonNullable<MyIdentitiesQuery['me']>['identities'][number];
export type SignInWithOAuthResult = SignInWithOAuthMutation['signInWithOAuth'];
export type ExchangeCodeResult = ExchangeCodeMutation['exchangeCode'];
export type SignInWithIdTokenResult = SignInWithIdTokenMutation['signInWithIdToken'];
export type LinkIdentityResult = LinkIdentityMutation['linkIdentity'];
export type UnlinkIdentityResult = UnlinkIdentityMutation['unlinkIdentity'];
export type { RegisterPasskeyResult, SignInWithPasskeyResult } from './passkeys.ts';
export type RenamePasskeyResult = RenamePasskeyMutation['renamePasskey'];
export type RemovePasskeyResult = RemovePasskeyMutation['removePasskey'];

export type CompleteOnboardingResult = CompleteOnboardingMutation['completeOnboarding'];
export type UpdatePreferencesResult = UpdatePreferencesMutation['updatePreferences'];
export type SessionsResult = SessionsQuery['sessions'];
export type RevokeSessionResult = RevokeSessionMutation['revokeSession'];
export type DeleteAccountResult = DeleteAccountMutation['deleteAccount'];
export type CancelAccountDeletionResult = CancelAccountDeletionMutation['cancelAccountDeletion'];
export type ExportMyDataResult = ExportMyDataMutation['exportMyData'];
export type MyAccount = NonNullable<MyAccountQuery['me']>;
