/** Where a person is signed in. The rules live in `identity/sessions/own-sessions.ts`; what signing in hands out is in `session.ts`. */
import { NotSupportedError, RateLimitedError, ServiceUnavailableError } from '../../identity/errors.ts';
import { listSessions, revokeSession } from '../../identity/sessions/own-sessions.ts';
import type { SessionRecord } from '../../identity/sessions/session-record.ts';
import { builder } from '../builder.ts';
import { AssuranceLevelRef } from '../factors/assurance-level.ts';
import { deviceNameOf } from './device-name.ts';

const SessionRef = builder.objectRef<SessionRecord>('Session').implement({
  description: 'A device, or another program, that somebody is signed in on.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID, for `revokeSession`.' }),
    deviceName: t.string({
      nullable: true,
      description:
        'What to call it in a list: `Safari on iPhone`, made of `userAgent`. Null where that says nothing readable.',
      resolve: ({ userAgent }) => deviceNameOf(userAgent),
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description:
        'What it called itself last; null if it did not say. Any program can call itself anything.',
    }),
    address: t.exposeString('address', {
      nullable: true,
      description: 'The IP address that its tokens were last renewed from; null where nobody wrote it down.',
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it was signed in.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      description:
        'When its tokens were last renewed. It may have been in use since, for as long as an access token lives.',
    }),
    assuranceLevel: t.expose('assuranceLevel', {
      type: AssuranceLevelRef,
      description: 'Whether it has shown a second factor.',
    }),
    isCurrent: t.boolean({
      description: 'True for the one that asks.',
      resolve: ({ id }, _args, { viewer }) => viewer.kind === 'person' && viewer.sessionId === id,
    }),
    isImpersonation: t.exposeBoolean('isImpersonation', {
      description:
        'True for one that an operator began in the person’s stead, for minutes, to help: `myActivity` says when. Its `address` and `userAgent` are not told.',
    }),
  }),
});

interface SessionList {
  listedSessions: readonly SessionRecord[];
}

const SessionListRef = builder.objectRef<SessionList>('SessionList').implement({
  description: 'Where the person is signed in now.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'listedSessions' in value,
  fields: (t) => ({
    sessions: t.field({
      type: [SessionRef],
      description: 'The last used first; a hundred at most.',
      resolve: ({ listedSessions }) => [...listedSessions],
    }),
  }),
});

const SessionsResult = builder.errorUnion('SessionsResult', {
  description: 'The sessions, or why they cannot be listed.',
  types: [SessionListRef, NotSupportedError, ServiceUnavailableError],
});

builder.queryField('sessions', (t) =>
  t.withAuth({ person: true }).field({
    type: SessionsResult,
    skipTypeScopes: true,
    description:
      'For a signed-in person: where they are signed in. One query. `NotSupportedError` (`SESSION_LIST`) in front of a Supabase whose database is out of reach: its API has no such list.',
    resolve: async (_root, _args, { services, viewer }) => ({
      listedSessions: await listSessions(services, viewer),
    }),
  }),
);

const RevokeSessionInput = builder.inputType('RevokeSessionInput', {
  description: 'Which session to end.',
  fields: (t) => ({ id: t.id({ required: true, description: 'From `sessions`.' }) }),
});

interface SessionRevoked {
  revokedSessionId: string;
  wasCurrent: boolean;
}

const SessionRevokedRef = builder.objectRef<SessionRevoked>('SessionRevoked').implement({
  description:
    'No session of the person has this id now: its refresh token and its access tokens are refused, by every instance. The answer is the same if it was over before.',
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'revokedSessionId' in value,
  fields: (t) => ({
    id: t.exposeID('revokedSessionId', { description: 'Which session.' }),
    wasCurrent: t.exposeBoolean('wasCurrent', {
      description: 'True for the session that asked: nobody is signed in here any more.',
    }),
  }),
});

const RevokeSessionResult = builder.errorUnion('RevokeSessionResult', {
  description: 'That it is over, or why it goes on.',
  types: [SessionRevokedRef, NotSupportedError, RateLimitedError, ServiceUnavailableError],
});

builder.mutationField('revokeSession', (t) =>
  t.withAuth({ person: true }).field({
    type: RevokeSessionResult,
    skipTypeScopes: true,
    description:
      "For a signed-in person: ends one of their sessions at once, everywhere. The session that asks ends as by `logout`. Somebody else's reads as one that is over already, and goes on. `NotSupportedError` as for `sessions`; `logout` ends all others in any case.",
    args: { input: t.arg({ type: RevokeSessionInput, required: true }) },
    resolve: async (_root, { input: { id } }, { services, viewer }) => {
      await revokeSession(services, viewer, id);
      const wasCurrent = id.toLowerCase() === viewer.sessionId;
      if (wasCurrent) services.sessionCookie.clear();
      return { revokedSessionId: id, wasCurrent };
    },
  }),
);
