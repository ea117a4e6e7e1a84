/**
 * Records how each mutation ended, where nobody nearer to what happened has: outcomes of rules that never reached the auth server, and
 * everything where people live at Supabase. And what was asked for without the right to it, by queries too.
 */
import { errorTypeMap } from '@pothos/plugin-errors';
import { defaultFieldResolver, type GraphQLField, type GraphQLSchema } from 'graphql';
import type { Context } from '../../context.ts';
import type { AuditAction, NewAuditEvent } from '../../identity/audit/audit-event.ts';
import { DENIAL_CODES, DeniedError } from '../../identity/denial.ts';
import { UserError } from '../../identity/errors.ts';
import { isUuid } from '../../identity/uuid.ts';

/** Null: what succeeds here changes nothing yet, or is recorded of each of many. Mutations without a line are recorded by their own name. */
const ACTIONS: Readonly<Record<string, AuditAction | null>> = {
  acceptInvitation: 'user.signed_in',
  banUser: 'user.banned',
  cancelAccountDeletion: 'user.deletion_cancelled',
  banUsers: null,
  changeEmail: 'code.requested',
  changePassword: 'user.password_changed',
  changePhone: 'code.requested',
  completeOnboarding: 'user.updated',
  createUser: 'user.created',
  createWebhook: 'webhook.created',
  deleteAccount: 'user.deleted',
  deleteUser: 'user.deleted',
  deleteUsers: null,
  deleteWebhook: 'webhook.removed',
  enrollTotp: 'factor.enrolled',
  exchangeCode: 'user.signed_in',
  exportMyData: 'user.data_exported',
  finishPasskeyRegistration: 'passkey.added',
  finishPasskeySignIn: 'user.signed_in',
  generateLink: 'link.generated',
  generateRecoveryCodes: 'recovery_codes.generated',
  impersonate: 'user.impersonated',
  inviteUser: 'user.invited',
  linkIdentity: null,
  login: 'user.signed_in',
  logout: 'session.ended',
  refreshSession: null,
  removeFactor: 'factor.removed',
  removePasskey: 'passkey.removed',
  renamePasskey: 'passkey.renamed',
  requestPasswordReset: 'code.requested',
  requestReauthentication: 'code.requested',
  requestSignInCode: 'code.requested',
  resendVerification: 'code.requested',
  resetMfa: 'user.mfa_reset',
  resetPassword: 'user.password_changed',
  revokeSession: 'session.ended',
  revokeUserSessions: 'session.ended',
  revokeUsersSessions: null,
  rotateWebhookSecret: 'webhook.secret_rotated',
  sendPasswordReset: 'code.requested',
  setUserPermissions: 'user.grants_changed',
  setUserRoles: 'user.grants_changed',
  setUserTier: 'user.grants_changed',
  setUsersTier: null,
  signInAnonymously: 'user.signed_up',
  signInWithCode: 'user.signed_in',
  signInWithIdToken: 'user.signed_in',
  signInWithOAuth: null,
  signup: 'user.signed_up',
  startPasskeyRegistration: null,
  startPasskeySignIn: null,
  stepUp: 'session.raised',
  unbanUser: 'user.unbanned',
  unbanUsers: null,
  unlinkIdentity: 'identity.unlinked',
  updatePreferences: 'user.updated',
  updateProfile: 'user.updated',
  updateUser: 'user.updated',
  updateWebhook: 'webhook.updated',
  verifyEmail: 'user.confirmed',
  verifyEmailChange: 'user.email_changed',
  verifyPhone: 'user.confirmed',
  verifyMfa: 'session.raised',
  verifyPhoneChange: 'user.phone_changed',
  verifyTotp: 'factor.added',
};

/** What succeeds here without having been recorded has changed nothing: all of it is recorded where it happens, in front of Supabase too. */
const RECORDED_THERE: ReadonlySet<string> = new Set([
  'cancelAccountDeletion',
  'deleteAccount',
  'exportMyData',
  'revokeSession',
]);

type RootField = GraphQLField<unknown, Context, { input?: { userId?: unknown } }>;

