/** Subscriptions: what happens to the person who listens. Over server-sent events, with `Accept: text/event-stream`. */
import { Repeater } from 'graphql-yoga';
import type { Services } from '../context.ts';
import type { Account } from '../identity/account.ts';
import { DeniedError } from '../identity/denial.ts';
import { watchPerson } from '../identity/live.ts';
import type { Person } from '../identity/viewer.ts';
import { builder } from './builder.ts';
import { UserRef } from './user.ts';

const SessionEndedRef = builder.objectRef<{ sessionId: string }>('SessionEnded').implement({
  description: 'A session that is over.',
  fields: (t) => ({
    sessionId: t.exposeID('sessionId', { description: 'Which session.' }),
  }),
});

builder.subscriptionField('meChanged', (t) =>
  t.withAuth({ person: true }).field({
    type: UserRef,
    skipTypeScopes: true,
    description:
      'For a signed-in person: themselves, each time something about them has changed, wherever it was changed. What was changed before is not told: ask `me` once the stream is open. One person has at most 50 streams. Ends with the error `UNAUTHENTICATED` when the session or its access token is over: refresh it and listen again.',
    subscribe: (_root, _args, { services, viewer }) => changesOf(services, viewer),
    resolve: (account) => account,
  }),
);

builder.subscriptionField('sessionEnded', (t) =>
  t.withAuth({ person: true }).field({
    type: SessionEndedRef,
    skipTypeScopes: true,
    description:
      'For a signed-in person: tells once, and then completes, when the session that listens is over: logged out anywhere, revoked, banned, deleted, or the access token expired. Try a refresh; if that is refused, nobody is signed in any more.',
    subscribe: (_root, _args, { services, viewer }) => endOf(services, viewer),
    resolve: (ended) => ended,
  }),
);

function changesOf(services: Services, viewer: Person): AsyncIterable<Account> {
  return new Repeater(async (push, stop) => {
    const unwatch = watchPerson(services, viewer, {
      changed: (account) => void push(account),
      ended: () => stop(new DeniedError('UNAUTHENTICATED')),
      failed: stop,
    });
    await stop;
    unwatch();
  });
}

function endOf(services: Services, viewer: Person): AsyncIterable<{ sessionId: string }> {
  return new Repeater(async (push, stop) => {
    const unwatch = watchPerson(services, viewer, {
      changed: () => {},
      ended: () => {
        void push({ sessionId: viewer.sessionId });
        stop();
      },
      failed: stop,
    });
    await stop;
    unwatch();
  });
}
