import type { Freshness } from '../identity/freshness.ts';
import type { Impersonator, Viewer } from '../identity/viewer.ts';
import { builder } from './builder.ts';
import { AssuranceLevelRef } from './factors/assurance-level.ts';
import { UserRef } from './user.ts';

const ViewerKind = builder.enumType('ViewerKind', {
  description: 'The kinds of caller.',
  values: {
    ANONYMOUS: { value: 'anonymous', description: 'No token, or the public project key.' },
    PERSON: { value: 'person', description: 'Somebody with a session.' },
    SERVICE: { value: 'service', description: 'A program with a secret key.' },
  } as const,
});

const FreshnessSource = builder.enumType('FreshnessSource', {
  description: 'Where this installation hears of changes to people and sessions.',
  values: {
    DATABASE: {
      value: 'database',
      description: 'From the database that people live in, whoever changes it: within milliseconds.',
    },
    WEBHOOKS: {
      value: 'webhooks',
      description:
        "From Supabase's webhooks, as fast as they come, and at once of whatever was done through this API. A webhook that is lost is not sent again: then tokens are believed until they expire.",
    },
    OWN_WRITES: {
      value: 'own-writes',
      description:
        'At once of whatever was done through this API; of what was done at Supabase otherwise, when the token expires.',
    },
  } as const,
});

const FreshnessRef = builder.objectRef<Freshness>('Freshness').implement({
  description:
    'How soon a change to a person, or the end of a session, holds for the access tokens that are in use already.',
  fields: (t) => ({
    source: t.expose('source', { type: FreshnessSource, description: 'Where changes are heard of.' }),
    boundSeconds: t.exposeInt('boundSeconds', {
      description:
        'After so many seconds every change holds, whatever broke meanwhile: the life of an access token at most. Mostly it is much sooner: see `source`.',
    }),
  }),
});

const ActorRef = builder.objectRef<Impersonator>('Actor').implement({
  description: 'Whoever acts in somebody else’s stead: see `impersonate`.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The `sub` of the claim `act`: the UUID of an operator.' }),
  }),
});

const ViewerRef = builder.objectRef<Viewer>('Viewer').implement({
  description: 'Who is asking, of whatever kind.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ViewerKind, description: 'Tells which of the other fields can be set.' }),
    user: t.field({
      type: UserRef,
      nullable: true,
      description: 'The person; null for anybody else.',
      resolve: (viewer) => (viewer.kind === 'person' ? viewer.account : null),
    }),
    serviceId: t.id({
      nullable: true,
      description: 'Which service; null for anybody else.',
      resolve: (viewer) => (viewer.kind === 'service' ? viewer.id : null),
    }),
    sessionId: t.id({
      nullable: true,
      description: "The person's session; null for anybody else.",
      resolve: (viewer) => (viewer.kind === 'person' ? viewer.sessionId : null),
    }),
    actor: t.field({
      type: ActorRef,
      nullable: true,
      description:
        'Who acts in the person’s stead: show it. Null where it is the person, and for anybody else.',
      resolve: (viewer) => (viewer.kind === 'person' ? viewer.impersonator : null),
    }),
    roles: t.stringList({
      description:
        'The roles of a person: as in the token, or newer where they changed since. Empty for anybody else.',
      resolve: (viewer) => (viewer.kind === 'person' ? [...viewer.grants.roles] : []),
    }),
    permissions: t.stringList({
      description: 'The permissions of a person, as fresh as `roles`. Empty for anybody else.',
      resolve: (viewer) => (viewer.kind === 'person' ? [...viewer.grants.permissions] : []),
    }),
    tier: t.string({
      nullable: true,
      description: 'The tier of a person; null without one, and for anybody else.',
      resolve: (viewer) => (viewer.kind === 'person' ? viewer.grants.tier : null),
    }),
    scopes: t.stringList({
      description: 'What a service may do. Empty for anybody else.',
      resolve: (viewer) => (viewer.kind === 'service' ? [...viewer.scopes] : []),
    }),
    freshness: t.field({
      type: FreshnessRef,
      description: 'How up to date all that is said here is, whatever the token says. Costs no query.',
      resolve: (_viewer, _args, { services }) => services.freshness,
    }),
    assuranceLevel: t.field({
      type: AssuranceLevelRef,
      nullable: true,
      description: "How sure the person's session is of them; null for anybody else.",
      resolve: (viewer) => (viewer.kind === 'person' ? viewer.assuranceLevel : null),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: ViewerRef,
    skipTypeScopes: true,
    description: 'Who is asking: nobody known, a person, or a service. Costs no query.',
    resolve: (_root, _args, { viewer }) => viewer,
  }),
);
