/** The schema's builder: who may ask, and how typed outcomes become union members. */
import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin, { type AuthFailure, AuthScopeFailureType } from '@pothos/plugin-scope-auth';
import type { Context } from '../context.ts';
import { assertFactorShown } from '../identity/administration/shown-factor.ts';
import { DeniedError, PermissionDeniedError } from '../identity/denial.ts';
import type { JsonObject } from '../identity/json.ts';
import { DEFAULT_PAGE, MAX_PAGE } from '../identity/page.ts';
import type { Permission } from '../identity/permission.ts';
import { type AssuranceLevel, holds, type Person, type Service, type Viewer } from '../identity/viewer.ts';

type SignedInContext = Context & { viewer: Person | Service };
type PersonContext = Context & { viewer: Person };

export interface SchemaTypes {
  Context: Context;
  DefaultFieldNullability: false;
  DefaultAuthStrategy: 'all';
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
  AuthScopes: {
    /** Nobody. What Query and Mutation ask of a field that does not say who may. */
    nobody: boolean;
    signedIn: boolean;
    person: boolean;
    service: boolean;
    role: string;
    /**
     * Of a person, by role or by name, or of a service's key; of several, each. A person who has a second factor must have shown it.
     */
    permission: Permission | readonly Permission[];
    tier: string;
    scope: string;
    aal2: boolean;
  };
  AuthContexts: {
    signedIn: SignedInContext;
    person: PersonContext;
    service: Context & { viewer: Service };
    role: PersonContext;
    permission: SignedInContext;
    tier: PersonContext;
    aal2: PersonContext;
    scope: Context & { viewer: Service };
  };
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    EmailAddress: { Input: string; Output: string };
    JSONObject: { Input: JsonObject; Output: JsonObject };
  };
}

export const builder = new SchemaBuilder<SchemaTypes>({
  // In this order a denial is a top-level error; the other way round it would become a union member.
  plugins: [ScopeAuthPlugin, ErrorsPlugin, RelayPlugin],
  defaultFieldNullability: false,
  scopeAuth: {
    defaultStrategy: 'all',
    // Once, before a stream begins; what goes on in it asks again by itself.
    authorizeOnSubscribe: true,
    authScopes: ({ viewer, services }) => {
      const person = viewer.kind === 'person' ? viewer : null;
      const service = viewer.kind === 'service' ? viewer : null;
      return {
        nobody: false,
        signedIn: viewer.kind !== 'anonymous',
        person: person !== null,
        service: service !== null,
        // As a permission: not for whoever acts in the person's stead.
        role: (role) => person !== null && !person.impersonator && person.grants.roles.includes(role),
        permission: async (wanted) => {
          if (viewer.kind === 'anonymous') return false;
          if (![wanted].flat().every((permission) => holds(viewer, permission))) return false;
          await assertFactorShown(services, viewer);
          return true;
        },
        tier: (tier) => person?.grants.tier === tier,
        scope: (scope) => service?.scopes.includes(scope) ?? false,
        aal2: person !== null && isAtLeastAal2(person.assuranceLevel),
      };
    },
    unauthorizedError: (_parent, { viewer }, _info, { failure }) => {
      if (viewer.kind === 'anonymous') return new DeniedError('UNAUTHENTICATED');
      const permission = lackedPermission(failure, viewer);
      if (permission) return new PermissionDeniedError(permission);
      return new DeniedError(
        'FORBIDDEN',
        viewer.kind === 'person' && lacksAal2(failure) ? 'AAL2_REQUIRED' : null,
      );
    },
  },
  errors: { defaultTypes: [] },
  // Only its connections: ids are the UUIDs that other services store, so there is no `node` to ask for.
  relay: {
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    cursorType: 'String',
    pageInfoTypeOptions: { description: 'Where a page lies in its list.' },
    hasNextPageFieldOptions: {
      description: 'Whether more follow. Reading backwards, true wherever a `before` was given.',
    },
    hasPreviousPageFieldOptions: {
      description: 'Whether more come before. Reading forwards, true wherever an `after` was given.',
    },
    startCursorFieldOptions: { description: 'Of the first row; null on an empty page.' },
    endCursorFieldOptions: { description: 'Of the last row; null on an empty page.' },
    cursorFieldOptions: {
      description:
        'For `after` and `before`. Means nothing to anybody else, and may look otherwise with any release.',
    },
    nodeFieldOptions: { description: 'The row itself.' },
    edgesFieldOptions: { description: 'The rows of the page, each with its cursor.' },
    nodesOnConnection: { description: 'The rows of the page.' },
    pageInfoFieldOptions: { description: 'Whether there are more, and where.' },
    firstArgOptions: {
      description: `How many rows, from the beginning or from \`after\` on: 1 to ${MAX_PAGE}; ${DEFAULT_PAGE} if neither \`first\` nor \`last\` says.`,
    },
    lastArgOptions: { description: `How many rows, from the end or from \`before\` back: 1 to ${MAX_PAGE}.` },
    afterArgOptions: { description: 'The cursor of the row before the page.' },
    beforeArgOptions: { description: 'The cursor of the row behind the page.' },
  },
});

/** Whether the second factor is all that is missing. Of several scopes the first that fails is reported, so `aal2` stands last. */
const lacksAal2 = (failure: AuthFailure): boolean =>
  failure.kind === AuthScopeFailureType.AllAuthScopes
    ? failure.failures.every(lacksAal2)
    : failure.kind === AuthScopeFailureType.AuthScope && failure.scope === 'aal2';

/** Null where it is not for a permission that the viewer is refused. */
function lackedPermission(failure: AuthFailure, viewer: Viewer): Permission | null {
  if (failure.kind === AuthScopeFailureType.AllAuthScopes)
    return failure.failures.map((each) => lackedPermission(each, viewer)).find(Boolean) ?? null;
  if (failure.kind !== AuthScopeFailureType.AuthScope || failure.scope !== 'permission') return null;
  const wanted = [failure.parameter as SchemaTypes['AuthScopes']['permission']].flat();
  return wanted.find((permission) => !holds(viewer, permission)) ?? null;
}

const isAtLeastAal2 = (level: AssuranceLevel) => level !== 'aal1';

/** Root fields are closed: each says `skipTypeScopes` and then either who may ask, or nothing, which makes it public. */
builder.queryType({ authScopes: { nobody: true } });
builder.mutationType({ authScopes: { nobody: true } });
builder.subscriptionType({ authScopes: { nobody: true } });
