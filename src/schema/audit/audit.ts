/** The audit log, for operators and for each person. */
import { type Activity, type AuditEvent, auditEvents, myActivity } from '../../identity/audit/audit.ts';
import type { Actor } from '../../identity/client.ts';
import { builder } from '../builder.ts';
import { resolvePage } from '../connection.ts';

const AuditOutcomeRef = builder.enumType('AuditOutcome', {
  description: 'How something ended.',
  values: {
    SUCCESS: { value: 'success', description: 'It was done.' },
    FAILURE: {
      value: 'failure',
      description: 'It was refused for another reason than who asked: a wrong code, a taken address.',
    },
    DENIED: { value: 'denied', description: 'It was asked for without the right to it.' },
  } as const,
});

const AuditSourceRef = builder.enumType('AuditSource', {
  description: 'Who wrote an event.',
  values: {
    LIMEN: { value: 'limen', description: 'Limen, in the transaction of what it tells of. Hash-chained.' },
    SUPABASE: {
      value: 'supabase',
      description:
        'Supabase Auth, in its own table, where Limen runs on its database; elsewhere an error with the code `NOT_SUPPORTED`. Without an index: every page looks at all rows.',
    },
  } as const,
});

const AuditActorKind = builder.enumType('AuditActorKind', {
  description: 'The kinds of actor.',
  values: {
    PERSON: { value: 'person', description: 'Somebody with an account.' },
    SERVICE: { value: 'service', description: 'A program with a key, or Limen itself (`limen`).' },
  } as const,
});

const AuditActorRef = builder.objectRef<Actor>('AuditActor').implement({
  description: 'Who did something.',
  fields: (t) => ({
    kind: t.expose('kind', { type: AuditActorKind, description: 'Tells what `id` is the id of.' }),
    id: t.id({
      description: 'The id of the account, which may be gone by now, or the name of the service.',
      resolve: (actor) => (actor.kind === 'person' ? actor.userId : actor.id),
    }),
  }),
});

const AuditEventRef = builder.objectRef<AuditEvent>('AuditEvent').implement({
  description: 'Something that happened, as it was recorded then. Never changes, and never holds a secret.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    source: t.expose('source', { type: AuditSourceRef, description: 'Who recorded it.' }),
    at: t.expose('at', { type: 'DateTime', description: "When, by the database's clock." }),
    action: t.exposeString('action', {
      description:
        'What, like `user.signed_in` (docs/audit.md lists them), or in words of Supabase Auth. More may be added.',
    }),
    outcome: t.expose('outcome', {
      type: AuditOutcomeRef,
      nullable: true,
      description:
        'How it ended; null where Supabase Auth wrote it, which records no more than what was done.',
    }),
    code: t.exposeString('code', {
      nullable: true,
      description: 'Why it did not succeed: a code of this API or of the auth protocol. Null where it did.',
    }),
    actor: t.expose('actor', {
      type: AuditActorRef,
      nullable: true,
      description: 'Who did it; null for somebody who was not signed in, and did not sign in by it.',
    }),
    impersonatorId: t.exposeID('impersonatorId', {
      nullable: true,
      description: "The administrator who acted in the actor's name; null where people acted for themselves.",
    }),
    sessionId: t.exposeID('sessionId', {
      nullable: true,
      description: 'The session it began, ended or happened in; null without one.',
    }),
    address: t.exposeString('address', {
      nullable: true,
      description: 'The IP address it came from, as far as the configured proxies are believed.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'What the client called itself. Anybody can write anything there.',
    }),
    requestId: t.exposeString('requestId', {
      nullable: true,
      description: 'As in the log and in the header `X-Request-Id` of the answer.',
    }),
    userId: t.exposeID('userId', {
      nullable: true,
      description:
        'Whom it happened to, who may be gone by now. Null for nobody in particular, and for an address that nobody has.',
    }),
    details: t.expose('details', {
      type: 'JSONObject',
      description: 'What else there is to say: names of fields and ways, never what was in them.',
    }),
  }),
});

