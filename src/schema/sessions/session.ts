/** Sessions: what signing in hands out, and how one ends. The rules live in `identity/sessions/sessions.ts`. */
import { RateLimitedError, ServiceUnavailableError } from '../../identity/errors.ts';
import type { LogoutScope } from '../../identity/sessions/session.ts';
import type { HandedOverSession } from '../../identity/sessions/session-transport.ts';
import { logOut } from '../../identity/sessions/sessions.ts';
import { builder } from '../builder.ts';
import { UserRef } from '../user.ts';

export const AuthSessionRef = builder.objectRef<HandedOverSession>('AuthSession').implement({
  description: 'What signing in hands out. Keep both tokens secret.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'accessToken' in value,
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description: 'For the header: `Authorization: Bearer <accessToken>`.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      nullable: true,
      description:
        'For `refreshSession`. Keep the one it answers: the one before still works, an older one ends the session. Null when it went into the cookie.',
    }),
    tokenType: t.exposeString('tokenType', { description: '`bearer`.' }),
    expiresIn: t.exposeInt('expiresIn', {
      description: 'The life of the access token, in seconds from now.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the access token expires.' }),
    providerToken: t.exposeString('providerToken', {
      nullable: true,
      description:
        'For the API of the provider the person signed in by: handed out by `exchangeCode` alone, and never again. Null otherwise.',
    }),
    providerRefreshToken: t.exposeString('providerRefreshToken', {
      nullable: true,
      description: 'To refresh `providerToken` at the provider, where it gave one. Null otherwise.',
    }),
    user: t.field({
      type: UserRef,
      description: 'Who signed in. Every field of it costs nothing here.',
      resolve: ({ account }) => account,
    }),
  }),
});

/** A field that takes a credential: the limits allow one in a request, so that nobody tries a hundred passwords in one. */
export const TAKES_CREDENTIAL = { extensions: { credential: true } };

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
    description:
      'For a signed-in person: ends their session, or the others, or all. Takes the cookie away too, unless the session goes on.',
    args: { input: t.arg({ type: LogoutInput }) },
    resolve: async (_root, { input }, { services, viewer }) => {
      const scope = input?.scope ?? 'local';
      await logOut(services, viewer, scope);
      if (scope !== 'others') services.sessionCookie.clear();
      return { loggedOut: scope };
    },
  }),
);