/** By construction and not by a call in each resolver, so that no mutation is forgotten. */
export function recordOutcomes(schema: GraphQLSchema): GraphQLSchema {
  for (const field of fieldsOf(schema.getMutationType())) recordOutcomesOf(field);
  for (const field of fieldsOf(schema.getQueryType())) recordDenialsOf(field);
  return schema;
}

const fieldsOf = (type: ReturnType<GraphQLSchema['getQueryType']>) =>
  Object.values(type?.getFields() ?? {}) as RootField[];

function recordOutcomesOf(field: RootField): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = (root, args, context, info) =>
    recordingOutcome(context, field.name, args, async () => resolve(root, args, context, info));
}

/** For what is not a mutation of its own: one of many. */
export async function recordingOutcome<Result>(
  context: Context,
  field: string,
  args: Arguments,
  work: () => Promise<Result>,
): Promise<Result> {
  const { trail } = context.services.client;
  const { successes, refusals } = trail;
  const refused = async (refusal: Refusal | null) => {
    if (refusal && trail.refusals === refusals) await recordRefusal(context, field, refusal, args);
  };
  try {
    const result = await work();
    if (isOutcome(result)) await refused(result);
    else if (trail.successes === successes) await recordSuccess(context, field, result, args);
    return result;
  } catch (error) {
    await refused(refusalIn(error));
    throw error;
  }
}

function recordDenialsOf(field: RootField): void {
  const resolve = field.resolve ?? defaultFieldResolver;
  field.resolve = async (root, args, context, info) => {
    try {
      return await resolve(root, args, context, info);
    } catch (error) {
      if (error instanceof DeniedError) await recordRefusal(context, field.name, error, args);
      throw error;
    }
  };
}

type Refusal = Pick<UserError | DeniedError, 'code'>;

/**
 * Nobody in particular knocked, where nobody is signed in, or whose browser asks whether it still has a session; and what failed by itself is
 * for the log.
 */
const UNRECORDED: readonly string[] = ['UNAUTHENTICATED', 'INVALID_REFRESH_TOKEN', 'SERVICE_UNAVAILABLE'];

/** The plugin hides of what class an outcome is, so that it becomes the right member of its union. */
const isOutcome = (result: unknown): result is Refusal =>
  typeof result === 'object' && result !== null && errorTypeMap.has(result);

const refusalIn = (error: unknown): Refusal | null =>
  error instanceof UserError || error instanceof DeniedError ? error : null;

type Arguments = { input?: { userId?: unknown } };

async function recordSuccess({ viewer, services }: Context, field: string, result: unknown, args: Arguments) {
  const action = actionOf(field);
  if (action === null || RECORDED_THERE.has(field)) return;
  const found = accountIn(result);
  await services.audit.record(services.client, {
    action,
    userId: targetOf(args) ?? found ?? (viewer.kind === 'person' ? viewer.account.id : null),
    isByThemselves: found !== null && 'refreshToken' in (result as object),
    details: { field },
  });
}

async function recordRefusal(
  { viewer, services }: Context,
  field: string,
  refusal: Refusal,
  args: Arguments,
) {
  const { code } = refusal;
  if (UNRECORDED.includes(code)) return;
  const isDenied = (DENIAL_CODES as readonly string[]).includes(code);
  await services.audit.record(services.client, {
    action: isDenied ? 'access.denied' : (actionOf(field) ?? `graphql.${field}`),
    outcome: isDenied ? 'denied' : 'failure',
    code,
    userId: targetOf(args) ?? (viewer.kind === 'person' ? viewer.account.id : null),
    details: { field },
  });
}

const actionOf = (field: string): NewAuditEvent['action'] | null =>
  field in ACTIONS ? (ACTIONS[field] ?? null) : `graphql.${field}`;

function targetOf({ input }: Arguments): string | null {
  const id = input?.userId;
  return typeof id === 'string' && isUuid(id) ? id.toLowerCase() : null;
}

/** A session's, or the person themselves. */
function accountIn(result: unknown): string | null {
  if (typeof result !== 'object' || result === null) return null;
  const { account, user, appMetadata, id } = result as Record<string, unknown>;
  if (appMetadata !== undefined && typeof id === 'string') return id;
  return accountIn(account ?? user ?? null);
}
