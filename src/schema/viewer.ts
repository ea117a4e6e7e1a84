import type { Viewer } from '../identity/viewer.ts';
import { builder } from './builder.ts';
import { UserRef } from './user.ts';

const ViewerKind = builder.enumType('ViewerKind', {
  description: 'The kinds of caller.',
  values: {
    ANONYMOUS: { value: 'anonymous', description: 'No token, or the public project key.' },
    PERSON: { value: 'person', description: 'Somebody with a session.' },
    SERVICE: { value: 'service', description: 'A program with a secret key.' },
  } as const,
});

const AssuranceLevel = builder.enumType('AssuranceLevel', {
  description: 'How sure the session is of its person (NIST SP 800-63B, as Supabase Auth uses it).',
  values: {
    AAL1: { value: 'aal1', description: 'One factor: a password, a link, another provider.' },
    AAL2: { value: 'aal2', description: 'A second factor as well.' },
    AAL3: { value: 'aal3', description: 'A hardware key bound to the person. Nothing hands it out yet.' },
  } as const,
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
    assuranceLevel: t.field({
      type: AssuranceLevel,
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
