/** A session goes on: by its refresh token, or by the cookie that keeps it. */
import {
  InvalidRefreshTokenError,
  RateLimitedError,
  RefusedError,
  ServiceUnavailableError,
} from '../../identity/errors.ts';
import { continueSession } from '../../identity/sessions/session-transport.ts';
import { builder } from '../builder.ts';
import { signInFields } from '../sign-in/sign-in.ts';
import { AuthSessionRef, TAKES_CREDENTIAL } from './session.ts';

const RefreshSessionInput = builder.inputType('RefreshSessionInput', {
  description: 'Which session is to go on.',
  fields: (t) => ({
    refreshToken: t.string({
      description: 'The newest of the session. Without it, the one that the cookie keeps.',
    }),
    ...signInFields(t),
  }),
});

const RefreshSessionResult = builder.errorUnion('RefreshSessionResult', {
  description:
    'The session with new tokens, or why it cannot go on. Where neither the input nor a cookie brings a token: `InvalidRefreshTokenError`.',
  types: [AuthSessionRef, RefusedError, InvalidRefreshTokenError, RateLimitedError, ServiceUnavailableError],
});

builder.mutationField('refreshSession', (t) =>
  t.field({
    type: RefreshSessionResult,
    skipTypeScopes: true,
    ...TAKES_CREDENTIAL,
    description:
      'Goes on with a session: a new access token, with what changed about the person, and the next refresh token. Asked twice with one token (a lost answer), it hands out the same next token; one older than that ends the session. A token from the cookie stays there, whatever `transport` says; one from the input moves there with `COOKIE`.',
    args: { input: t.arg({ type: RefreshSessionInput }) },
    resolve: (_root, { input }, { services }) => continueSession(services, input ?? {}),
  }),
);
