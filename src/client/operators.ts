/** What operators do to the accounts of others. Each method needs the permission that the schema names at its field. */
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import {
  BanUserDocument,
  type BanUserInput,
  type BanUserMutation,
  BanUsersDocument,
  type BanUsersInput,
  type BanUsersMutation,
  CreateUserDocument,
  type CreateUserInput,
  type CreateUserMutation,
  DeleteUserDocument,
  type DeleteUserInput,
  type DeleteUserMutation,
  DeleteUsersDocument,
  type DeleteUsersInput,
  type DeleteUsersMutation,
  GenerateLinkDocument,
  type GenerateLinkInput,
  type GenerateLinkMutation,
  ImpersonateDocument,
  type ImpersonateInput,
  type ImpersonateMutation,
  InviteUserDocument,
  type InviteUserInput,
  type InviteUserMutation,
  ResetMfaDocument,
  type ResetMfaInput,
  type ResetMfaMutation,
  RevokeUserSessionsDocument,
  type RevokeUserSessionsInput,
  type RevokeUserSessionsMutation,
  RevokeUsersSessionsDocument,
  type RevokeUsersSessionsInput,
  type RevokeUsersSessionsMutation,
  SendPasswordResetDocument,
  type SendPasswordResetInput,
  type SendPasswordResetMutation,
  SetUserPermissionsDocument,
  type SetUserPermissionsInput,
  type SetUserPermissionsMutation,
  SetUserRolesDocument,
  type SetUserRolesInput,
  type SetUserRolesMutation,
  SetUsersTierDocument,
  type SetUsersTierInput,
  type SetUsersTierMutation,
  SetUserTierDocument,
  type SetUserTierInput,
  type SetUserTierMutation,
  UnbanUserDocument,
  type UnbanUserInput,
  type UnbanUserMutation,
  UnbanUsersDocument,
  type UnbanUsersInput,
  type UnbanUsersMutation,
  UpdateUserDocument,
  type UpdateUserInput,
  type UpdateUserMutation,
} from './generated/operations.ts';

export type InviteUserResult = InviteUserMutation['inviteUser'];
export type GenerateLinkResult = GenerateLinkMutation['generateLink'];
export type SetUserRolesResult = SetUserRolesMutation['setUserRoles'];
export type CreateUserResult = CreateUserMutation['createUser'];
export type UpdateUserResult = UpdateUserMutation['updateUser'];
export type SetUserPermissionsResult = SetUserPermissionsMutation['setUserPermissions'];
export type SetUserTierResult = SetUserTierMutation['setUserTier'];
export type BanUserResult = BanUserMutation['banUser'];
export type UnbanUserResult = UnbanUserMutation['unbanUser'];
export type DeleteUserResult = DeleteUserMutation['deleteUser'];
export type RevokeUserSessionsResult = RevokeUserSessionsMutation['revokeUserSessions'];
export type SendPasswordResetResult = SendPasswordResetMutation['sendPasswordReset'];
export type ResetMfaResult = ResetMfaMutation['resetMfa'];
export type ImpersonateResult = ImpersonateMutation['impersonate'];
export type BanUsersResult = BanUsersMutation['banUsers'];
export type UnbanUsersResult = UnbanUsersMutation['unbanUsers'];
export type SetUsersTierResult = SetUsersTierMutation['setUsersTier'];
export type RevokeUsersSessionsResult = RevokeUsersSessionsMutation['revokeUsersSessions'];
export type DeleteUsersResult = DeleteUsersMutation['deleteUsers'];

export interface OperatorClient {
  inviteUser(input: InviteUserInput): Promise<InviteUserResult>;
  generateLink(input: GenerateLinkInput): Promise<GenerateLinkResult>;
  setUserRoles(input: SetUserRolesInput): Promise<SetUserRolesResult>;
  createUser(input: CreateUserInput): Promise<CreateUserResult>;
  updateUser(input: UpdateUserInput): Promise<UpdateUserResult>;
  setUserPermissions(input: SetUserPermissionsInput): Promise<SetUserPermissionsResult>;
  setUserTier(input: SetUserTierInput): Promise<SetUserTierResult>;
  banUser(input: BanUserInput): Promise<BanUserResult>;
  unbanUser(input: UnbanUserInput): Promise<UnbanUserResult>;
  deleteUser(input: DeleteUserInput): Promise<DeleteUserResult>;
  revokeUserSessions(input: RevokeUserSessionsInput): Promise<RevokeUserSessionsResult>;
  sendPasswordReset(input: SendPasswordResetInput): Promise<SendPasswordResetResult>;
  resetMfa(input: ResetMfaInput): Promise<ResetMfaResult>;
  /** The token is for a client of its own: see docs/administration.md. */
  impersonate(input: ImpersonateInput): Promise<ImpersonateResult>;
  /** Up to 100 people; each of the `items` has the `result` that `banUser` would have had. */
  banUsers(input: BanUsersInput): Promise<BanUsersResult>;
  unbanUsers(input: UnbanUsersInput): Promise<UnbanUsersResult>;
  setUsersTier(input: SetUsersTierInput): Promise<SetUsersTierResult>;
  revokeUsersSessions(input: RevokeUsersSessionsInput): Promise<RevokeUsersSessionsResult>;
  deleteUsers(input: DeleteUsersInput): Promise<DeleteUsersResult>;
}

/** Sends a mutation as whoever is signed in, and answers its one field. */
type Asking = <Data extends Record<string, { __typename: string }>, Input>(
  document: TypedDocumentNode<Data, { input: Input }>,
) => (input: Input) => Promise<Data[keyof Data]>;

/** @param changingUser keeps the person that comes back, where it is the one who is signed in */
export const operatorMethods = (asking: Asking, changingUser: Asking): OperatorClient => ({
  inviteUser: asking(InviteUserDocument),
  generateLink: asking(GenerateLinkDocument),
  setUserRoles: changingUser(SetUserRolesDocument),
  createUser: asking(CreateUserDocument),
  updateUser: asking(UpdateUserDocument),
  setUserPermissions: changingUser(SetUserPermissionsDocument),
  setUserTier: changingUser(SetUserTierDocument),
  banUser: asking(BanUserDocument),
  unbanUser: asking(UnbanUserDocument),
  deleteUser: asking(DeleteUserDocument),
  revokeUserSessions: asking(RevokeUserSessionsDocument),
  sendPasswordReset: asking(SendPasswordResetDocument),
  resetMfa: asking(ResetMfaDocument),
  impersonate: asking(ImpersonateDocument),
  banUsers: asking(BanUsersDocument),
  unbanUsers: asking(UnbanUsersDocument),
  setUsersTier: asking(SetUsersTierDocument),
  revokeUsersSessions: asking(RevokeUsersSessionsDocument),
  deleteUsers: asking(DeleteUsersDocument),
});
