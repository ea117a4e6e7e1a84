/** What the client's calls answer: unions that narrow by `__typename`. */
import type {
  AuthSessionFieldsFragment,
  ChangePasswordMutation,
  LoginMutation,
  LogoutMutation,
  RefreshSessionMutation,
  SetUserRolesMutation,
  SignupMutation,
  UpdateProfileMutation,
  UserFieldsFragment,
  UserQuery,
  ViewerQuery,
} from './generated/operations.ts';

export type Session = AuthSessionFieldsFragment;
export type User = UserFieldsFragment;
export type UserWithRecord = NonNullable<UserQuery['user']>;
export type Viewer = ViewerQuery['viewer'];

export type SignupResult = SignupMutation['signup'];
export type LoginResult = LoginMutation['login'];
export type RefreshSessionResult = RefreshSessionMutation['refreshSession'];
export type LogoutResult = LogoutMutation['logout'];
export type UpdateProfileResult = UpdateProfileMutation['updateProfile'];
export type ChangePasswordResult = ChangePasswordMutation['changePassword'];
export type SetUserRolesResult = SetUserRolesMutation['setUserRoles'];