const AuditEventFilterRef = builder.inputType('AuditEventFilter', {
  description: 'Only what is given narrows; all of it together.',
  fields: (t) => ({
    source: t.field({
      type: AuditSourceRef,
      description: "Whose events. Limen's, if nothing is said: one list is never a mixture of both.",
    }),
    action: t.string({ description: 'Exactly this, like `user.deleted`.' }),
    actorId: t.id({ description: 'Who did it: the id of an account, or the name of a service.' }),
    userId: t.id({ description: 'Whom it happened to: a UUID.' }),
    outcome: t.field({ type: AuditOutcomeRef, description: 'How it ended.' }),
    requestId: t.string({ description: 'What one request did.' }),
    since: t.field({ type: 'DateTime', description: 'At this time or later.' }),
    until: t.field({ type: 'DateTime', description: 'Before this time.' }),
  }),
});

const keysetOf = ({ keyset }: Pick<AuditEvent, 'keyset'>) => keyset;

builder.queryField('auditEvents', (t) =>
  t.withAuth({ permission: 'audit:read' }).connection(
    {
      type: AuditEventRef,
      skipTypeScopes: true,
      description:
        'For the permission `audit:read`: what happened, the newest first. One statement a page, as quick for the last page as for the first.',
      args: { filter: t.arg({ type: AuditEventFilterRef, description: 'Which of them; all without it.' }) },
      resolve: (_root, { filter, ...page }, { services }) =>
        resolvePage(page, keysetOf, (request) => auditEvents(services, filter ?? {}, request)),
    },
    { name: 'AuditEventConnection', description: 'A page of the audit log.' },
    { name: 'AuditEventEdge', description: 'An event, and where it stands.' },
  ),
);

const ActivityActorRef = builder.enumType('ActivityActor', {
  description: 'By whom something happened to an account.',
  values: {
    SELF: { value: 'self', description: 'The person, or whoever could show to be them.' },
    ADMINISTRATOR: { value: 'administrator', description: 'An administrator, or a service of the operator.' },
    UNKNOWN: {
      value: 'unknown',
      description: 'Somebody who was not signed in: a wrong password, a code that was asked for.',
    },
  } as const,
});

const ActivityRef = builder.objectRef<Activity>('Activity').implement({
  description: 'Something that happened to the account of the person who asks.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'A UUID.' }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    action: t.exposeString('action', {
      description:
        'What, like `user.signed_in` or `user.password_changed` (docs/audit.md lists them). More may be added: show a general text for what you do not know.',
    }),
    outcome: t.expose('outcome', { type: AuditOutcomeRef, nullable: true, description: 'How it ended.' }),
    code: t.exposeString('code', {
      nullable: true,
      description: 'Why it did not succeed; null where it did.',
    }),
    by: t.expose('by', { type: ActivityActorRef, description: 'By whom. Which administrator is not told.' }),
    sessionId: t.exposeID('sessionId', {
      nullable: true,
      description: 'In which session; null without one, and for administrators.',
    }),
    address: t.exposeString('address', {
      nullable: true,
      description: 'The IP address it came from; null where it is not known, and for administrators.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'What the client called itself; null where it did not, and for administrators.',
    }),
    details: t.expose('details', {
      type: 'JSONObject',
      description: 'What else there is to say, like the `method` of a sign-in.',
    }),
  }),
});

builder.queryField('myActivity', (t) =>
  t.withAuth({ person: true }).connection(
    {
      type: ActivityRef,
      skipTypeScopes: true,
      description:
        'For a signed-in person: what happened to their account, the newest first, failed attempts to get in as well. One statement a page.',
      resolve: (_root, page, { services, viewer }) =>
        resolvePage(page, keysetOf, (request) => myActivity(services, viewer, request)),
    },
    { name: 'ActivityConnection', description: "A page of somebody's own activity." },
    { name: 'ActivityEdge', description: 'Something that happened, and where it stands.' },
  ),
);
