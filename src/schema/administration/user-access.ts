/** What operators do to the ways in of others. The rules live in `identity/administration/user-access.ts`. */

import {
  resetMfa,
  revokeUserSessions,
  sendPasswordReset,
  type UserMfaReset,
  type UserSessionsRevoked,
} from '../../identity/administration/user-access.ts';
import { NotSupportedError, ValidationError } from '../../identity/errors.ts';
import { builder } from '../builder.ts';
import { redirectToField } from '../sign-in/shown-code.ts';
import { CodeSentRef } from '../sign-in/sign-in-code.ts';
import { UserRef } from '../user.ts';
import { OTHERS_ONLY, userIdField, WHOM } from './administration.ts';

const RevokeUserSessionsInput = builder.inputType('RevokeUserSessionsInput', {
  description: 'Whose.',
  fields: (t) => userIdField(t),
});

const UserSessionsRevokedRef = builder.objectRef<UserSessionsRevoked>('UserSessionsRevoked').implement({
  description: 'The person is signed out everywhere.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'sessionsRevoked' in value,
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'Whose sessions they were.' }),
    sessionsRevoked: t.exposeInt('sessionsRevoked', {
      description: 'How many ended. 0 for somebody who was not signed in.',
    }),
  }),
});

export const RevokeUserSessionsResult = builder.errorUnion('RevokeUserSessionsResult', {
  description: 'How many ended, or why none did.',
  types: [UserSessionsRevokedRef, NotSupportedError, ...OTHERS_ONLY],
});

builder.mutationField('revokeUserSessions', (t) =>
  t.withAuth({ permission: 'sessions:write' }).field({
    type: RevokeUserSessionsResult,
    skipTypeScopes: true,
    description: `Needs \`sessions:write\`: ends all sessions of a person. Supabase's API cannot (\`NotSupportedError\`, \`missing\`: \`SESSION_REVOCATION\`); \`banUser\` can keep somebody out there. ${WHOM}`,
    args: { input: t.arg({ type: RevokeUserSessionsInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => revokeUserSessions(services, viewer, input),
  }),
);

const SendPasswordResetInput = builder.inputType('SendPasswordResetInput', {
  description: 'To whom.',
  fields: (t) => ({ ...userIdField(t), ...redirectToField(t) }),
});

const SendPasswordResetResult = builder.errorUnion('SendPasswordResetResult', {
  description: 'That the mail is on its way, or why not.',
  types: [CodeSentRef, ValidationError, ...OTHERS_ONLY],
});

builder.mutationField('sendPasswordReset', (t) =>
  t.withAuth({ permission: 'users:write' }).field({
    type: SendPasswordResetResult,
    skipTypeScopes: true,
    description: `Needs \`users:write\`: mails a person what \`resetPassword\` takes. The caller never sees it. ${WHOM}`,
    args: { input: t.arg({ type: SendPasswordResetInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => sendPasswordReset(services, viewer, input),
  }),
);

const ResetMfaInput = builder.inputType('ResetMfaInput', {
  description: 'Whose.',
  fields: (t) => ({
    ...userIdField(t),
    removePasskeys: t.boolean({
      required: true,
      defaultValue: false,
      description: 'Whether the passkeys go too: true where the device they are on was stolen.',
    }),
  }),
});

const MfaResetRef = builder.objectRef<UserMfaReset>('MfaReset').implement({
  description: 'The person signs in with one factor again, and has been told by mail.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'mfaResetOf' in value,
  fields: (t) => ({
    user: t.expose('mfaResetOf', { type: UserRef, description: 'Whose they were.' }),
    factorsRemoved: t.exposeInt('factorsRemoved', {
      description: 'Authenticator apps, begun ones too, with the recovery codes as one.',
    }),
    passkeysRemoved: t.exposeInt('passkeysRemoved', { description: '0 where they were not asked for.' }),
    sessionsEnded: t.exposeInt('sessionsEnded', {
      nullable: true,
      description: 'Null where they go on, with one factor: on Supabase, whose API cannot end them.',
    }),
  }),
});

const ResetMfaResult = builder.errorUnion('ResetMfaResult', {
  description: 'What was removed, or why nothing was.',
  types: [MfaResetRef, NotSupportedError, ...OTHERS_ONLY],
});

builder.mutationField('resetMfa', (t) =>
  t.withAuth({ permission: 'users:write' }).field({
    type: ResetMfaResult,
    skipTypeScopes: true,
    description: `Needs \`users:write\`: removes the second factors of somebody who lost them, recovery codes included, and ends their sessions. Make sure first that it is them who ask. ${WHOM}`,
    args: { input: t.arg({ type: ResetMfaInput, required: true }) },
    resolve: (_root, { input }, { services, viewer }) => resetMfa(services, viewer, input),
  }),
);
