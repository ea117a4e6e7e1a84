/** What the scopes mean that no field of the schema asks for yet, on fields of a schema made here. */
import { graphql } from 'graphql';
import { expect, test } from 'vitest';
import type { Context } from '../src/context.ts';
import type { JsonObject } from '../src/identity/json.ts';
import { type AssuranceLevel, personOf, type Viewer } from '../src/identity/viewer.ts';
import { builder } from '../src/schema/builder.ts';

const skipTypeScopes = { skipTypeScopes: true } as const;
builder.queryFields((t) => ({
  forgotten: t.string({ resolve: () => 'shown' }),
  permitted: t.withAuth({ permission: 'users:write' }).string({ ...skipTypeScopes, resolve: () => 'shown' }),
  paid: t.withAuth({ tier: 'pro' }).string({ ...skipTypeScopes, resolve: () => 'shown' }),
  strong: t.withAuth({ aal2: true }).string({ ...skipTypeScopes, resolve: () => 'shown' }),
  machine: t.withAuth({ service: true }).string({ ...skipTypeScopes, resolve: () => 'shown' }),
  anybodyKnown: t.withAuth({ signedIn: true }).string({ ...skipTypeScopes, resolve: () => 'shown' }),
  both: t.withAuth({ role: 'editor', tier: 'pro' }).string({ ...skipTypeScopes, resolve: () => 'shown' }),
}));
builder.mutationField('nothing', (t) => t.string({ resolve: () => 'done' }));
builder.subscriptionField('never', (t) =>
  t.string({ subscribe: async function* () {}, resolve: () => 'heard' }),
);
const schema = builder.toSchema();

function person(appMetadata: JsonObject, level: AssuranceLevel = 'aal1'): Viewer {
  const account = {
    id: 'ada',
    email: null,
    phone: null,
    isAnonymous: false,
    appMetadata,
    userMetadata: { ...appMetadata },
  };
  return personOf(account, {
    sessionId: 'session',
    assuranceLevel: level,
    methods: [],
    expiresAt: new Date(),
    impersonator: null,
    accessToken: 'token',
  });
}

const stranger: Viewer = { kind: 'anonymous' };
const service: Viewer = { kind: 'service', id: 'jobs', scopes: [] };
const writer: Viewer = { kind: 'service', id: 'sync', scopes: ['users:write'] };

async function shown(field: string, viewer: Viewer): Promise<boolean> {
  const contextValue = { viewer } as Context;
  const { data } = await graphql({ schema, source: `{ ${field} }`, contextValue });
  return data?.[field] === 'shown';
}

test.each<[string, Viewer[], Viewer[]]>([
  ['forgotten', [], [stranger, service, person({ roles: ['admin'], tier: 'pro' }, 'aal2')]],
  [
    'permitted',
    // Whether somebody at AAL1 has a second factor to show is asked of their account: `access.test.ts` has that.
    [person({ permissions: ['users:write'] }, 'aal2'), person({ roles: ['admin'] }, 'aal2'), writer],
    [stranger, service, person({ permissions: ['users:read'] })],
  ],
  ['paid', [person({ tier: 'pro' })], [stranger, service, person({ tier: 'free' }), person({})]],
  ['strong', [person({}, 'aal2'), person({}, 'aal3')], [stranger, service, person({})]],
  ['machine', [service], [stranger, person({ roles: ['admin'] })]],
  ['anybodyKnown', [service, person({})], [stranger]],
  [
    'both',
    [person({ roles: ['editor'], tier: 'pro' })],
    [person({ roles: ['editor'] }), person({ tier: 'pro' })],
  ],
])('%s is shown to those it names and to nobody else', async (field, allowed, denied) => {
  for (const viewer of allowed) expect(await shown(field, viewer)).toBe(true);
  for (const viewer of denied) expect(await shown(field, viewer)).toBe(false);
});
