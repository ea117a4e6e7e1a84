/** Sessions: what signing in hands out, how one goes on, and ends. The rules live in `identity/sessions.ts`. */
import { InvalidRefreshTokenError, RateLimitedError, ServiceUnavailableError } from '../identity/errors.ts';
import type { LogoutScope, Session } from '../identity/session.ts';
import { logOut, refreshSession } from '../identity/sessions.ts';
import { builder } from './builder.ts';
import { UserRef } from './user.ts';

export const AuthSessionRef = builder.objectRef<Session>('AuthSession').implement({
  description: 'What signing in hands out. Keep both tokens secret.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'accessToken' in value,
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description: 'For the header: `Authorization: Bearer <accessToken>`.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      description:
        'For `refreshSession`. Keep the one it answers: the one before still works, an older one ends the session.',
    }),
    tokenType: t.exposeString('tokenType', { description: '`bearer`.' }),
    expiresIn: t.exposeInt('expiresIn', {
      description: 'The life of the access token, in seconds from now.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the access token expires.' }),
    user: t.field({
      type: UserRef,
      description: 'Who signed in. Every field of it costs nothing here.',
      resolve: ({ account }) => account,
    }),
  }),
});

/** A field that takes a credential: the limits allow one in a request, so that nobody tries a hundred passwords in one. */
export const TAKES_CREDENTIAL = { extensions: { credential: true } };

const RefreshSessionInput = builder.inputType('RefreshSessionInput', {
  description: 'The newest refresh token of a session.',
  fields: (t) => ({
    refreshToken: t.string({
      required: true,
      description: 'From `login`, `signup`, or the last `refreshSession`.',
    }),
  }),
});

const RefreshSessionResult = builder.errorUnion('RefreshSessionResult', {
  description: 'The session with new tokens, or why it cannot go on.',
  types: [AuthSessionRef, InvalidRefreshTokenError, RateLimitedError, ServiceUnavailableError],
});

builder.mutationField('refreshSession', (t) =>
  t.field({
    type: RefreshSessionResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Goes on with a session: a new access token, with what changed about the person, and the next refresh token. Asked twice with one token (a lost answer), it hands out the same next token; one older than that ends the session.',
    args: { input: t.arg({ type: RefreshSessionInput, required: true }) },
    resolve: (_root, { input }, { services }) => refreshSession(services, input),
  }),
);

const LogoutScopeRef = builder.enumType('LogoutScope', {
  description: 'Which sessions end.',
  values: {
    LOCAL: { value: 'local', description: 'The one that asks.' },
    OTHERS: { value: 'others', description: 'All but the one that asks.' },
    GLOBAL: { value: 'global', description: 'All.' },
  } as const,
});

const LogoutInput = builder.inputType('LogoutInput', {
  description: 'Which sessions to end.',
  fields: (t) => ({
    scope: t.field({
      type: LogoutScopeRef,
      defaultValue: 'local',
      description: 'This session, unless said otherwise.',
    }),
  }),
});

interface LoggedOut {
  loggedOut: LogoutScope;
}

const LoggedOutRef = builder.objectRef<LoggedOut>('LoggedOut').implement({
  description:
    'The sessions are over: their refresh tokens are refused at once, and their access tokens too.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'loggedOut' in value,
  fields: (t) => ({
    scope: t.expose('loggedOut', { type: LogoutScopeRef, description: 'Which sessions ended.' }),
  }),
});

const LogoutResult = builder.errorUnion('LogoutResult', {
  description: 'Which sessions ended, or why none did.',
  types: [LoggedOutRef, RateLimitedError, ServiceUnavailableError],
});

builder.mutationField('logout', (t) =>
  t.withAuth({ person: true }).field({
    type: LogoutResult,
    skipTypeScopes: true,
    description: 'For a signed-in person: ends their session, or the others, or all.',
    args: { input: t.arg({ type: LogoutInput }) },
    resolve: async (_root, { input }, { services, viewer }) => {
      const scope = input?.scope ?? 'local';
      await logOut(services, viewer, scope);
      return { loggedOut: scope };
    },
  }),
);
